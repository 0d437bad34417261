/** The way of a durable run through its steps: create, sleep, read. */

import { unlessAborted } from "../base/async.ts";
import { defined, isRecord } from "../base/record.ts";
import type { Ref } from "../base/ref.ts";
import { TimeoutError } from "../errors.ts";
import type { Claim, DurableActivities } from "./activities.ts";
import type { Engine } from "./engine.ts";
import type { DurableOptions, DurablePlan } from "./options.ts";
import { type Created, type DurableResult, errorOf, failureOf } from "./record.ts";
import { nextSleep } from "./waits.ts";

/** Everything that the steps of a run need. */
export interface Flow {
  readonly engine: Engine;
  readonly steps: DurableActivities;
  readonly ref: Ref;
  readonly label: string;
  readonly plan: DurablePlan;
  readonly signal: AbortSignal | undefined;
  readonly options: Pick<DurableOptions, "retried" | "nonRetryable" | "validate">;
}

/** The time after which a server that has not canceled in time is helped, in milliseconds. */
const GRACE = 60_000;

/** Creates the prediction, unless it exists, and gives its id with the key of the run. */
export async function createOnce(flow: Flow): Promise<{ id: string; key: string }> {
  const { engine, steps, plan, options } = flow;
  let wasClaimedHere = false;
  const claim = await engine.run(`${plan.name} claim`, () => {
    wasClaimedHere = true;
    return steps.replicateClaim();
  });
  // True if an attempt before may have created it; not known before the first call.
  let doubt: boolean | undefined;
  const create = async (context: unknown): Promise<Created> => {
    // Nothing can have been created before the claim, and between that and the first call.
    const isFirst = (wasClaimedHere || options.retried === false) && attemptOf(context) <= 1;
    const retried = doubt ?? !isFirst;
    doubt = true;
    try {
      return await steps.replicateCreate({ ...argsOf(flow), ...claim, retried });
    } catch (error) {
      // It throws where nothing was created only.
      doubt = retried;
      throw error;
    }
  };
  let pending: Promise<Created> | undefined;
  const created = await engine.run(
    `${plan.name} create`,
    // An engine that lost patience calls again while the first call is still under way.
    (context) => pending ??= create(context).finally(() => pending = undefined),
  );
  if ("error" in created) throw finalError(flow, errorOf(created.error));
  return { id: created.id, key: claim.key };
}

/** Some engines, such as Cloudflare, tell the work of a step which attempt it is, from 1. */
function attemptOf(context: unknown): number {
  return isRecord(context) && typeof context.attempt === "number" ? context.attempt : 1;
}

type Args = Parameters<DurableActivities["replicateCreate"]>[0];

/** The arguments of the create, without fields that are `undefined`: they may have to be JSON. */
function argsOf(
  { ref, plan, options: { validate } }: Flow,
): Omit<Args, keyof Claim | "retried"> {
  const { input, webhook, timeout: cancelAfter, onLostCreate } = plan;
  const args = { ref, input, onLostCreate, webhook, cancelAfter, validate };
  return defined(args) as typeof args;
}

/** Looks at the prediction until it has ended, and gives the end. */
export async function follow(flow: Flow, id: string): Promise<DurableResult> {
  const { engine, steps, label, plan: { name, timeout = Infinity } } = flow;
  let slept = 0;
  for (let look = 1;; look++) {
    const ms = nextSleep(flow.plan, slept);
    await pause(flow, id, look, ms);
    slept += ms;
    const seen = await engine.run(
      `${name} ${id} read ${look}`,
      () => steps.replicateRead({ id }),
    );
    if ("ended" in seen) return seen.ended;
    if ("failed" in seen) throw finalError(flow, failureOf(seen, label));
    if ("error" in seen) throw finalError(flow, errorOf(seen.error));
    if (slept > timeout + GRACE) {
      await cancel(flow, id);
      const message =
        `Cannot run ${label}: prediction ${id} did not end within ${timeout} ms (timeout)`;
      throw finalError(flow, new TimeoutError(message, { phase: "deadline", id }));
    }
  }
}

/** Sleeps or waits for the event, by the engine's own means. */
async function pause(flow: Flow, id: string, look: number, ms: number): Promise<void> {
  const { engine, plan: { name, webhook }, signal } = flow;
  const step = `${name} ${id} wait ${look}`;
  try {
    signal?.throwIfAborted();
    await unlessAborted(
      webhook === undefined ? engine.sleep(step, ms) : engine.wait!(step, id, ms),
      signal,
    );
  } catch (error) {
    // Engines that cancel a workflow while it sleeps tell it by an error, under several names.
    const isCancel = signal?.aborted || /cancel/i.test(String((error as Error)?.name));
    if (isCancel) await cancel(flow, id).catch(() => {});
    throw error;
  }
}

async function cancel({ engine, steps, plan: { name } }: Flow, id: string): Promise<void> {
  await engine.run(`${name} ${id} cancel`, () => steps.replicateCancel({ id }));
}

/** The error in the form that the engine does not retry. */
function finalError({ engine, options }: Flow, error: Error): unknown {
  if (options.nonRetryable) return options.nonRetryable(error);
  if (engine.finalName !== undefined) error.name = engine.finalName;
  return error;
}
