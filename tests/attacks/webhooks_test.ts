/** Numbers 9, 14 and 18: forged, repeated and endless webhooks. */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { withFakeTime } from "../../src/testing/time.ts";
import {
  type ExpiringStore,
  expiringStore,
  type RawWebhook,
  signWebhook,
  validateWebhook,
  verifyWebhook,
  WebhookError,
  webhookHandler,
} from "../../src/webhooks/mod.ts";

const secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
const ENDPOINT = "https://example.com/hook";
const MIB = 2 ** 20;

/** A body that never ends, and counts what was taken of it. */
function endless(): { body: ReadableStream<Uint8Array<ArrayBuffer>>; read: number; left: boolean } {
  const counter = {
    read: 0,
    left: false,
    body: new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller): void {
        counter.read += 65_536;
        controller.enqueue(new Uint8Array(65_536));
      },
      cancel: () => void (counter.left = true),
    }, { highWaterMark: 0 }),
  };
  return counter;
}

/** Headers that are well formed, and signed by nobody. */
function forged(): Record<string, string> {
  return {
    "webhook-id": "msg_1",
    "webhook-timestamp": `${Math.floor(Date.now() / 1000)}`,
    "webhook-signature": `v1,${"A".repeat(43)}=`,
  };
}

async function codeOf(request: Request | RawWebhook, maxBody?: number): Promise<string> {
  const error = await assertRejects(
    () => verifyWebhook(request, { secret, maxBody }),
    WebhookError,
  );
  return error.code;
}

Deno.test("13.9 verifyWebhook() refuses bad headers before it reads a byte", async () => {
  const cases: [string, Record<string, string>][] = [
    ["headers", {}],
    ["headers", { ...forged(), "webhook-id": "" }],
    ["timestamp", { ...forged(), "webhook-timestamp": "1" }],
    ["timestamp", { ...forged(), "webhook-timestamp": "x" }],
    ["signature", { ...forged(), "webhook-signature": "v1,short" }],
    ["signature", { ...forged(), "webhook-signature": "v2,x ".repeat(1000) }],
  ];
  for (const [code, headers] of cases) {
    const counter = endless();
    const request = new Request(ENDPOINT, { method: "POST", headers, body: counter.body });
    assertEquals([await codeOf(request), counter.read], [code, 0]);
    const raw = endless();
    assertEquals([await codeOf({ headers, body: raw.body }), raw.read], [code, 0]);
    const handled = endless();
    const { status } = await webhookHandler({ secret, on: {} })(
      new Request(ENDPOINT, { method: "POST", headers, body: handled.body }),
    );
    assertEquals([status, handled.read], [401, 0]);
  }
});

Deno.test("13.9 verifyWebhook() reads a body up to a bound, in whichever form it comes", async () => {
  const request = endless();
  const init = { method: "POST", headers: forged(), body: request.body };
  assertEquals(await codeOf(new Request(ENDPOINT, init)), "body");
  assert(request.read <= 5 * MIB, `${request.read} bytes were read`);

  const stream = endless();
  assertEquals(await codeOf({ headers: forged(), body: stream.body }), "body");
  assert(stream.read <= 5 * MIB && stream.left);

  // As `node:http` has it.
  let [yielded, isDone] = [0, false];
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        yielded += 65_536;
        yield new Uint8Array(65_536);
      }
    } finally {
      isDone = true;
    }
  }
  assertEquals(await codeOf(Object.assign(chunks(), { headers: forged() })), "body");
  assert(yielded <= 5 * MIB && isDone);

  for (const body of ["x".repeat(101), new Uint8Array(101), new Blob(["x".repeat(101)])]) {
    assertEquals(await codeOf({ headers: forged(), body }, 100), "body");
    assertEquals(await codeOf({ headers: forged(), body }, 101), "signature");
  }
  await assertRejects(() => validateWebhook({ headers: forged(), body: endless().body }, secret));
});

Deno.test("13.9 verifyWebhook() takes maxBody, and refuses one that is no bound", async () => {
  const body = JSON.stringify({ id: "p1", output: "x".repeat(5 * MIB) });
  const headers = await signWebhook(body, { secret });
  assertEquals(await codeOf({ headers, body }), "body");
  assertEquals((await verifyWebhook({ headers, body }, { secret, maxBody: 6 * MIB })).id, "p1");
  for (const maxBody of [NaN, -1, Infinity, "4MB" as unknown as number]) {
    await assertRejects(() => verifyWebhook({ headers, body }, { secret, maxBody }), RangeError);
    assertThrows(() => webhookHandler({ secret, on: {}, maxBody }), RangeError);
  }
});

Deno.test("13.14 webhookHandler() answers although its onError throws", async () => {
  const log = console.error;
  const logged: unknown[][] = [];
  console.error = (...args: unknown[]) => void logged.push(args);
  try {
    const fails = [
      () => Promise.reject(new Error("worse")),
      () => {
        throw new Error("worse");
      },
    ];
    for (const fail of fails) {
      const handler = webhookHandler({
        secret,
        on: {
          completed: () => {
            throw new Error("bad");
          },
        },
        onError: fail,
      });
      assertEquals((await handler(await delivery("p1"))).status, 500);
      await Promise.resolve();
    }
    assertEquals(logged.length, 2);
  } finally {
    console.error = log;
  }
});

/** A delivery that is signed now. */
async function delivery(id: string, webhookId?: string): Promise<Request> {
  const body = JSON.stringify({ id, status: "succeeded", output: "x" });
  const headers = await signWebhook(body, { secret, id: webhookId });
  return new Request(ENDPOINT, { method: "POST", headers, body });
}

