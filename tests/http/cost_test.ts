/** The cost of a call in what can be counted exactly, and never in seconds: see `bench/` for those. */

import { assert, assertEquals } from "@std/assert";
import { Client } from "../../src/client.ts";

const JOB = { id: "abc", status: "processing", urls: { stream: "https://stream.example.com/abc" } };
const PAGE = { results: [{ id: "abc" }, { id: "def" }], next: null };

/** The number of each of these that a piece of work makes or asks for. */
interface Cost {
  requests: number;
  timers: number;
  controllers: number;
  /** Objects `Request` and `Headers`, of which a call needs none of its own. */
  webObjects: number;
  /** The looks at the clock: 0.4 us each on Deno. */
  looks: number;
  /** The turns of the queue of microtasks until the result is there. */
  turns: number;
}

/** An answer in memory whose body takes one turn, as the platform's classes differ in theirs. */
function answer(body: unknown): Response {
  const text = JSON.stringify(body);
  return {
    ok: true,
    status: 200,
    headers: new Headers({ "content-length": `${text.length}` }),
    body: undefined,
    text: () => Promise.resolve(text),
    arrayBuffer: () => Promise.resolve(new TextEncoder().encode(text).buffer),
  } as unknown as Response;
}

/** The events of a stream, each in a chunk of its own. */
function events(count: number): Response {
  let sent = 0;
  const data = (): string =>
    sent <= count
      ? `event: output\nid: 1:${sent}\ndata: rain\n\n`
      : `event: done\nid: 1:${sent}\ndata: {}\n\n`;
  const body = new ReadableStream({
    pull(controller): void {
      if (++sent <= count + 1) controller.enqueue(new TextEncoder().encode(data()));
      else controller.close();
    },
  }, { highWaterMark: 0 });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

/** Replaces a member of the globals, and counts how often it is called, until it is disposed of. */
function counted<T extends object, K extends keyof T & string>(
  owner: T,
  name: K,
): Disposable & { count: number } {
  const descriptor = Object.getOwnPropertyDescriptor(owner, name);
  const original = owner[name] as (...args: unknown[]) => unknown;
  const counter = {
    count: 0,
    [Symbol.dispose](): void {
      if (descriptor) Object.defineProperty(owner, name, descriptor);
      else delete owner[name];
    },
  };
  const value = new Proxy(original, {
    apply(target, self, args): unknown {
      counter.count++;
      return Reflect.apply(target, self, args);
    },
    construct(target, args): object {
      counter.count++;
      return Reflect.construct(target, args);
    },
  });
  Object.defineProperty(owner, name, { value, configurable: true, writable: true });
  return counter;
}

/** Does the work, once to warm up what is made once, and then with everything counted. */
async function costOf(
  answerTo: (url: string) => Response,
  work: (client: Client) => Promise<unknown>,
): Promise<Cost> {
  let requests = 0;
  const fetch = (url: string | URL | Request): Promise<Response> => {
    requests++;
    return Promise.resolve(prepared.shift() ?? answerTo(String(url)));
  };
  const prepared: Response[] = [];
  const client = new Client({ auth: "r8_test", fetch });
  await work(client);
  // Made before, so that their headers are not counted.
  if (requests === 1) prepared.push(answerTo(""));
  requests = 0;
  using timers = counted(globalThis, "setTimeout");
  using controllers = counted(globalThis, "AbortController");
  using request = counted(globalThis, "Request");
  using headers = counted(globalThis, "Headers");
  using looks = counted(performance, "now");
  let isOver = false;
  let turns = 0;
  const over = work(client).finally(() => isOver = true);
  for (; !isOver && turns < 10_000; turns++) await undefined;
  await over;
  return {
    requests,
    timers: timers.count,
    controllers: controllers.count,
    webObjects: request.count + headers.count,
    looks: looks.count,
    turns,
  };
}

Deno.test("predictions.get() costs one timer, one controller and few turns", async () => {
  const { turns, ...cost } = await costOf(() => answer(JOB), (it) => it.predictions.get("abc"));
  assertEquals(cost, { requests: 1, timers: 1, controllers: 1, webObjects: 0, looks: 3 });
  assert(turns <= 9, `${turns} turns`);
});

Deno.test("predictions.create() costs no more than that, but for what reads a cut answer", async () => {
  const { turns, ...cost } = await costOf(
    () => answer(JOB),
    (it) => it.predictions.create({ version: "abc", input: { prompt: "rain" } }),
  );
  assertEquals(cost, { requests: 1, timers: 1, controllers: 1, webObjects: 0, looks: 3 });
  assert(turns <= 16, `${turns} turns`);
});

Deno.test("a list of one page costs what a call costs", async () => {
  const { turns, ...cost } = await costOf(
    () => answer(PAGE),
    (it) => Array.fromAsync(it.predictions.list()),
  );
  assertEquals(cost, { requests: 1, timers: 1, controllers: 1, webObjects: 0, looks: 3 });
  assert(turns <= 20, `${turns} turns`);
});

Deno.test("64 calls at once cost one timer and one controller each", async () => {
  const { turns: _, looks, ...cost } = await costOf(
    () => answer(JOB),
    (it) => Promise.all(Array.from({ length: 64 }, () => it.predictions.get("abc"))),
  );
  assertEquals([cost.requests, cost.timers, cost.controllers], [64, 65, 64]);
  assert(looks <= 462, `${looks} looks`);
});

Deno.test("an event that comes alone costs no timer, and a look at the clock", async () => {
  const cost = (count: number): Promise<Cost> =>
    costOf(
      (url) => url.includes("stream.") ? events(count) : answer(JOB),
      (it) => Array.fromAsync(it.stream("acme/poet", { input: {} })),
    );
  const few = await cost(10);
  const many = await cost(110);
  assertEquals(many.timers - few.timers, 0);
  assertEquals(many.controllers - few.controllers, 0);
  assertEquals((many.looks - few.looks) / 100, 1);
  const turns = (many.turns - few.turns) / 100;
  assert(turns <= 5, `${turns} turns an event`);
});
