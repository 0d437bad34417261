/**
 * Runs as steps of a workflow, for Cloudflare Workflows, Inngest, Trigger.dev, Temporal, DBOS, Restate and
 * the like: a prediction is created once whatever the engine retries, and no process waits for it.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { durableRun, type StepFunctions } from "@x/replicate/durable";
 *
 * // As `run` of a WorkflowEntrypoint of Cloudflare calls it.
 * async function paint(step: StepFunctions, prompt: string): Promise<void> {
 *   const client = new Client();
 *   const { output } = await durableRun(step, client, "acme/painter", { input: { prompt } });
 *   console.log(output);
 * }
 * ```
 *
 * @module
 */

export {
  type ActivityOptions,
  type Claim,
  type CreateArgs,
  type DurableActivities,
  durableActivities,
} from "./activities.ts";
export type { DurableClient } from "./client.ts";
export { durableEvent, type DurableStep, type StepFunctions } from "./engine.ts";
export type { DurableOptions } from "./options.ts";
export type { Created, DurableResult, JsonOf, SavedError, Seen } from "./record.ts";
export { durableRun } from "./run.ts";
