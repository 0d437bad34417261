/** One program: a server, a client, its callers, and the rules that have to hold in the end. */

import { Client } from "../../src/client.ts";
import { batch } from "./batches.ts";
import { type Caller, runCall } from "./callers.ts";
import { checkJobs } from "./checks.ts";
import { judgeError } from "./errors.ts";
import type { Fault } from "./faults.ts";
import { webhook } from "./hooks.ts";
import { Model } from "./model.ts";
import type { CallPlan, Program } from "./program.ts";
import { real, sleep } from "./real.ts";
import { TOKEN } from "./gate.ts";
import { handlerOf } from "./routes.ts";
import { serveWire } from "./wire.ts";
import { World } from "./world.ts";

/** A rule that did not hold. */
export interface Violation {
  rule: string;
  detail: string;
  /** The call that showed it, if it was one. */
  call?: number;
}

/** The outcome of a program. */
export interface Outcome {
  violations: Violation[];
  faults: Fault[];
  requests: number;
  jobs: number;
  checks: number;
}

/**
 * The longest that any call may take, in milliseconds. Refusals by chance look like a pace that is kept for
 * up to 30 s: see "every 5th rejected" of `recovery_test.ts`.
 */
const LONGEST = 45_000;
/** The milliseconds in which a caller who leaves is free, on a machine that has other work. */
const FREE = 300;

/** Runs a program. */
export async function simulate(program: Program): Promise<Outcome> {
  const model = new Model(program);
  const handler = handlerOf(model);
  let requests = 0;
  const counted: typeof handler = (...given) => {
    requests++;
    return handler(...given);
  };
  const [api, far] = await Promise.all([serveWire(counted), serveWire(counted)]);
  model.origin = `http://127.0.0.1:${api.port}`;
  model.far = `http://127.0.0.1:${far.port}`;
  const world = new World(program, model);
  const violations: Violation[] = [];
  let checks = 0;
  const check = (ok: boolean, rule: string, detail: () => string, call?: number): void => {
    checks++;
    if (!ok) violations.push({ rule, detail: detail(), ...(call !== undefined && { call }) });
  };
  try {
    const clientOf = (): Client => newClient(model, program);
    const client = clientOf();
    const callers = program.calls.map((plan) =>
      callerOf(
        plan,
        client,
        world,
        (detail) => violations.push({ rule: ruleOf(detail), detail, call: plan.n }),
      )
    );
    await Promise.all(callers.map((caller) => settle(caller, { model, world, clientOf, check })));
    world.calm = true;
    // Whoever comes after all of that is served at once.
    const probe = Promise.all([1, 2, 3].map(() => client.account.get()));
    const served = await Promise.race([probe.then(() => true), sleep(4000)]).catch((e) => e);
    check(served === true, "limiter stuck", () => `a call after the others: ${served}`);
    await checkJobs(model, callers, world.lag, check);
    for (const { rule, detail } of model.offences) check(false, rule, () => detail);
    for (let tries = 0; tries < 100 && (world.timers.length || api.busy() || far.busy()); tries++) {
      await sleep(20);
    }
    check(world.timers.length === 0, "timer left", () => world.timers.join("\n"));
    check(api.busy() + far.busy() === 0, "socket left", () => `${api.busy()} + ${far.busy()}`);
    for (const caller of callers) {
      const count = caller.listeners();
      check(count === 0, "listener left", () => `${count} of its signal`, caller.plan.n);
    }
    for (const error of world.rejections) {
      check(false, "unhandled rejection", () => String((error as Error)?.stack ?? error));
    }
  } finally {
    world.dispose();
    await Promise.all([api.close(), far.close()]);
  }
  return { violations, faults: world.had, requests, jobs: model.jobs.size, checks };
}

function ruleOf(detail: string): string {
  return /^(?:a foreign error|an error shows|an error without)/.exec(detail)?.[0] ?? "wrong result";
}

function newClient(model: Model, { concurrency }: Program): Client {
  return new Client({
    auth: TOKEN,
    baseUrl: `${model.origin}/v1`,
    retry: { maxRetries: 3, minDelay: 2, maxDelay: 20, maxServerWait: 1500 },
    timeout: { connect: 500, request: 900, idle: 400 },
    limiter: { concurrency },
  });
}

/** A caller, as the simulation sees it. */
export interface Watched extends Caller {
  settledAt: number | undefined;
  error: unknown;
  listeners(): number;
}

