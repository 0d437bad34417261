/** `durableRun`: a run as steps of a workflow. */

import { signalOf } from "../base/async.ts";
import { parseRef } from "../base/ref.ts";
import type { OutputOf, Ref } from "../run/ref.ts";
import { activitiesOf, checkClient, type DurableActivities } from "./activities.ts";
import type { DurableClient } from "./client.ts";
import { type DurableStep, engineOf } from "./engine.ts";
import { createOnce, type Flow, follow } from "./flow.ts";
import { type DurableOptions, durablePlan } from "./options.ts";
import type { DurableResult } from "./record.ts";
import { know } from "./search.ts";

/**
 * Runs a model as steps of a workflow. The prediction is created once, whatever the engine retries and
 * wherever the workflow goes on; between two looks at it the engine sleeps, and no process waits.
 *
 * An attempt of the step that creates may have done so when it ended without an answer. A prediction of
 * that moment with the same model and input is looked for then, and taken if there is just one. Where that
 * cannot be told, the run fails, as a second one would cost twice.
 *
 * @param step The step functions of the engine, or an adapter of the form {@linkcode StepFunctions}.
 * @param client The client, or the {@linkcode DurableActivities} of a workflow that has none.
 * @param ref `"owner/name"`, `"owner/name:version"`, a version's id, a deployment or a typed model.
 * @param options The input, and the options of the run.
 * @returns The prediction, as JSON without input and logs.
 * @throws {TypeError | RangeError} At once, if a step function is missing or an option cannot be used.
 * @throws {PredictionError} If it failed, was canceled or aborted. The engine does not retry it.
 * @throws {TimeoutError} `deadline`, if the server has not ended it a minute after `timeout`.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { durableRun } from "@x/replicate/durable";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const models = { "acme/painter": { official: true, run: () => "a fig" } };
 * await using fake = new FakeReplicate({ models });
 * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
 * const step = { do: (_: string, work: () => Promise<unknown>) => work(), sleep: async () => {} };
 *
 * const { output } = await durableRun(step, client, "acme/painter", { input: { prompt: "fig" } });
 * assertEquals(output, "a fig");
 * ```
 */
export async function durableRun<R extends Ref>(
  step: DurableStep,
  client: DurableClient | DurableActivities,
  ref: R,
  options: DurableOptions<R>,
): Promise<DurableResult<OutputOf<R>>> {
  const { label } = parseRef(ref);
  const action = `run ${label} durably`;
  const engine = engineOf(step, action);
  const plan = durablePlan(options, label, action);
  if (engine.isSplit && options.retried === undefined) {
    throw new TypeError(
      `Cannot ${action}: give retried, as in ({ step, attempt }) => ... { retried: attempt > 0 }`,
    );
  }
  if (plan.webhook !== undefined && !engine.wait) {
    throw new TypeError(
      `Cannot ${action}: a webhook needs the step function waitForEvent; leave it out, or give that`,
    );
  }
  const signal = signalOf(options.signal);
  signal?.throwIfAborted();
  const steps = stepsOf(client, action);
  const flow: Flow = { engine, steps, ref, label, plan, signal, options };
  const { id, key } = await createOnce(flow);
  // Also where the step has kept it from before, so that no other run takes this one for its own.
  if (steps !== client) know(client as DurableClient, id, key);
  return await follow(flow, id) as DurableResult<OutputOf<R>>;
}

/** First the name that a client has not: on what Temporal gives for activities, there is every name. */
function stepsOf(client: DurableClient | DurableActivities, action: string): DurableActivities {
  const { replicateCreate } = (client ?? {}) as Partial<DurableActivities>;
  if (typeof replicateCreate === "function") return client as DurableActivities;
  checkClient(client as DurableClient, action, "durableRun(step, new Client(), ...)");
  return activitiesOf(client as DurableClient);
}
