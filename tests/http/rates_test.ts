/** How well the limiter learns the pace of servers that differ, in virtual time. */

import { assert, assertEquals } from "@std/assert";
import { TimeoutError } from "../../src/errors.ts";
import type { Turn } from "../../src/http/types.ts";
import { Limiter } from "../../src/http/limiter.ts";
import type { Bucket } from "../../src/http/options.ts";
import type { Answer } from "../../src/http/types.ts";
import {
  call,
  inVirtualTime,
  random,
  Server,
  type ServerOptions,
  type World,
} from "./limiter_world.ts";

interface Outcome {
  refused: number;
  /** By how much the last one was later than possible; 0.05 is 5 %. */
  over: number;
  requests: number;
  took: number;
  mostPerCall: number;
  mostTimers: number;
}

/** So many calls at the same time. */
function createMany(count: number, options: ServerOptions): Promise<Outcome> {
  return inVirtualTime(async (world) => {
    const server = new Server(world, options);
    const limiter = new Limiter();
    const calls = Array.from({ length: count }, () => call(world, limiter, () => server.fetch()));
    const tries = await Promise.all(calls);
    assertEquals(world.timers, 0);
    return {
      refused: server.refused,
      over: server.last / server.ideal(count) - 1,
      requests: server.admitted + server.refused,
      took: server.last,
      mostPerCall: Math.max(...tries),
      mostTimers: world.mostTimers,
    };
  });
}

const LATENCIES: Record<string, (seed: number) => () => number> = {
  "no latency": () => () => 0,
  "50 ms": () => () => 50,
  "200 ms": () => () => 200,
  "50 to 150 ms in any order": (seed) => {
    const next = random(seed);
    return () => 50 + 100 * next();
  },
};

/** Count, server, the most refusals, and by how much it may take longer. */
const RATES: [string, number, ServerOptions, number, number][] = [];

for (const headers of ["live", "exact"] as const) {
  for (const burst of [600, 60, 10]) {
    const server = { perMinute: 600, burst, headers };
    RATES.push([`600 a minute, burst ${burst}, ${headers} headers`, 1000, server, 0, 0.05]);
  }
  const server = { perMinute: 6, burst: 1, headers };
  RATES.push([
    `6 a minute, burst 1, ${headers} headers`,
    30,
    server,
    headers === "live" ? 1 : 0,
    0.05,
  ]);
}

// Without headers, what overran the limit at first is sent again: up to 16 that were under way.
RATES.push(["600 a minute, burst 600, no headers", 1000, { perMinute: 600, burst: 600 }, 30, 0.05]);

RATES.push(["600 a minute, burst 60, no headers", 1000, { perMinute: 600, burst: 60 }, 30, 0.05]);

RATES.push(["600 a minute, burst 10, no headers", 1000, { perMinute: 600, burst: 10 }, 30, 0.15]);

RATES.push(["6 a minute, burst 1, no headers", 30, { perMinute: 6, burst: 1 }, 2, 0.05]);

for (const [name, count, server, refused, over] of RATES) {
  Deno.test(`Limiter lets ${count} creates through at the server's pace: ${name}`, async () => {
    for (const [kind, latency] of Object.entries(LATENCIES)) {
      const result = await createMany(count, { ...server, latency: latency(1) });
      const shown = `${kind}: ${JSON.stringify(result)}`;
      assert(result.refused <= refused, shown);
      assert(result.over <= over, shown);
      assert(result.mostPerCall <= 3, shown);
      assert(result.mostTimers <= 1, shown);
    }
  });
}

Deno.test("Limiter lets 1,000 creates through 6 a minute with a single refusal", async () => {
  const server = { perMinute: 6, burst: 1, headers: "live", latency: () => 100 } as const;
  const { refused, over } = await createMany(1000, server);
  assertEquals(refused, 1);
  assert(over < 0.05, String(over));
});

Deno.test("Limiter gets 20 creates through a server of one per 200 ms that says Retry-After: 1", async () => {
  for (const latency of [0, 50, 200, 800]) {
    const server = { perMinute: 300, burst: 1, retryAfter: 1, latency: () => latency };
    const { requests, took, mostPerCall } = await createMany(20, server);
    const shown = JSON.stringify({ latency, requests, took, mostPerCall });
    // A refusal that takes longer than a silence comes too late for those that went meanwhile.
    const most = latency > 300 ? 40 : 30;
    assert(requests < most && took < 15_000 && mostPerCall <= 3, shown);
  }
});

