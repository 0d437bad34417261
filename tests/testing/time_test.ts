import { assert, assertEquals, assertRejects } from "@std/assert";
import { withFakeTime } from "../../src/testing/mod.ts";

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

Deno.test("withFakeTime() jumps to each timer in turn when nothing else is left to do", async () => {
  const order: string[] = [];
  const elapsed = await withFakeTime(async (time) => {
    setTimeout(() => order.push(`b ${time.elapsed()}`), 2_000);
    setTimeout((word: string) => order.push(`${word} ${time.elapsed()}`), 1_000, "a");
    await sleep(3_600_000);
    order.push(`c ${time.elapsed()}`);
    return time.elapsed();
  });
  assertEquals(order, ["a 1000", "b 2000", "c 3600000"]);
  assertEquals(elapsed, 3_600_000);
});

Deno.test("withFakeTime() moves every clock and puts the real ones back", async () => {
  const before = [
    Date,
    setTimeout,
    setInterval,
    clearTimeout,
    AbortSignal.timeout,
    crypto.subtle.digest,
  ];
  await withFakeTime(async (time) => {
    const mark = performance.now();
    assertEquals(Date.now(), 0);
    assert(new Date() instanceof Date);
    await sleep(1_500);
    assertEquals([Date.now(), new Date().getTime(), time.now()], [1_500, 1_500, 1_500]);
    assertEquals(performance.now() - mark, 1_500);
    assertEquals(new Date(5).getTime(), 5);
    assertEquals(Date.UTC(1970, 0, 1), 0);
  }, { start: 0 });
  const after = [
    Date,
    setTimeout,
    setInterval,
    clearTimeout,
    AbortSignal.timeout,
    crypto.subtle.digest,
  ];
  assertEquals(before.every((value, index) => value === after[index]), true);
  assert(Math.abs(Date.now() - new Date().getTime()) < 1_000);
});

Deno.test("withFakeTime() gives exact differences of performance.now(), whatever it shows at the start", async () => {
  const { now } = performance;
  const differences = new Set<number>();
  try {
    for (let real = 0.1; real < 1e7; real *= 1.7) {
      performance.now = () => real;
      for (const start of [0, 0.3, Date.UTC(2026, 0, 2)]) {
        await withFakeTime(async (time) => {
          const mark = performance.now();
          assert(mark >= real, `${mark} is before ${real}`);
          await sleep(1_500);
          differences.add(performance.now() - mark).add(time.elapsed());
        }, { start });
      }
    }
  } finally {
    performance.now = now;
  }
  assertEquals([...differences], [1_500]);
});

Deno.test("withFakeTime() drives AbortSignal.timeout() and does not count it as a timer", async () => {
  await withFakeTime(async (time) => {
    const signal = AbortSignal.timeout(60_000);
    assertEquals(time.timers, 0);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    assertEquals(time.elapsed(), 60_000);
    assertEquals((signal.reason as DOMException).name, "TimeoutError");
  });
});

Deno.test("withFakeTime() lets promises, messages, digests and streams finish before it jumps", async () => {
  await withFakeTime(async (time) => {
    const timeout = AbortSignal.timeout(10);
    for (let round = 0; round < 50; round++) {
      await crypto.subtle.digest("SHA-256", new Uint8Array(200_000));
      await new Blob(["x".repeat(100_000)]).arrayBuffer();
      await new Response(new Blob(["y"]).stream()).text();
    }
    assertEquals(time.elapsed(), 0);
    assertEquals(timeout.aborted, false);
  });
});

Deno.test("withFakeTime() repeats intervals until they are cleared", async () => {
  await withFakeTime(async (time) => {
    let count = 0;
    const id = setInterval(() => count++, 100);
    await time.tick(1_050);
    clearInterval(id);
    assertEquals([count, time.timers], [10, 0]);
    await time.tick(1_000);
    assertEquals(count, 10);
  });
});

Deno.test("withFakeTime() holds time while real work is pending", async () => {
  const realTimeout = setTimeout;
  await withFakeTime(async (time) => {
    const work = new Promise<string>((resolve) => realTimeout(() => resolve("done"), 30));
    const timer = setTimeout(() => {}, 60_000);
    assertEquals(await time.hold(work), "done");
    assertEquals(time.elapsed(), 0);
    clearTimeout(timer);
  });
});

Deno.test("withFakeTime() rejects with what the function throws, and with what a timer throws", async () => {
  await assertRejects(() => withFakeTime(() => Promise.reject(new Error("mine"))), Error, "mine");
  await assertRejects(
    () =>
      withFakeTime(async () => {
        setTimeout(() => {
          throw new Error("late");
        }, 5);
        await sleep(10);
      }),
    Error,
    "late",
  );
});

Deno.test("withFakeTime() says so when nothing can end the test, and refuses to nest", async () => {
  await assertRejects(
    () => withFakeTime(() => new Promise(() => {}), { stall: 20 }),
    Error,
    "no timer is left",
  );
  await assertRejects(
    () => withFakeTime(() => withFakeTime(() => Promise.resolve())),
    Error,
    "already running",
  );
});

Deno.test("withFakeTime() fires a delay that overflows at once, as runtimes do", async () => {
  await withFakeTime(async (time) => {
    await sleep(2 ** 31);
    assertEquals(time.elapsed(), 1);
  });
});
