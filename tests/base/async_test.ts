import { assertEquals, assertRejects } from "@std/assert";
import { keyedQueue, turns } from "../../src/base/async.ts";
import { withFakeTime } from "../../src/testing/mod.ts";

Deno.test("keyedQueue() runs work of one key in order, and of other keys side by side", async () => {
  const queue = keyedQueue();
  const order: string[] = [];
  const slow = Promise.withResolvers<void>();
  const first = queue("a", async () => {
    await slow.promise;
    order.push("a1");
  });
  const second = queue("a", () => Promise.resolve(order.push("a2")));
  await queue("b", () => Promise.resolve(order.push("b1")));
  slow.resolve();
  await Promise.all([first, second]);
  assertEquals(order, ["b1", "a1", "a2"]);
});

Deno.test("keyedQueue() goes on after work that failed, and hands its error to its caller", async () => {
  const queue = keyedQueue();
  const failing = queue("a", () => Promise.reject(new Error("broken")));
  const next = queue("a", () => Promise.resolve("fine"));
  await assertRejects(() => failing, Error, "broken");
  assertEquals(await next, "fine");
});

Deno.test("keyedQueue() waits by a timer of its own where promises belong to a request", async () => {
  await withFakeTime(async (time) => {
    const inTurn = keyedQueue(true);
    const order: string[] = [];
    const work = async (name: string, ms: number): Promise<void> => {
      order.push(name);
      await time.tick(ms);
      order.push(`${name} ends`);
    };
    const first = inTurn("a", () => work("1", 1000));
    const second = inTurn("a", () => work("2", 1000));
    await Promise.all([first, second, inTurn("b", () => work("3", 10))]);
    assertEquals(order, ["1", "3", "3 ends", "1 ends", "2", "2 ends"]);
    // A request that has ended without a word holds the others up for a minute, and not for ever.
    void inTurn("a", () => new Promise(() => {}));
    const start = time.elapsed();
    await inTurn("a", () => Promise.resolve());
    assertEquals(time.elapsed() - start, 60_000);
    assertEquals(time.timers, 0);
  });
});

Deno.test("turns() runs all work in order, also after one that failed", async () => {
  const inTurn = turns();
  const order: number[] = [];
  const work = (n: number) => async (): Promise<void> => {
    await Promise.resolve();
    order.push(n);
    if (n === 1) throw new Error("broken");
  };
  const failing = inTurn(work(1));
  const rest = [inTurn(work(2)), inTurn(work(3))];
  await assertRejects(() => failing, Error, "broken");
  await Promise.all(rest);
  assertEquals(order, [1, 2, 3]);
});
