import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import * as door from "../../mod.ts";
import { TimeoutError } from "../../src/errors.ts";
import { fileCodec } from "../../src/files/mod.ts";
import { FileOutput } from "../../src/files/output.ts";
import { rateLimiter } from "../../src/http/limiter.ts";
import { createSend } from "../../src/http/send.ts";
import type { Parts } from "../../src/http/types.ts";
import { PredictionsApi } from "../../src/resources/predictions.ts";
import { PredictionError } from "../../src/run/errors.ts";
import { failureKind } from "../../src/run/failure_kind.ts";
import { parseProgressFromLogs } from "../../src/run/progress.ts";
import { run } from "../../src/run/run.ts";
import { FakeReplicate } from "../../src/testing/fake.ts";
import { withFakeTime } from "../../src/testing/time.ts";
import { membersOf } from "../interfaces.ts";

function connect(): FakeReplicate {
  return new FakeReplicate({
    models: {
      "acme/echo": { official: true, run: ({ value }) => value },
      "acme/paint": { official: true, run: () => new File(["fig"], "fig.txt") },
      "acme/fail": {
        official: true,
        run: () => {
          throw new Error("CUDA out of memory");
        },
      },
      "acme/log": {
        official: true,
        run: (_, job) => job.log(" 40%|####      | 4/10 [00:02<00:03,  2.00it/s]"),
      },
    },
  });
}

Deno.test("without fileCodec, a file in an input is refused, with its place and the part", async () => {
  const fake = connect();
  const send = createSend({ auth: "r8_test", fetch: fake.fetch });
  const input = { value: [{ mask: new Blob(["fig"]) }] };
  const message = "Cannot send input.value[0].mask: give createSend the part, " +
    "as in { fileCodec }";
  await assertRejects(() => run(send, "acme/echo", { input }), TypeError, message);
  await assertRejects(
    () => new PredictionsApi(send).create({ version: "acme/echo", input }),
    TypeError,
    message,
  );
  assertEquals(fake.requests.length, 0);
});

Deno.test("without fileCodec, what JSON would change without a word is refused all the same", async () => {
  const fake = connect();
  const send = createSend({ auth: "r8_test", fetch: fake.fetch });
  for (const value of [NaN, 1n, [undefined], new Map(), () => {}, Promise.resolve(1)]) {
    await assertRejects(
      () => run(send, "acme/echo", { input: { value } }),
      TypeError,
      "input.value",
    );
  }
  assertEquals(await run(send, "acme/echo", { input: { value: { a: [null] } } }), { a: [null] });
});

Deno.test("without fileCodec, an output is what the API sent, and file() names the part", async () => {
  const send = createSend({ auth: "r8_test", fetch: connect().fetch });
  assertEquals(typeof await run(send, "acme/paint", { input: {} }), "string");
  for (const view of ["file", "files"] as const) {
    await assertRejects(
      () => run(send, "acme/paint", { input: {} })[view](),
      TypeError,
      "fileCodec",
    );
  }
});

Deno.test("with fileCodec, files go both ways", async () => {
  const send = createSend({ auth: "r8_test", fetch: connect().fetch }, { fileCodec });
  const output = await run(send, "acme/paint", { input: {} });
  assert(output instanceof FileOutput);
  const file = await run(send, "acme/echo", { input: { value: output } }).file();
  assertEquals(file.href, output.href);
  const uploaded = await run(send, "acme/echo", { input: { value: new Blob(["hi"]) } }).files();
  assertEquals(uploaded.length, 1);
});

Deno.test("a part that is none, or has another name, is refused at once", () => {
  for (const parts of ["fileCodec", { filecodec: fileCodec }, { fileCodec: true }, [fileCodec]]) {
    assertThrows(() => createSend({}, parts as never), TypeError, "as in { fileCodec }");
  }
  createSend({}, { fileCodec: undefined });
});

Deno.test("createSend() knows each part, and the front door has it", async () => {
  const names = await membersOf("src/http/types.ts", "Parts");
  const { message } = assertThrows(() => createSend("r8_test", { other: 1 } as Parts), TypeError);
  assertEquals(
    names.filter((name) => !message.includes(name)),
    [],
    "checkParts() in src/http/send.ts does not know these parts",
  );
  const parts = Object.fromEntries(names.map((name) => [name, undefined]));
  createSend("r8_test", parts as Parts);
  assertEquals(names.filter((name) => !(name in door)), [], "mod.ts does not export these parts");
});

Deno.test("run() without what sends requests says what to give", async () => {
  for (const send of [undefined, null, "r8_test", {}]) {
    const call = () => run(send as never, "acme/echo", { input: {} });
    await assertRejects(call, TypeError, "give what createSend makes");
  }
});

Deno.test("without rateLimiter, its options are refused, and a 429 is obeyed", async () => {
  assertThrows(() => createSend({ limiter: { concurrency: 2 } }), TypeError, "{ rateLimiter }");
  createSend({ limiter: false });
  await withFakeTime(async (time) => {
    const faults = [{ match: { path: "/account" }, status: 429, retryAfter: 7 }];
    const fake = new FakeReplicate({ models: {}, faults });
    const send = createSend({ auth: "r8_test", fetch: fake.fetch });
    await send({ method: "GET", path: "/account", action: "get the account" });
    assertEquals([fake.requests.length, time.elapsed()], [2, 7000]);
  });
});

Deno.test("with rateLimiter, one call's 429 holds the others back, and with() shares it", async () => {
  await withFakeTime(async (time) => {
    const faults = [{ match: { path: "/account" }, status: 429, retryAfter: 7 }];
    const fake = new FakeReplicate({ models: {}, faults });
    const send = createSend({ auth: "r8_test", fetch: fake.fetch }, { rateLimiter });
    const spec = { method: "GET", path: "/account", action: "get the account" } as const;
    const first = send(spec);
    await time.tick(1000);
    const second = send.with({ headers: { "x-a": "1" } })({
      ...spec,
      deadline: performance.now() + 2000,
    });
    assertEquals((await assertRejects(() => second, TimeoutError)).phase, "deadline");
    await first;
    assertEquals(fake.requests.length, 2);
  });
});

Deno.test("with() and configure() keep the parts", async () => {
  const send = createSend({ auth: "r8_test", fetch: connect().fetch }, { fileCodec });
  send.configure({ retry: false });
  assertEquals([send.parts, send.with({ timeout: "1s" }).parts], [{ fileCodec }, { fileCodec }]);
  const output = await run(send.with({ timeout: "1s" }), "acme/paint", { input: {} });
  assert(output instanceof FileOutput);
});

Deno.test("failureKind tells failures apart; without it, they are the model's", async () => {
  const { fetch } = connect();
  for (const [parts, kind] of [[{}, "model"], [{ failureKind }, "memory"]] as const) {
    const send = createSend({ auth: "r8_test", fetch }, parts);
    const failed = () => run(send, "acme/fail", { input: {} });
    assertEquals((await assertRejects(failed, PredictionError)).kind, kind);
  }
});

Deno.test("onProgress is told the progress with parseProgressFromLogs, and null without", async () => {
  const { fetch } = connect();
  for (const [parts, share] of [[{}, undefined], [{ parseProgressFromLogs }, 0.4]] as const) {
    const send = createSend({ auth: "r8_test", fetch }, parts);
    const seen: (number | undefined)[] = [];
    await run(
      send,
      "acme/log",
      { input: {} },
      (_, progress) => void seen.push(progress?.percentage),
    );
    assertEquals(seen.at(-1), share);
  }
});
