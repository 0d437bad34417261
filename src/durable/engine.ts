/** The step functions of an engine, recognized by their names. */

import { can } from "../files/kind.ts";

/**
 * The object that an engine gives a workflow for its steps: `step` of Cloudflare Workflows and Inngest,
 * `ctx` of Restate, the class `DBOS`, or an adapter of the form {@linkcode StepFunctions}.
 */
export type DurableStep =
  & { readonly sleep: (...args: never[]) => unknown }
  & (
    | { readonly do: (...args: never[]) => unknown }
    | { readonly run: (...args: never[]) => unknown }
    | { readonly runStep: (...args: never[]) => unknown }
  );

/**
 * The form of the step functions of Cloudflare Workflows. An object of this form adapts an engine that is
 * not recognized by itself.
 */
export interface StepFunctions {
  /**
   * Runs `work` and keeps its result under `name`. When the workflow comes by again, it gives that result,
   * and does not run `work`. If `work` throws, it is run again.
   */
  do<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** Sleeps, without a process that waits. */
  sleep(name: string, ms: number): Promise<unknown>;
  /**
   * Waits for an event of that type. It ends when the event comes or has come, or when `timeout`
   * milliseconds have passed; an error that says "timeout" counts as the latter.
   */
  waitForEvent?(name: string, event: { type: string; timeout: number }): Promise<unknown>;
}

/** The event that wakes a workflow: see {@linkcode durableEvent}. */
export const INNGEST_EVENT = "replicate/completed";

/**
 * The type of the event that wakes the workflow which waits for a prediction: for `sendEvent` of
 * Cloudflare Workflows, as the topic for `DBOS.send`, or for an adapter of your own.
 *
 * @param id The id of the prediction.
 *
 * @example
 * ```ts
 * import { durableEvent } from "@x/replicate/durable";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(durableEvent("h57pag03m5rmy0czx00v1spt08"), "replicate-h57pag03m5rmy0czx00v1spt08");
 * ```
 */
export function durableEvent(id: string): string {
  return `replicate-${id}`;
}

/** An engine, by what is the same for all. */
export interface Engine {
  /** Runs a step. Some engines tell the work which attempt it is. */
  run<T>(name: string, work: (context?: unknown) => Promise<T>): Promise<T>;
  sleep(name: string, ms: number): Promise<unknown>;
  /** Waits for the event of a prediction, for `ms` milliseconds at most. */
  wait?(name: string, id: string, ms: number): Promise<unknown>;
  /** True if each step is a call of its own, so that nothing in memory tells a first attempt. */
  readonly isSplit?: boolean;
  /** The name of an error that the engine takes as final. */
  readonly finalName?: string;
}

type Named = (name: string, ...rest: unknown[]) => Promise<unknown>;
type Work = () => Promise<unknown>;

/** All the functions that there may be. */
interface Functions {
  do?: Named;
  run?: Named;
  runStep?(work: Work, options: { name: string }): Promise<unknown>;
  sleep(...args: unknown[]): Promise<unknown>;
  waitForEvent?: Named;
  awakeable?: unknown;
  recv?(topic: string, seconds: number): Promise<unknown>;
}

/**
 * The engine that step functions belong to.
 *
 * @throws {TypeError} If there are none; the message says which are missing.
 */
export function engineOf(step: DurableStep, action: string): Engine {
  const given = (step ?? {}) as Functions;
  const kind = (["do", "run", "runStep"] as const).find((it) => can(given, it));
  if (kind === undefined) {
    throw new TypeError(
      `Cannot ${action}: there is no step function; give step of Cloudflare Workflows or Inngest, ` +
        "ctx of Restate, DBOS, or { do, sleep, waitForEvent }",
    );
  }
  if (!can(given, "sleep")) {
    throw new TypeError(
      `Cannot ${action}: there is ${kind}, and no function sleep beside it; give { do, sleep }`,
    );
  }
  // `do` first: the step of Cloudflare is a stub, on which every name is a function.
  if (kind === "do") return stepEngine(given);
  if (kind === "runStep") return dbos(given);
  return can(given, "awakeable") ? restate(given) : inngest(given);
}

function stepEngine(step: Functions): Engine {
  return {
    run: (name, work) => step.do!(name, work) as ReturnType<typeof work>,
    sleep: (name, ms) => step.sleep(name, ms),
    ...can(step, "waitForEvent") && {
      wait: (name, id, timeout) =>
        unlessLate(step.waitForEvent!(name, { type: durableEvent(id), timeout })),
    },
  };
}

function inngest(step: Functions): Engine {
  return {
    run: (name, work) => step.run!(name, () => work()) as ReturnType<typeof work>,
    sleep: (name, ms) => step.sleep(name, ms),
    ...can(step, "waitForEvent") && {
      wait: (name, id, timeout) =>
        step.waitForEvent!(name, {
          event: INNGEST_EVENT,
          if: `async.data.id == ${JSON.stringify(id)}`,
          timeout,
        }),
    },
    isSplit: true,
    finalName: "NonRetriableError",
  };
}

function restate(ctx: Functions): Engine {
  return {
    run: (name, work) => ctx.run!(name, () => work()) as ReturnType<typeof work>,
    sleep: (name, ms) => ctx.sleep(ms, name),
  };
}

function dbos(DBOS: Functions): Engine {
  return {
    run: (name, work) => DBOS.runStep!(() => work(), { name }) as ReturnType<typeof work>,
    sleep: (_, ms) => DBOS.sleep(ms),
    ...can(DBOS, "recv") &&
      { wait: (_, id, ms) => DBOS.recv!(durableEvent(id), Math.ceil(ms / 1000)) },
  };
}

/** An event that did not come in time is no failure: the prediction is read then. */
async function unlessLate(event: Promise<unknown>): Promise<unknown> {
  try {
    return await event;
  } catch (error) {
    const { name, message } = error as Error;
    if (/timed? ?-?out/i.test(`${name} ${message}`)) return undefined;
    throw error;
  }
}
