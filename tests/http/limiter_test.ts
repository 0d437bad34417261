import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { TimeoutError } from "../../src/errors.ts";
import type { Turn } from "../../src/http/types.ts";
import { Limiter } from "../../src/http/limiter.ts";
import type { Bucket, Throttled } from "../../src/http/options.ts";
import type { Answer } from "../../src/http/types.ts";
import { countListeners } from "../listeners.ts";
import { call, inVirtualTime } from "./limiter_world.ts";
import { rejection } from "../rejection.ts";

function answer(status: number, headers: HeadersInit = {}, retryAfter?: number): Answer {
  return { status, headers: new Headers(headers), retryAfter };
}

/** What is left, and 1 second until there is more. */
function left(remaining: number): Answer {
  return answer(200, { "ratelimit-remaining": String(remaining), "ratelimit-reset": "1" });
}

/** A turn that is given at once. */
function atOnce(limiter: Limiter, bucket: Bucket): Turn {
  const turn = limiter.acquire(bucket);
  assert(!(turn instanceof Promise), `the turn to ${bucket} has to be waited for`);
  return turn;
}

/** Sends one request that gets this answer. */
async function send(limiter: Limiter, bucket: Bucket, got: Answer): Promise<void> {
  const turn = await limiter.acquire(bucket);
  limiter.observe(turn, got);
  limiter.release(turn);
}

Deno.test("Limiter keeps reads going while creates are paused", async () => {
  await inVirtualTime(async () => {
    const limiter = new Limiter();
    await send(limiter, "create", answer(429, {}, 60_000));
    let isCreating = false;
    const create = Promise.resolve(limiter.acquire("create")).then(() => (isCreating = true));
    for (let i = 0; i < 1000; i++) {
      const turn = atOnce(limiter, "read");
      limiter.observe(turn, answer(200));
      limiter.release(turn);
    }
    assert(!isCreating);
    await create;
  });
});

Deno.test("Limiter serves reads and creates in turns when the places are few", async () => {
  await inVirtualTime(async (world) => {
    const limiter = new Limiter({ concurrency: 1 });
    await send(limiter, "create", left(500));
    await send(limiter, "create", left(500));
    const order: string[] = [];
    const one = async (bucket: Bucket): Promise<void> => {
      const turn = await limiter.acquire(bucket);
      order.push(bucket);
      await world.sleep(10);
      limiter.observe(turn, left(500));
      limiter.release(turn);
    };
    const first = one("create");
    const buckets: Bucket[] = ["create", "create", "create", "read", "read"];
    await Promise.all([first, ...buckets.map(one)]);
    assertEquals(order, ["create", "read", "create", "read", "create", "create"]);
  });
});

Deno.test("Limiter never has more requests open than `concurrency`", async () => {
  await inVirtualTime(async (world) => {
    const limiter = new Limiter({ concurrency: 3 });
    let open = 0;
    let most = 0;
    const fetch = async (): Promise<Answer> => {
      most = Math.max(most, ++open);
      await world.sleep(100);
      open--;
      return left(1000);
    };
    const one = (_: unknown, i: number): Promise<number> =>
      call(world, limiter, fetch, i % 2 ? "read" : "create");
    await Promise.all(Array.from({ length: 30 }, one));
    assertEquals(most, 3);
    // The first create goes alone, as nothing is known yet.
    assert(world.elapsed <= 1300, String(world.elapsed));
  });
});

Deno.test("Limiter gives the place of a request that got no answer to the next", async () => {
  await inVirtualTime(async (world) => {
    const limiter = new Limiter({ concurrency: 1 });
    const lost = atOnce(limiter, "create");
    const next = limiter.acquire("create");
    limiter.release(lost);
    limiter.release(lost);
    const turn = await next;
    assertInstanceOf(limiter.acquire("read"), Promise);
    limiter.release(turn);
    assertEquals(world.elapsed, 0);
  });
});

Deno.test("Limiter gives a turn at once, and sets no timer, while nothing has to wait", async () => {
  await inVirtualTime((world) => {
    const limiter = new Limiter();
    for (let i = 0; i < 100; i++) {
      for (const bucket of ["create", "read"] as const) {
        const turn = atOnce(limiter, bucket);
        limiter.observe(turn, i % 2 ? answer(200) : left(100));
        limiter.release(turn);
      }
    }
    assertEquals(world.timersSet, 0);
    return Promise.resolve();
  });
});

