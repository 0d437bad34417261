import { assert, assertEquals, assertThrows } from "@std/assert";
import { withFakeTime } from "../../src/testing/time.ts";
import {
  type ExpiringStore,
  expiringStore,
  signWebhook,
  webhookHandler,
  type WebhookHandlerOptions,
  type WebhookListeners,
} from "../../src/webhooks/mod.ts";
import { A } from "./checks.ts";

const { secret } = A;
const OTHER = "whsec_YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIz";
const ENDPOINT = "https://example.com/hook";

interface State {
  id?: string;
  status: string;
  output?: unknown;
  logs?: string | null;
}

/** A delivery of a state, signed now. */
async function delivery(state: State, id?: string, key: string = secret): Promise<Request> {
  const body = JSON.stringify({ id: "p1", ...state });
  const headers = await signWebhook(body, { secret: key, id });
  return new Request(ENDPOINT, { method: "POST", headers, body });
}

/** A handler that records which listeners were called, and a function that sends it states. */
function recorder(options: Partial<WebhookHandlerOptions> = {}): {
  calls: string[];
  send: (state: State, id?: string) => Promise<number>;
} {
  const calls: string[] = [];
  const on: WebhookListeners = Object.fromEntries(
    ["start", "output", "logs", "completed", "failed", "canceled", "training"].map((name) => [
      name,
      (job: State) => calls.push(`${name} ${job.status}`),
    ]),
  );
  const handler = webhookHandler({ secret, on, ...options } as WebhookHandlerOptions);
  return {
    calls,
    send: async (state, id) => (await handler(await delivery(state, id))).status,
  };
}

Deno.test("webhookHandler() tells the events of a job from what has changed", async () => {
  const { calls, send } = recorder();
  await send({ status: "starting" });
  await send({ status: "processing", logs: "a" });
  await send({ status: "processing", logs: "a", output: ["x"] });
  await send({ status: "processing", logs: "ab", output: ["x", "y"] });
  await send({ status: "processing", logs: "ab", output: ["x", "y"] });
  await send({ status: "succeeded", logs: "ab", output: ["x", "y"] });
  assertEquals(calls, [
    "start starting",
    "logs processing",
    "output processing",
    "output processing",
    "logs processing",
    "output processing",
    "completed succeeded",
  ]);
});

Deno.test("webhookHandler() calls failed and canceled for what ended so, else completed", async () => {
  const all = recorder();
  for (const status of ["succeeded", "failed", "canceled", "aborted"]) {
    await all.send({ id: status, status });
  }
  assertEquals(all.calls, [
    "completed succeeded",
    "failed failed",
    "canceled canceled",
    "canceled aborted",
  ]);
  const ended: string[] = [];
  const one = recorder({ on: { completed: ({ status }) => ended.push(status) } });
  for (const status of ["succeeded", "failed", "canceled", "aborted", "mended"]) {
    assertEquals(await one.send({ id: status, status }), 204);
  }
  assertEquals(ended, ["succeeded", "failed", "canceled", "aborted"]);
});

Deno.test("webhookHandler() calls training for all about a training, and nothing else", async () => {
  const { calls, send } = recorder();
  const urls = { get: "https://api.replicate.com/v1/trainings/p1" };
  await send({ status: "processing", urls } as State);
  await send({ status: "failed", urls } as State);
  assertEquals(calls, ["training processing", "training failed"]);
});

Deno.test("webhookHandler() drops what steps back, and all that comes after the end", async () => {
  const { calls, send } = recorder();
  await send({ status: "processing", output: ["a", "b"] });
  assertEquals(await send({ status: "processing", output: ["a"] }), 204);
  assertEquals(await send({ status: "starting" }), 204);
  await send({ status: "succeeded", output: ["a", "b", "c"] });
  assertEquals(await send({ status: "processing", output: ["a", "b", "c", "d"] }), 204);
  assertEquals(await send({ status: "failed" }), 204);
  assertEquals(calls, ["output processing", "completed succeeded"]);
});

Deno.test("webhookHandler() ignores a signed message that is about no job", async () => {
  const { calls, send } = recorder();
  assertEquals(await send({ id: undefined, test: 1 } as unknown as State), 204);
  assertEquals(calls, []);
});

