/** The check of a plan's input by the schema of its model, and what the plan learns from that. */

import type { ModelCheck } from "../base/model_check.ts";
import { checkedInput, validationOf } from "../resources/checked_input.ts";
import type { RunContext } from "./create.ts";
import type { RunPlan } from "./plan.ts";

/**
 * The plan with its input as it is sent, if the schema of its model is known or asked for.
 *
 * @throws {InputError} If the input does not fit, and the check is strict.
 */
export async function checkPlan(context: RunContext, plan: RunPlan): Promise<RunPlan> {
  const { job } = plan;
  const check = plan.check ?? await findCheck(context, plan);
  if (!check) return plan;
  const input = checkedInput(context.send, check, job.action, job.body.input, plan);
  const redact = check.redactor(input);
  return { ...plan, check, redact, job: { ...job, body: { ...job.body, input } } };
}

/** The check of a model that is named by text, if the client can find it. */
async function findCheck(
  { send, versions }: RunContext,
  plan: RunPlan,
): Promise<ModelCheck | undefined> {
  const { ref, job, coerce } = plan;
  const action = `check the input for ${ref.label}`;
  const mode = validationOf(send, plan);
  const { schemaCheck, onWarning } = send.options ?? {};
  if (mode === "off" || (mode === undefined && !schemaCheck)) return undefined;
  if (!schemaCheck) {
    throw new TypeError(
      `Cannot ${action}: use a typed model, or give the client schemaCheck of "@x/replicate/schema"`,
    );
  }
  // Shared by all who wait for it: the signal of one of them does not end it.
  const { signal: _, ...options } = job.request;
  const get = (path: string): Promise<unknown> => send({ method: "GET", path, action, options });
  const { input } = job.body;
  const answer = await schemaCheck({ ref, get, owner: versions, input, coerce });
  // No input is checked by one version, and run by another.
  if (answer.version) versions.learn(ref.label, answer.version);
  if (!answer.check) onWarning?.(`Cannot ${action}: the model has no schema`);
  return answer.check;
}