Deno.test("Limiter serves first in, first out, with one timer per bucket", async () => {
  await inVirtualTime(async (world) => {
    const limiter = new Limiter();
    await send(limiter, "create", answer(429, {}, 2000));
    await send(limiter, "read", answer(429, {}, 3000));
    const order: string[] = [];
    const one = async (bucket: Bucket, i: number): Promise<void> => {
      const turn = await limiter.acquire(bucket);
      order.push(`${bucket} ${i}`);
      limiter.observe(turn, answer(200));
      limiter.release(turn);
    };
    const all: Promise<void>[] = [];
    for (let i = 0; i < 50; i++) all.push(one("create", i), one("read", i));
    assertEquals(world.timers, 2);
    await Promise.all(all);
    for (const bucket of ["create", "read"]) {
      const served = order.filter((entry) => entry.startsWith(bucket));
      assertEquals(served, Array.from({ length: 50 }, (_, i) => `${bucket} ${i}`));
    }
    assertEquals(world.mostTimers, 2);
    assertEquals(world.timers, 0);
  });
});

Deno.test("Limiter lets one request go after a pause, and the next when it is known how that fared", async () => {
  await inVirtualTime(async (world) => {
    const limiter = new Limiter();
    await send(limiter, "create", answer(429, {}, 5000));
    const starts: number[] = [];
    const all = Array.from({ length: 3 }, async () => {
      const turn = await limiter.acquire("create");
      starts.push(world.elapsed);
      await world.sleep(100);
      limiter.observe(turn, answer(200));
      limiter.release(turn);
    });
    await Promise.all(all);
    assertEquals(starts, [5000, 5100, 5200]);
  });
});

Deno.test("Limiter waits for the reset when nothing remains, before any refusal", async () => {
  await inVirtualTime(async (world) => {
    const limiter = new Limiter();
    const headers = { "ratelimit-remaining": "0", "ratelimit-reset": "7" };
    await send(limiter, "read", answer(200, headers));
    await limiter.acquire("read");
    assertEquals(world.elapsed, 7000);
  });
});

Deno.test("Limiter goes by the headers when the first thing it hears is a refusal", async () => {
  for (const headers of [{ "ratelimit-remaining": "0", "ratelimit-reset": "1" }, {}]) {
    await inVirtualTime(async () => {
      const limiter = new Limiter();
      await send(limiter, "create", answer(429, headers, 1000));
      await send(limiter, "create", left(100));
      await send(limiter, "create", left(99));
      for (let i = 0; i < 90; i++) atOnce(limiter, "create");
    });
  }
});

Deno.test("Limiter pauses after a 503 that says for how long", async () => {
  await inVirtualTime(async (world) => {
    const limiter = new Limiter();
    await send(limiter, "read", answer(503, {}, 4000));
    const starts: number[] = [];
    const one = (): Promise<number> =>
      call(world, limiter, async () => {
        starts.push(world.elapsed);
        await world.sleep(100);
        return answer(200);
      }, "read");
    await Promise.all(Array.from({ length: 4 }, one));
    assertEquals(starts, [4000, 4100, 4200, 4200]);
  });
});

Deno.test("Limiter ends the wait at once when the signal aborts, and leaves nothing behind", async () => {
  await inVirtualTime(async (world) => {
    const limiter = new Limiter();
    await send(limiter, "create", answer(429, {}, 5000));
    const controller = new AbortController();
    const { signal } = controller;
    const listeners = countListeners(signal);
    const first = limiter.acquire("create", { signal });
    const second = limiter.acquire("create");
    const third = limiter.acquire("create", { signal });
    const reason = new Error("enough");
    controller.abort(reason);
    for (const turn of [first, third, limiter.acquire("create", { signal })]) {
      assertStrictEquals(await rejection(Promise.resolve(turn)), reason);
    }
    assertEquals(world.elapsed, 0);
    await second;
    assertEquals(world.elapsed, 5000);
    assertEquals(world.timers, 0);

    const kept = new AbortController();
    const turn = limiter.acquire("create", { signal: kept.signal });
    assertInstanceOf(turn, Promise);
    kept.abort(reason);
    await assertRejects(() => turn as Promise<Turn>, Error, "enough");
    assertEquals(world.timers, 0);
    assertEquals(listeners(), 2, "an aborted signal has dropped its listeners by itself");
  });
});