Deno.test("webhookHandler() handles each of 10,000 deliveries once, in whatever order they come", async () => {
  // A fixed sequence that looks random, so that a failure can be repeated.
  let seed = 7;
  const random = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor(seed / 2 ** 31 * below);
  };
  const STEPS = 6;
  const deliveries: { state: State; id: string }[] = [];
  for (let job = 0; deliveries.length < 10_000; job++) {
    for (let step = 0; step < STEPS && deliveries.length < 10_000; step++) {
      const state = {
        id: `p${job}`,
        status: step === 0 ? "starting" : step === STEPS - 1 ? "succeeded" : "processing",
        output: Array.from({ length: step }, (_, at) => at),
      };
      // Two or three copies of some, near each other in time but in any order.
      const copies = 1 + (random(3) === 0 ? 1 + random(2) : 0);
      for (let copy = 0; copy < copies && deliveries.length < 10_000; copy++) {
        deliveries.push({ state, id: `msg_${job}_${step}` });
      }
    }
  }
  for (let at = 0; at < deliveries.length; at++) {
    const other = Math.min(at + random(40), deliveries.length - 1);
    [deliveries[at], deliveries[other]] = [deliveries[other]!, deliveries[at]!];
  }
  const handled = new Map<string, number>();
  const last = new Map<string, string>();
  const ends = new Map<string, number>();
  const listener = async (job: { id: string; status: string }, { id }: { id: string }) => {
    // A slow listener must not be overtaken by the next one of its job.
    if (random(2) === 0) await new Promise((resolve) => queueMicrotask(() => resolve(0)));
    handled.set(id, (handled.get(id) ?? 0) + 1);
    last.set(job.id, job.status);
    if (job.status === "succeeded") ends.set(job.id, (ends.get(job.id) ?? 0) + 1);
  };
  const handler = webhookHandler({
    secret,
    on: { start: listener, output: listener, completed: listener },
  });
  for (let at = 0; at < deliveries.length; at += 50) {
    const batch = deliveries.slice(at, at + 50);
    const statuses = await Promise.all(
      batch.map(async ({ state, id }) => (await handler(await delivery(state, id))).status),
    );
    assertEquals(new Set(statuses), new Set([204]));
  }
  const ended = new Set(
    deliveries.filter(({ state }) => state.status === "succeeded").map(({ state }) => state.id!),
  );
  assert(ended.size > 1000);
  assertEquals([...handled.values()].filter((count) => count !== 1), []);
  assertEquals(ends.size, ended.size);
  assertEquals([...ends.values()].filter((count) => count !== 1), []);
  assertEquals([...ended].filter((id) => last.get(id) !== "succeeded"), []);
});

Deno.test("webhookHandler() handles webhooks of one job one after the other", async () => {
  const order: string[] = [];
  const slow = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const handler = webhookHandler({
    secret,
    on: {
      output: async () => {
        order.push("output begins");
        begun.resolve();
        await slow.promise;
        order.push("output ends");
      },
      completed: ({ id }) => order.push(`${id} completed`),
    },
  });
  const first = handler(await delivery({ status: "processing", output: "a" }));
  await begun.promise;
  const second = handler(await delivery({ status: "succeeded", output: "ab" }));
  await handler(await delivery({ id: "p2", status: "succeeded", output: "x" }));
  slow.resolve();
  await Promise.all([first, second]);
  assertEquals(order, ["output begins", "p2 completed", "output ends", "p1 completed"]);
});

Deno.test("webhookHandler() handles a delivery again after its listener threw", async () => {
  const errors: unknown[] = [];
  let tries = 0;
  const { send } = recorder({
    on: {
      completed: () => {
        if (++tries < 3) throw new Error(`try ${tries}`);
      },
    },
    onError: (error, job) => errors.push(`${job?.id} ${error}`),
  });
  const end = { status: "succeeded" };
  assertEquals(await send(end, "msg_1"), 500);
  assertEquals(await send(end, "msg_1"), 500);
  assertEquals(await send(end, "msg_1"), 204);
  assertEquals(await send(end, "msg_1"), 204);
  assertEquals(tries, 3);
  assertEquals(errors, ["p1 Error: try 1", "p1 Error: try 2"]);
});

Deno.test("webhookHandler() tells nothing of what a listener threw to the sender", async () => {
  const handler = webhookHandler({
    secret,
    on: {
      completed: () => {
        throw new Error("password=hunter2");
      },
    },
    onError: () => {},
  });
  const response = await handler(await delivery({ status: "succeeded" }));
  assertEquals(response.status, 500);
  assert(!(await response.text()).includes("hunter2"));
});