Deno.test("Limiter copes with servers that say how long to wait neither in seconds nor at all", async () => {
  for (const retryAfter of [null, 0]) {
    for (const perMinute of [300, 6]) {
      const server = { perMinute, burst: 1, retryAfter, latency: () => 100 };
      const result = await createMany(20, server);
      assert(result.mostPerCall <= 4 && result.over < 1.5, JSON.stringify(result));
    }
  }
});

Deno.test("Limiter does not go by headers that are about another limit", async () => {
  const server = {
    perMinute: 6,
    burst: 1,
    headers: "live",
    claims: 599,
    latency: () => 100,
  } as const;
  const result = await createMany(30, server);
  assert(result.refused <= 2 && result.over < 0.05, JSON.stringify(result));
});

Deno.test("Limiter starts requests that are held open without waiting for the first to end", async () => {
  const latency = (): number => 100;
  const fast = { perMinute: 600, burst: 600, headers: "live", hold: 60_000, latency } as const;
  assert((await createMany(20, fast)).took < 3000);
  const slow = { ...fast, perMinute: 6, burst: 1, hold: 8000 };
  const result = await createMany(20, slow);
  assert(result.refused <= 2 && result.over < 0.05, JSON.stringify(result));
});

Deno.test("Limiter keeps the pace of a tight limit while answers are held", async () => {
  const tight = { perMinute: 600, burst: 10, headers: "live", latency: () => 100 } as const;
  for (
    const [count, hold, over] of [[150, 1000, 0.2], [150, 500, 0.2], [1000, 1000, 0.03]] as const
  ) {
    const result = await createMany(count, { ...tight, hold });
    const shown = `${count} held for ${hold} ms: ${JSON.stringify(result)}`;
    assert(result.refused === 0 && result.over < over, shown);
  }
});

Deno.test("Limiter keeps a pace that it has learned when answers come to be held", async () => {
  for (const hold of [500, 1000, 2000, 10_000]) {
    await inVirtualTime(async (world) => {
      const options: ServerOptions = {
        perMinute: 600,
        burst: 10,
        headers: "live",
        latency: () => 100,
      };
      const server = new Server(world, options);
      const limiter = new Limiter();
      const many = (count: number): Promise<number[]> => {
        const one = (): Promise<number> => call(world, limiter, () => server.fetch());
        return Promise.all(Array.from({ length: count }, one));
      };
      await many(30);
      options.hold = hold;
      const start = world.elapsed;
      await many(100);
      const shown = `held for ${hold} ms: ${server.last - start}, ${server.refused} refused`;
      assert(server.refused === 0 && server.last - start < 13_000, shown);
    });
  }
});

Deno.test("Limiter keeps the pace of a server that lets in one at a time, on a slow way too", async () => {
  for (const [perMinute, most] of [[60, 90_000], [600, 90_000]] as const) {
    await inVirtualTime(async (world) => {
      const next = random(1);
      const latency = (): number => 200 + 400 * next();
      const server = new Server(world, { perMinute, burst: 1, headers: "live", latency });
      const limiter = new Limiter();
      for (let i = 0; i < 60; i++) await call(world, limiter, () => server.fetch());
      const shown = `${perMinute} a minute: ${server.last}, ${server.refused} refused`;
      assert(server.refused === 0 && server.last < most, shown);
    });
  }
});

Deno.test("Limiter goes by the headers on a slow way too, after a refusal came first", async () => {
  for (const [latency, over] of [[400, 0.1], [800, 0.15]] as const) {
    await inVirtualTime(async (world) => {
      const server = new Server(world, {
        perMinute: 600,
        burst: 60,
        headers: "live",
        latency: () => latency,
      });
      const limiter = new Limiter();
      let isFirst = true;
      const fetch = async (): Promise<Answer> => {
        if (!isFirst) return await server.fetch();
        isFirst = false;
        await world.sleep(latency);
        return { status: 429, headers: new Headers(), retryAfter: 1000 };
      };
      await Promise.all(Array.from({ length: 300 }, () => call(world, limiter, fetch)));
      const shown = `${latency} ms: ${server.last}, ${server.refused} refused`;
      assert(server.refused === 0 && server.last < server.ideal(300) * (1 + over), shown);
    });
  }
});

