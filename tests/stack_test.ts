import { assert, assertEquals } from "@std/assert";
import { Client } from "../src/client.ts";
import { ReplicateError } from "../src/errors.ts";
import { FakeReplicate } from "../src/testing/mod.ts";

const fake = new FakeReplicate({
  models: {
    "acme/fail": {
      official: true,
      run: () => {
        throw new Error("boom");
      },
    },
    "acme/slow": { official: true, run: (_, job) => job.sleep(10_000) },
  },
});
const client = new Client({ auth: "r8_test", fetch: fake.fetch, retry: { minDelay: 1 } });
const offline = client.with({ fetch: () => Promise.reject(new TypeError("no network")) });
const input = {};

/** Calls that fail, each from a function whose name has to be in the stack. */
const calls = {
  getsWhatIsNotThere: async () => void await client.predictions.get("nope"),
  isOffline: async () => void await offline.account.get(),
  lists: async () => void await offline.predictions.list(),
  async listsAll() {
    for await (const _ of offline.models.list()) return;
  },
  uploads: async () => void await offline.files.create(new Blob(["x"])),
  runsWhatFails: async () => void await client.run("acme/fail", { input }),
  runsWhatIsNotThere: async () => void await client.run("acme/nope", { input }),
  readsText: async () => void await client.run("acme/fail", { input }).text(),
  uses: async () => void await client.use("acme/fail")(input),
  async starts() {
    await (await client.start("acme/fail", { input })).output();
  },
  startsWhatIsNotThere: async () => void await client.start("acme/nope", { input }),
  waits: async () => void await client.wait("nope"),
  resumes: async () => void await client.resume("nope"),
  async batches() {
    for await (const result of client.batch("acme/fail", [input])) {
      if (result.status === "rejected") throw result.reason;
    }
  },
  async streams() {
    for await (const _ of client.stream("acme/fail", { input }));
  },
  async streamsWhatIsNotThere() {
    for await (const _ of client.stream("acme/nope", { input }));
  },
};

for (const [name, call] of Object.entries(calls)) {
  Deno.test(`an error's stack names the function of the caller: ${name}`, async () => {
    const error = await call().catch((error) => error);
    assert(error instanceof ReplicateError);
    const [first, ...frames] = error.stack?.split("\n") ?? [];
    assertEquals(first, `${error.name}: ${error.message}`);
    assert(frames.some((frame) => frame.includes(name)), error.stack);
  });
}

Deno.test("an error that is not ours keeps its stack", async () => {
  const reason = new Error("left");
  const { stack } = reason;
  const run = client.run("acme/slow", { input, signal: AbortSignal.abort(reason) });
  assertEquals(await run.catch((error) => error), reason);
  assertEquals(reason.stack, stack);
});