function callerOf(
  plan: CallPlan,
  client: Client,
  world: World,
  wrong: (detail: string) => void,
): Watched {
  const controller = new AbortController();
  const listeners = listenersOf(controller.signal);
  const caller: Watched = {
    plan,
    client,
    signal: controller.signal,
    leftAt: undefined,
    reason: undefined,
    orphans: false,
    settledAt: undefined,
    error: undefined,
    listeners,
    wrong,
    abort() {
      if (caller.settledAt !== undefined || controller.signal.aborted) return;
      caller.leftAt = performance.now();
      caller.reason = new Error(`caller ${plan.n} leaves`);
      controller.abort(caller.reason);
    },
  };
  const { leave } = plan;
  if (leave?.how === "abort" && leave.op !== undefined) {
    world.onAnswer.set(plan.n, (op, nth) => {
      if (op !== leave.op || nth > 0) return undefined;
      return (text) =>
        void text.catch(() => {}).then(() =>
          afterMicrotasks(leave.micro ?? 0, () => caller.abort())
        );
    });
  }
  return caller;
}

/** Counts the listeners that a signal has: those that were added from now on, and not removed since. */
function listenersOf(signal: AbortSignal): () => number {
  const own = new Set<unknown>();
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...given: Parameters<typeof addEventListener>) => {
    own.add(given[1]);
    addEventListener.apply(signal, given);
  };
  signal.removeEventListener = (...given: Parameters<typeof removeEventListener>) => {
    own.delete(given[1]);
    removeEventListener.apply(signal, given);
  };
  // Those of a signal that has aborted are gone with that.
  return () => signal.aborted ? 0 : own.size;
}

function afterMicrotasks(count: number, work: () => void): void {
  if (count <= 0) return work();
  queueMicrotask(() => afterMicrotasks(count - 1, work));
}

interface Scene {
  model: Model;
  world: World;
  clientOf: () => Client;
  check: (ok: boolean, rule: string, detail: () => string, call?: number) => void;
}

/** Makes a call, waits for its end, and judges it. */
async function settle(caller: Watched, { model, world, clientOf, check }: Scene): Promise<void> {
  const { plan } = caller;
  const { n, leave } = plan;
  await sleep(plan.at);
  const begun = performance.now();
  if (leave?.how === "pre-aborted") caller.abort();
  // The request on whose answer it was to leave may never be sent.
  if (leave?.how === "abort") real.setTimeout(() => caller.abort(), leave.op ? 700 : leave.ms);
  const work = plan.kind === "batch"
    ? batch(caller, world, clientOf)
    : plan.kind === "webhook"
    ? webhook(caller, model)
    : runCall(caller);
  const settled = work.then(() => ({ ok: true }), (error: unknown) => ({ ok: false, error }));
  const outcome = await Promise.race([settled, sleep(LONGEST).then(() => sleep(3 * world.lag))]);
  caller.settledAt = performance.now();
  check(
    outcome !== undefined,
    "never settled",
    () =>
      `${plan.kind} for ${LONGEST} ms; ${world.timers.length} timers; open: ${[
        ...world.open,
      ]}`,
    n,
  );
  if (!outcome) return;
  if ("error" in outcome) {
    caller.error = outcome.error;
    judgeError(caller, outcome.error);
  }
  const late = caller.settledAt - (caller.leftAt ?? Infinity);
  if (leave?.how === "abort" && caller.leftAt !== undefined) {
    check(
      late < FREE + world.lag,
      "left late",
      () =>
        `${plan.kind} ${Math.round(late)} ms after the abort (lag ${
          Math.round(world.lag)
        }), with ${caller.error}`,
      n,
    );
    check(
      outcome.ok || caller.error === caller.reason || late < 5,
      "other reason",
      () => `${caller.error} after the abort`,
      n,
    );
  }
  // The time of a wait begins after its create.
  if (leave?.how === "deadline" && plan.kind !== "wait") {
    const over = caller.settledAt - begun - leave.ms;
    check(
      over < 900 + world.lag,
      "past its deadline",
      () =>
        `by ${Math.round(over)} ms (lag ${Math.round(world.lag)}): ${
          outcome.ok ? "a result" : caller.error
        }`,
      n,
    );
  }
  if (leave?.how === "pre-aborted") {
    const sent = world.requests.get(n)?.length ?? 0;
    check(sent === 0, "sent though aborted", () => `${sent} requests`, n);
  }
}