Deno.test("Limiter remembers the headers' budget over a pause, and forgets a pace", async () => {
  for (const [headers, most] of [["live", 0], [undefined, 50]] as const) {
    await inVirtualTime(async (world) => {
      const server = new Server(world, {
        perMinute: 600,
        burst: 600,
        latency: () => 100,
        ...(headers && { headers }),
      });
      const limiter = new Limiter();
      for (const count of [800, 700]) {
        await world.sleep(120_000);
        const start = world.elapsed;
        const one = (): Promise<number> => call(world, limiter, () => server.fetch());
        await Promise.all(Array.from({ length: count }, one));
        assert(
          world.elapsed - start < server.ideal(count) * 1.05 + 1500,
          `${count}: ${world.elapsed}`,
        );
      }
      assert(server.refused <= most, String(server.refused));
    });
  }
});

Deno.test("Limiter does not take a time without requests for a slow server", async () => {
  await inVirtualTime(async (world) => {
    const server = new Server(world, { perMinute: 600, burst: 60, latency: () => 100 });
    const limiter = new Limiter();
    const one = (): Promise<number> => call(world, limiter, () => server.fetch());
    await Promise.all(Array.from({ length: 300 }, one));
    await world.sleep(50_000);
    const start = world.elapsed;
    await Promise.all(Array.from({ length: 600 }, one));
    assert(world.elapsed - start < 65_000, String(world.elapsed - start));
  });
});

Deno.test("Limiter leaves the reserve of the budget for others", async () => {
  await inVirtualTime(async (world) => {
    const server = new Server(world, {
      perMinute: 600,
      burst: 600,
      headers: "live",
      latency: () => 50,
    });
    const limiter = new Limiter({ reserve: 0.25 });
    let least = Infinity;
    const fetch = async (): Promise<Answer> => {
      const got = await server.fetch();
      least = Math.min(least, Number(got.headers.get("ratelimit-remaining")));
      return got;
    };
    await Promise.all(Array.from({ length: 550 }, () => call(world, limiter, fetch)));
    assert(least >= 145 && least <= 160, String(least));
    assert(server.last >= 9000 && server.last <= 10_500, String(server.last));
  });
});

/** Everything at once, at random: servers, aborts, deadlines, lost answers, and odd headers. */
async function chaos(world: World, seed: number): Promise<void> {
  const next = random(seed);
  const pick = <T>(values: T[]): T => values[Math.floor(next() * values.length)] as T;
  const concurrency = pick([undefined, 1, 3]);
  const isolated = next() < 0.3;
  const limiter = new Limiter({
    reserve: pick([0, 0.2, 0.9]),
    ...(concurrency !== undefined && { concurrency }),
    onThrottle: () => {
      if (next() < 0.05) throw new Error("a bug of the caller");
    },
  }, isolated);
  const latency = (): number => next() * pick([10, 300, 2000]);
  const server = (): Server =>
    new Server(world, {
      perMinute: pick([60, 600, 3000]),
      burst: pick([1, 10, 600]),
      latency,
      retryAfter: pick([null, 0, 1, 2]),
      ...(next() < 0.6 && { headers: pick<"live" | "exact">(["live", "exact"]) }),
      ...(next() < 0.2 && { claims: pick([0, 3, 1000]) }),
    });
  const servers = { create: server(), read: server() };
  const one = async (): Promise<void> => {
    await world.sleep(next() * pick([1, 10_000, 200_000]));
    if (next() < 0.1) world.setDate(pick([-3_600_000, -10_000, 10_000, 3_600_000]));
    const bucket = pick<Bucket>(["create", "read"]);
    const controller = new AbortController();
    if (next() < 0.2) void world.sleep(next() * 5000).then(() => controller.abort());
    const deadline = next() < 0.2 ? performance.now() + next() * 5000 : undefined;
    let turn: Turn;
    try {
      const spare = pick([0, 1, 2, 3]);
      turn = await limiter.acquire(bucket, { signal: controller.signal, deadline, spare });
    } catch (error) {
      const isOurs = controller.signal.aborted || error instanceof TimeoutError;
      assert(isOurs || String(error).includes("a bug of the caller"), String(error));
      return;
    }
    const got = await servers[bucket].fetch();
    if (next() < 0.9) limiter.observe(turn, got);
    limiter.release(turn);
  };
  await Promise.all(Array.from({ length: 150 }, one));
  assertEquals(world.timers, 0);
  assert(isolated || world.mostTimers <= 2);
}

Deno.test("Limiter serves every caller in the end, whatever the server does", async () => {
  for (let seed = 1; seed <= 60; seed++) {
    await inVirtualTime((world) => chaos(world, seed)).catch((cause) => {
      throw new Error(`seed ${seed}: ${cause.message}`, { cause });
    });
  }
});
