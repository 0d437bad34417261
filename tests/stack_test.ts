import { assert, assertEquals } from "@std/assert";
import { Client } from "../src/client.ts";
import { ReplicateError } from "../src/errors.ts";
import { FakeReplicate } from "../src/testing/mod.ts";
import { rejection } from "./rejection.ts";

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
    const error = await rejection(call());
    assert(error instanceof ReplicateError);
    const [first, ...frames] = error.stack?.split("\n") ?? [];
    assertEquals(first, `${error.name}: ${error.message}`);
    assert(frames.some((frame) => frame.includes(name)), error.stack);
  });
}

Deno.test("an error that is not ours keeps its stack, and so does a reason that is", async () => {
  for (const reason of [new Error("left"), new ReplicateError("left")]) {
    const { stack } = reason;
    const options = { input, signal: AbortSignal.abort(reason) };
    const calls = [
      client.run("acme/slow", options),
      client.start("acme/slow", options),
      client.predictions.get("nope", { signal: options.signal }),
    ];
    for (const call of calls) assertEquals(await rejection(call), reason);
    const controller = new AbortController();
    const run = client.run("acme/slow", { input, signal: controller.signal });
    controller.abort(reason);
    assertEquals(await rejection(run), reason);
    assertEquals(reason.stack, stack);
  }
});

Deno.test("an error that is frozen is thrown as it is", async () => {
  const thrown = Object.freeze(new ReplicateError("frozen"));
  const frozen = client.with({ auth: () => Promise.reject(thrown) });
  assertEquals(await rejection(frozen.account.get()), thrown);
  assertEquals(await rejection(frozen.run("acme/fail", { input })), thrown);
  const [result] = await Array.fromAsync(frozen.batch("acme/fail", [input]));
  assertEquals(result?.status === "rejected" && result.reason, thrown);
});

Deno.test("a program's hook for stacks that throws does not keep a run from its end", async () => {
  const engine = Error as { prepareStackTrace?: unknown };
  engine.prepareStackTrace = () => {
    throw new Error("no stack");
  };
  try {
    const error = await rejection(client.run("acme/fail", { input }));
    assert(error instanceof ReplicateError);
  } finally {
    delete engine.prepareStackTrace;
  }
});