/** A store as two processes share one: every call takes a while. */
function shared(): ExpiringStore {
  const inner = expiringStore();
  const away = async <T>(work: () => T | Promise<T>): Promise<T> => {
    await Promise.resolve();
    return await work();
  };
  return {
    add: (...args) => away(() => inner.add(...args)),
    get: (...args) => away(() => inner.get(...args)),
    set: (...args) => away(() => inner.set(...args)),
    delete: (...args) => away(() => inner.delete(...args)),
  };
}

Deno.test("13.18 webhookHandler() keeps a delivery from other processes however long a listener takes", async () => {
  await withFakeTime(async (time) => {
    const dedupe = shared();
    let calls = 0;
    const work = Promise.withResolvers<void>();
    const on = { completed: () => (calls++, work.promise) };
    const process = () => webhookHandler({ secret, on, dedupe });
    const first = process()(await delivery("p1", "msg_1"));
    for (let minute = 0; minute < 4; minute++) {
      await time.tick(31_000);
      assertEquals((await process()(await delivery("p1", "msg_1"))).status, 503);
    }
    work.resolve();
    assertEquals([(await first).status, calls], [204, 1]);
    assertEquals((await process()(await delivery("p1", "msg_1"))).status, 204);
    // What is handled is not claimed again, and no timer is left.
    await time.tick(120_000);
    assertEquals(await dedupe.get("delivery msg_1"), "done");
    assertEquals((await process()(await delivery("p1", "msg_1"))).status, 204);
    assertEquals(calls, 1);
  });
});

Deno.test("13.18 webhookHandler() hands on a delivery whose process died", async () => {
  await withFakeTime(async (time) => {
    const dedupe = shared();
    await dedupe.add("delivery msg_1", "claimed", 30_000);
    const ids: string[] = [];
    const handler = webhookHandler({ secret, dedupe, on: { completed: ({ id }) => ids.push(id) } });
    assertEquals((await handler(await delivery("p1", "msg_1"))).status, 503);
    await time.tick(30_001);
    assertEquals((await handler(await delivery("p1", "msg_1"))).status, 204);
    assertEquals(ids, ["p1"]);
  });
});

Deno.test("13.18 webhookHandler() does not set a job back that another process has seen end", async () => {
  const dedupe = shared();
  const work = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const events: string[] = [];
  const slow = webhookHandler({
    secret,
    dedupe,
    on: { output: () => (begun.resolve(), work.promise) },
  });
  const quick = webhookHandler({
    secret,
    dedupe,
    on: { output: () => events.push("output"), completed: () => events.push("completed") },
  });
  const step = async (output: string[]): Promise<Request> => {
    const body = JSON.stringify({ id: "p1", status: "processing", output });
    const headers = await signWebhook(body, { secret });
    return new Request(ENDPOINT, { method: "POST", headers, body });
  };
  const first = slow(await step(["a"]));
  await begun.promise;
  await quick(await delivery("p1"));
  work.resolve();
  await first;
  await quick(await step(["a", "b"]));
  assertEquals(events, ["completed"]);
});

Deno.test("13.18 webhookHandler() knows a replay for as long as tolerance lets one in", async () => {
  await withFakeTime(async (time) => {
    let calls = 0;
    const on = { completed: () => void calls++ };
    const handler = webhookHandler({ secret, on, tolerance: "3h" });
    const body = JSON.stringify({ id: "p1", status: "succeeded" });
    // The sender's clock is ahead, so that the replay is let in for nearly six hours.
    const timestamp = new Date(Date.now() + 179 * 60_000);
    const headers = await signWebhook(body, { secret, timestamp });
    const send = async (): Promise<number> =>
      (await handler(new Request(ENDPOINT, { method: "POST", headers, body }))).status;
    assertEquals([await send(), calls], [204, 1]);
    for (let hour = 1; hour <= 5; hour++) {
      await time.tick(61 * 60_000);
      assertEquals([await send(), calls], [204, 1]);
    }
    await time.tick(61 * 60_000);
    assertEquals([await send(), calls], [401, 1]);
  });
});

Deno.test("13.18 webhookHandler() asks for no secret on behalf of a bare POST", async () => {
  let asked = 0;
  const get = () => {
    asked++;
    return Promise.reject(new Error("away"));
  };
  const handler = webhookHandler({
    client: { webhooks: { default: { secret: { get } } } },
    on: {},
    onError: () => {},
  });
  for (let n = 0; n < 100; n++) {
    const { status } = await handler(new Request(ENDPOINT, { method: "POST", body: "{}" }));
    assertEquals(status, 401);
  }
  assertEquals(asked, 0);
});

Deno.test("13.18 webhookHandler() asks ever more rarely while the secret cannot be had", async () => {
  await withFakeTime(async (time) => {
    let [asked, reports, isAway] = [0, 0, true];
    const get = (): Promise<{ key: string }> => {
      asked++;
      return isAway ? Promise.reject(new Error("away")) : Promise.resolve({ key: secret });
    };
    const handler = webhookHandler({
      client: { webhooks: { default: { secret: { get } } } },
      on: {},
      onError: () => void reports++,
    });
    const send = async (): Promise<Response> =>
      await handler(new Request(ENDPOINT, { method: "POST", headers: forged(), body: "{}" }));
    assertEquals((await send()).status, 500);
    const paused = await send();
    assertEquals([paused.status, paused.headers.get("retry-after")], [503, "1"]);
    for (let second = 0; second < 600; second++) {
      await time.tick(1000);
      await send();
    }
    // 1, 2, 4 ... 32 s, then once a minute.
    assert(asked <= 16, `asked ${asked} times in 10 min`);
    assertEquals(reports, asked);
    isAway = false;
    await time.tick(60_000);
    assertEquals((await handler(await delivery("p1"))).status, 204);
  });
});
