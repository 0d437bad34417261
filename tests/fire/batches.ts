/** Callers with many inputs, whose process is killed and started again. */

import type { Client } from "../../src/client.ts";
import type { BatchStore } from "../../src/batch/types.ts";
import {
  type Caller,
  CallersError,
  dawdle,
  inputOf,
  isTime,
  judge,
  leaveBy,
  optionsOf,
  refOf,
} from "./callers.ts";
import { judgeError } from "./errors.ts";
import { real, sleep } from "./real.ts";
import { Life, lifeOf, type World } from "./world.ts";

/** A store that outlives a process: what a dead one writes does not arrive. */
function storeOf(values: Map<string, string>, life: Life): BatchStore {
  const alive = async <T>(work: () => T): Promise<T> => {
    await sleep(1);
    if (life.dead) return await new Promise(() => {});
    return work();
  };
  return {
    get: (key) =>
      alive(() => {
        const text = values.get(key);
        return text === undefined ? undefined : JSON.parse(text);
      }),
    set: (key, value) => alive(() => void values.set(key, JSON.stringify(value))),
    delete: (key) => alive(() => void values.delete(key)),
  };
}

/** Runs a batch over all of its lives. */
export async function batch(
  caller: Caller,
  world: World,
  clientOf: () => Client,
): Promise<void> {
  const { plan } = caller;
  const values = new Map<string, string>();
  for (const ms of plan.kills) {
    const life = new Life();
    const timer = real.setTimeout(() => life.kill(), ms);
    // A process that is killed aborts nothing.
    const { signal } = new AbortController();
    const ended = lifeOf.run(
      life,
      () => oneLife(caller, storeOf(values, life), { client: clientOf(), signal, came: () => {} }),
    ).catch(() => {});
    await Promise.race([ended, sleep(ms + 5)]);
    real.clearTimeout(timer);
    life.kill();
    // What it has sent last arrives before the list is read: see `shortened`.
    await sleep(60 + world.lag);
  }
  const seen = new Set<number>();
  const client = plan.kills.length > 0 ? clientOf() : caller.client;
  const hasStore = plan.kills.length > 0 || plan.vary % 2 === 0;
  const store = hasStore ? storeOf(values, new Life()) : undefined;
  const came = (index: number): void => {
    if (seen.has(index)) caller.wrong(`input ${index} came twice`);
    seen.add(index);
  };
  const begun = performance.now();
  try {
    await oneLife(caller, store, { client, signal: caller.signal, came });
  } finally {
    // On a machine that stood still, a caller leaves before this life has found what the others began.
    caller.orphans = plan.kills.length > 0 && (caller.leftAt ?? Infinity) < begun + world.lag;
  }
  if (caller.leftAt === undefined && seen.size !== plan.inputs) {
    caller.wrong(`${seen.size} of ${plan.inputs} inputs came`);
  }
}

/** Runs the batch once, and judges each result. */
async function oneLife(
  caller: Caller,
  store: BatchStore | undefined,
  { client, signal, came }: {
    client: Client;
    signal: AbortSignal;
    came: (index: number) => void;
  },
): Promise<void> {
  const { plan } = caller;
  let items = 0;
  // The last one is equal to the first one: each is run, all the same.
  const inputs = Array.from(
    { length: plan.inputs },
    (_, n) => inputOf(caller, n === plan.inputs - 1 ? 0 : n),
  );
  const results = client.batch(refOf(caller), inputs, {
    headers: optionsOf(caller).headers,
    signal,
    interval: 10,
    concurrency: 1 + plan.vary % 5,
    ordered: plan.vary % 7 === 0,
    ...(store && { store }),
  });
  for await (const result of results) {
    came(result.index);
    if (result.status === "fulfilled") judge(caller, result.value);
    else judgeError(caller, result.reason);
    if (isTime(caller, ++items, "break")) return void (caller.leftAt = performance.now());
    if (isTime(caller, items, "throw")) leaveBy(caller, new CallersError("enough"));
    await dawdle(caller);
  }
}