Deno.test("Limiter takes its listener away when the turn has come", async () => {
  await inVirtualTime(async () => {
    const limiter = new Limiter();
    await send(limiter, "create", answer(429, {}, 1000));
    const { signal } = new AbortController();
    const calls: string[] = [];
    signal.addEventListener = () => void calls.push("add");
    signal.removeEventListener = () => void calls.push("remove");
    await limiter.acquire("create", { signal });
    assertEquals(calls, ["add", "remove"]);
  });
});

Deno.test("Limiter rejects at once when the wait is known to pass the deadline", async () => {
  await inVirtualTime(async (world) => {
    const limiter = new Limiter();
    await send(limiter, "create", answer(429, {}, 5000));
    const deadline = performance.now() + 4999;
    const error = await assertRejects(
      async () => await limiter.acquire("create", { deadline }),
      TimeoutError,
      "Cannot create anything more: the rate limit asks to wait 5 s, which is past the deadline",
    );
    assertEquals(error.phase, "deadline");
    assertEquals([world.elapsed, world.timers], [0, 0]);
    await limiter.acquire("create", { deadline: deadline + 1 });
    assertEquals(world.elapsed, 5000);
  });
});

Deno.test("Limiter rejects those in line whose deadline a new refusal passes", async () => {
  await inVirtualTime(async (world) => {
    const limiter = new Limiter();
    const sent = atOnce(limiter, "create");
    const soon = assertRejects(
      async () => await limiter.acquire("create", { deadline: performance.now() + 2000 }),
      TimeoutError,
    );
    const later = limiter.acquire("create", { deadline: performance.now() + 20_000 });
    limiter.observe(sent, answer(429, {}, 3000));
    await soon;
    assertEquals(world.elapsed, 0);
    await later;
    assertEquals(world.elapsed, 3000);
  });
});

Deno.test("Limiter rejects at the deadline when it cannot know how long a place takes", async () => {
  await inVirtualTime(async (world) => {
    const limiter = new Limiter({ concurrency: 1 });
    const held = atOnce(limiter, "read");
    await assertRejects(
      async () => await limiter.acquire("create", { deadline: performance.now() + 700 }),
      TimeoutError,
      "the deadline passed while waiting for other requests",
    );
    assertEquals([world.elapsed, world.timers], [700, 0]);
    limiter.release(held);
    atOnce(limiter, "create");
  });
});

Deno.test("Limiter reports each request that is held back once, with the time", async () => {
  await inVirtualTime(async () => {
    const waits: Throttled[] = [];
    const limiter = new Limiter({ onThrottle: (wait) => void waits.push(wait) });
    await send(limiter, "create", answer(200));
    assertEquals(waits, []);
    await send(limiter, "create", answer(429, {}, 5000));
    const [first, second] = [limiter.acquire("create"), limiter.acquire("create")];
    const turn = await first;
    limiter.observe(turn, answer(429, {}, 6000));
    limiter.release(turn);
    await second;
    assertEquals(waits, [
      { bucket: "create", waitMs: 5000 },
      { bucket: "create", waitMs: 6000 },
    ]);
  });
});

Deno.test("Limiter hands an error of onThrottle to the call it was about, and serves the others", async () => {
  await inVirtualTime(async (world) => {
    let calls = 0;
    const limiter = new Limiter({
      onThrottle: () => {
        if (calls++ === 0) throw new Error("a bug of the caller");
      },
    });
    await send(limiter, "create", answer(429, {}, 1000));
    const first = limiter.acquire("create");
    const second = limiter.acquire("create");
    await assertRejects(async () => await first, Error, "a bug of the caller");
    await second;
    assertEquals([world.elapsed, calls], [1000, 2]);
  });
});

Deno.test("Limiter allows onThrottle to abort the call and to ask for another turn", async () => {
  await inVirtualTime(async (world) => {
    const controller = new AbortController();
    let another: Turn | Promise<Turn> | undefined;
    const limiter: Limiter = new Limiter({
      onThrottle: () => {
        another ??= limiter.acquire("create");
        controller.abort();
      },
    });
    await send(limiter, "create", answer(429, {}, 1000));
    await assertRejects(async () => await limiter.acquire("create", { signal: controller.signal }));
    assertEquals(world.elapsed, 0);
    await another;
    assertEquals(world.elapsed, 1000);
  });
});