Deno.test("webhookHandler() asks the client for the secret once", async () => {
  let asked = 0;
  const get = (): Promise<{ key: string }> => {
    asked++;
    return Promise.resolve({ key: secret });
  };
  const client = { webhooks: { default: { secret: { get } } } };
  const { send } = recorder({ client, secret: undefined } as Partial<WebhookHandlerOptions>);
  const ids = Array.from({ length: 20 }, (_, at) => `p${at}`);
  await Promise.all(ids.map((id) => send({ id, status: "succeeded" })));
  assertEquals(asked, 1);
});

Deno.test("webhookHandler() asks for the secret again on a wrong signature, at most once a minute", async () => {
  await withFakeTime(async (time) => {
    let asked = 0;
    let key = secret;
    const get = (): Promise<{ key: string }> => {
      asked++;
      return Promise.resolve({ key });
    };
    const handler = webhookHandler({
      client: { webhooks: { default: { secret: { get } } } },
      on: {},
    });
    const send = async (with_: string): Promise<number> =>
      (await handler(await delivery({ status: "processing" }, undefined, with_))).status;

    assertEquals([await send(secret), await send(OTHER), asked], [204, 401, 1]);
    await time.tick(59_000);
    assertEquals([await send(OTHER), asked], [401, 1]);
    await time.tick(2_000);
    assertEquals([await send(OTHER), asked], [401, 2]);
    assertEquals([await send(OTHER), asked], [401, 2]);
    key = OTHER;
    await time.tick(61_000);
    const both = await Promise.all([send(OTHER), send(OTHER), send(OTHER)]);
    assertEquals([both, asked], [[204, 204, 204], 3]);
    // What was signed before the change, and comes after it.
    assertEquals([await send(secret), asked], [204, 3]);
  });
});

Deno.test("webhookHandler() answers 500 when the secret cannot be had, and asks again", async () => {
  const failures = [
    () => Promise.reject(new Error("away")),
    (): never => {
      throw new Error("away");
    },
  ];
  for (const fail of failures) {
    await withFakeTime(async (time) => {
      let asked = 0;
      const get = (): Promise<{ key: string }> =>
        ++asked === 1 ? fail() : Promise.resolve({ key: secret });
      const client = { webhooks: { default: { secret: { get } } } };
      const handler = webhookHandler({ client, on: {}, onError: () => {} });
      assertEquals((await handler(await delivery({ status: "succeeded" }))).status, 500);
      await time.tick(1000);
      assertEquals((await handler(await delivery({ status: "succeeded" }))).status, 204);
    });
  }
});

Deno.test("webhookHandler() keeps its secret when it cannot ask for another one", async () => {
  await withFakeTime(async (time) => {
    let asked = 0;
    const get = (): Promise<{ key: string }> => {
      return ++asked === 1 ? Promise.resolve({ key: secret }) : Promise.reject(new Error("away"));
    };
    const client = { webhooks: { default: { secret: { get } } } };
    const handler = webhookHandler({ client, on: {}, onError: () => {} });
    const send = async (key: string): Promise<number> =>
      (await handler(await delivery({ status: "processing" }, undefined, key))).status;
    assertEquals(await send(secret), 204);
    await time.tick(61_000);
    assertEquals([await send(OTHER), await send(OTHER), await send(secret)], [500, 401, 204]);
    assertEquals(asked, 2);
  });
});

Deno.test("webhookHandler() hands slow work to waitUntil, and waits where there is none", async () => {
  const work = Promise.withResolvers<void>();
  const kept: Promise<unknown>[] = [];
  const context = {
    waitUntil(this: unknown, promise: Promise<unknown>): void {
      assert(this === context);
      kept.push(promise);
    },
  };
  const options = { secret, patience: 0, on: { completed: () => work.promise } };
  const early = await webhookHandler(options)(await delivery({ status: "succeeded" }), context);
  assertEquals([early.status, kept.length], [202, 1]);

  const late = webhookHandler(options)(await delivery({ status: "succeeded" }), { remoteAddr: 1 });
  let answered = false;
  late.then(() => answered = true);
  await Promise.resolve();
  assertEquals(answered, false);
  work.resolve();
  assertEquals((await late).status, 204);
  await kept[0];
});

Deno.test("webhookHandler() answers quick work itself, even where there is a waitUntil", async () => {
  const kept: unknown[] = [];
  const { send } = recorder({
    waitUntil: (promise) => kept.push(promise),
    onError: () => {},
    on: { failed: () => Promise.reject(new Error("no")) },
  });
  assertEquals(await send({ status: "succeeded" }), 204);
  assertEquals(await send({ id: "p2", status: "failed" }), 500);
  assertEquals(kept, []);
});