Deno.test("Limiter leaves no timer, listener or place behind when onThrottle throws", async () => {
  for (const isolated of [false, true]) {
    await inVirtualTime(async (world) => {
      const limiter = new Limiter({
        concurrency: 1,
        onThrottle: () => {
          throw new Error("a bug of the caller");
        },
      }, isolated);
      await send(limiter, "create", answer(429, {}, 1000));
      const { signal } = new AbortController();
      const listeners = countListeners(signal);
      for (let i = 0; i < 3; i++) {
        await assertRejects(
          async () => await limiter.acquire("create", { signal }),
          Error,
          "a bug",
        );
      }
      assertEquals([world.timers, listeners()], [0, 0]);
      limiter.release(atOnce(limiter, "read"));
      atOnce(limiter, "read");
    });
  }
});

Deno.test("Limiter goes on when the system's clock goes back or leaps during a wait", async () => {
  for (const jump of [-3_600_000, -10_000, 3_600_000]) {
    await inVirtualTime(async (world) => {
      const limiter = new Limiter();
      await send(limiter, "create", answer(429, {}, 2000));
      await send(limiter, "read", left(1));
      await send(limiter, "read", left(0));
      const turns = [limiter.acquire("create"), limiter.acquire("read"), limiter.acquire("read")];
      const before = Date.now();
      world.setDate(jump);
      assertEquals(Date.now(), before + jump);
      for (const turn of turns) limiter.release(await turn);
      for (let i = 0; i < 5; i++) await send(limiter, "create", answer(200));
      assert(world.elapsed <= 3000, `${jump}: ${world.elapsed}`);
    });
  }
});

Deno.test("Limiter ends no wait by a timer or a promise of another request where those are isolated", async () => {
  await inVirtualTime(async (world) => {
    const { setTimeout } = globalThis;
    const limiter = new Limiter({}, true);
    let request = "";
    let dead = "";
    // As on Workers: the timers of a request end with it.
    const own = (callback: () => void, ms?: number): ReturnType<typeof setTimeout> => {
      const owner = request;
      return setTimeout(() => owner !== dead && inRequest(owner, callback), ms);
    };
    const inRequest = (name: string, work: () => void): void => {
      const before = request;
      request = name;
      work();
      request = before;
    };
    globalThis.setTimeout = own as typeof setTimeout;
    await send(limiter, "create", answer(429, {}, 1000));
    const done: string[] = [];
    for (const name of ["a", "b", "c"]) {
      inRequest(name, () => {
        void Promise.resolve(limiter.acquire("create")).then((turn) => {
          done.push(name);
          limiter.observe(turn, answer(200));
          limiter.release(turn);
        });
      });
    }
    dead = "a";
    await world.sleep(2000);
    assertEquals(done, ["b", "c"]);
  });
});

Deno.test("Limiter takes back a place that nobody gave back for minutes", async () => {
  await inVirtualTime(async (world) => {
    const limiter = new Limiter({ concurrency: 1 });
    atOnce(limiter, "read");
    const deadline = performance.now() + 1000;
    await assertRejects(async () => await limiter.acquire("create", { deadline }), TimeoutError);
    await world.sleep(11 * 60_000);
    atOnce(limiter, "read");
  });
});

Deno.test("Limiter does not wait for a reset that is minutes away, or that is a date", async () => {
  for (const reset of ["301", "86400", "1767322000", "9".repeat(400)]) {
    await inVirtualTime(async (world) => {
      const limiter = new Limiter();
      const headers = { "ratelimit-remaining": "0", "ratelimit-reset": reset };
      await send(limiter, "read", answer(200, headers));
      await limiter.acquire("read");
      assertEquals(world.elapsed, 1000);
    });
  }
});

Deno.test("Limiter refuses options that cannot be meant", () => {
  for (const concurrency of [0, -1, 1.5, NaN, Infinity]) {
    assertThrows(
      () => new Limiter({ concurrency }),
      RangeError,
      `Cannot use ${concurrency} as limiter.concurrency: give a whole number from 1 up`,
    );
  }
  for (const reserve of [-0.1, 1, 2, NaN]) {
    assertThrows(
      () => new Limiter({ reserve }),
      RangeError,
      `Cannot use ${reserve} as limiter.reserve: give a number from 0 up to, not including, 1`,
    );
  }
});