Deno.test("webhookHandler() reports slow work that failed, and handles it again", async () => {
  const errors: unknown[] = [];
  const kept: Promise<unknown>[] = [];
  const work = Promise.withResolvers<void>();
  let calls = 0;
  const handler = webhookHandler({
    secret,
    patience: 0,
    waitUntil: (promise) => kept.push(promise),
    onError: (error) => errors.push(error),
    on: { completed: () => ++calls === 1 ? work.promise : undefined },
  });
  const end = { status: "succeeded" };
  assertEquals((await handler(await delivery(end, "msg_1"))).status, 202);
  work.reject("late failure");
  await kept[0];
  assertEquals(errors, ["late failure"]);
  await handler(await delivery(end, "msg_1"));
  await Promise.all(kept);
  assertEquals(calls, 2);
});

Deno.test("webhookHandler() answers 503 while another process has the delivery", async () => {
  const store = expiringStore();
  store.add("delivery msg_1", "claimed", 30_000);
  const { calls, send } = recorder({ dedupe: store });
  assertEquals(await send({ status: "succeeded" }, "msg_1"), 503);
  assertEquals(calls, []);
  store.set("delivery msg_1", "done", 30_000);
  assertEquals(await send({ status: "succeeded" }, "msg_1"), 204);
  assertEquals(calls, []);
});

Deno.test("webhookHandler() shares what it has seen through a store with promises", async () => {
  const inner = expiringStore();
  const dedupe: ExpiringStore = {
    add: (...args) => Promise.resolve(inner.add(...args)),
    get: (key) => Promise.resolve(inner.get(key) ?? null).then((it) => it),
    set: (...args) => Promise.resolve(inner.set(...args)),
    delete: (key) => Promise.resolve(inner.delete(key)),
  };
  const [one, two] = [recorder({ dedupe }), recorder({ dedupe })];
  await one.send({ status: "succeeded" }, "msg_1");
  await two.send({ status: "succeeded" }, "msg_1");
  await two.send({ status: "processing" }, "msg_0");
  assertEquals([one.calls, two.calls], [["completed succeeded"], []]);
});

Deno.test("webhookHandler() reads no more of a body than it may", async () => {
  let pulled = 0;
  let canceled = false;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      pulled++;
      controller.enqueue(new Uint8Array(1000));
    },
    cancel() {
      canceled = true;
    },
  });
  const headers = await signWebhook("{}", { secret });
  const request = new Request(ENDPOINT, { method: "POST", headers, body });
  const handler = webhookHandler({ secret, on: {}, maxBody: 10_000 });
  assertEquals((await handler(request)).status, 413);
  assert(pulled < 20 && canceled);
});

Deno.test("webhookHandler() refuses options that cannot work when it is made", () => {
  assertThrows(() => webhookHandler({ on: {} } as unknown as WebhookHandlerOptions), TypeError);
  assertThrows(() => webhookHandler({ secret } as unknown as WebhookHandlerOptions), TypeError);
  assertThrows(() => webhookHandler({ secret, on: {}, tolerance: -1 }), RangeError);
  assertThrows(() => expiringStore({ max: 0 }), RangeError);
});

Deno.test("expiringStore() forgets the oldest beyond its size, and what is over", async () => {
  await withFakeTime(async (time) => {
    const store = expiringStore({ max: 2 });
    store.set("a", "1", 1000);
    store.set("b", "2", 5000);
    store.set("a", "3", 1000);
    store.set("c", "4", 1000);
    assertEquals([store.get("a"), store.get("b"), store.get("c")], ["3", undefined, "4"]);
    await time.tick(1001);
    assertEquals([store.get("a"), store.add("a", "5", 1000)], [undefined, true]);
  });
});

Deno.test("webhookHandler() works behind a socket", async () => {
  const outputs: unknown[] = [];
  const handler = webhookHandler({
    secret,
    on: { completed: ({ output }, { url }) => outputs.push([output, url.search]) },
  });
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, handler);
  const url = `http://127.0.0.1:${server.addr.port}/hook?run=7`;
  const headers = await signWebhook(A.body, { secret });
  const post = async (body: BodyInit, init?: RequestInit): Promise<number> => {
    const response = await fetch(url, { method: "POST", headers, body, ...init });
    await response.body?.cancel();
    return response.status;
  };
  assertEquals(await post(A.body), 204);
  assertEquals(await post(A.body), 204);
  assertEquals(await post(`${A.body} `), 401);
  assertEquals(await post(A.body, { method: "PUT" }), 405);
  assertEquals(outputs, [["café ☃", "?run=7"]]);
});
