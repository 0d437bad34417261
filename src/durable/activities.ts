/** The steps of a durable run as functions from JSON to JSON. */

import { checkKeys } from "../base/check.ts";
import type { Ref } from "../base/ref.ts";
import { ReplicateError } from "../errors.ts";
import type { CheckOptions } from "../resources/checked_input.ts";
import type { WebhookEvent } from "../resources/create_job.ts";
import { can } from "../files/kind.ts";
import { fateOf } from "../http/retry.ts";
import type { DurableClient } from "./client.ts";
import { type Created, savedError, type Seen, seenOf } from "./record.ts";
import { findCreate, know } from "./search.ts";

/** The result of the step before the one that creates. */
export interface Claim {
  /** The moment, in milliseconds since 1970 by the server's clock. */
  at: number;
  /** The key of the run, which tells it from others of the same model and input. */
  key: string;
}

/** The arguments of the step that creates. */
export interface CreateArgs extends Claim {
  /** The model. */
  ref: Ref;
  /** The input, which is JSON. */
  input: object;
  /** The URL that Replicate calls at the end. */
  webhook?: string | undefined;
  /** The time after which the server cancels the prediction, in milliseconds. */
  cancelAfter?: number | undefined;
  /** The check of the input by the model's schema. */
  validate?: CheckOptions["validate"];
  /** The reaction to a create that may have been accepted. */
  onLostCreate: "adopt" | "throw";
  /** True if an earlier attempt may have created the prediction. */
  retried: boolean;
}

/**
 * The steps of a durable run, for engines whose steps are functions with a name, such as the activities of
 * Temporal: see {@linkcode durableActivities}.
 */
export interface DurableActivities {
  /** Notes the moment before the create, and makes a key for the run. */
  replicateClaim(): Promise<Claim>;
  /** Creates the prediction, once. */
  replicateCreate(args: CreateArgs): Promise<Created>;
  /** Reads the prediction. */
  replicateRead(args: { id: string }): Promise<Seen>;
  /** Cancels the prediction. */
  replicateCancel(args: { id: string }): Promise<{ status: string }>;
}

/** The options of {@linkcode durableActivities}. */
export interface ActivityOptions {
  /** Tells whether the engine runs the activity again, such as `() => Context.current().info.attempt > 1`. */
  retried: () => boolean;
}

/**
 * The steps of durable runs as functions from JSON to JSON, to register where an engine wants that.
 * {@linkcode durableRun} takes what the engine gives the workflow for them in place of a client.
 *
 * @param client The client that sends the requests.
 * @throws {TypeError} If it is no client, or an option cannot be used.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { durableActivities } from "@x/replicate/durable";
 * import { assertEquals } from "@std/assert";
 *
 * let attempt = 1; // with Temporal: Context.current().info.attempt
 * const activities = durableActivities(new Client("r8_..."), { retried: () => attempt > 1 });
 * assertEquals(typeof activities.replicateCreate, "function");
 * ```
 */
export function durableActivities(
  client: DurableClient,
  options: ActivityOptions,
): DurableActivities {
  checkClient(client, "make activities", "durableActivities(new Client(), { retried })");
  checkKeys(options, ["retried"], "make activities");
  if (typeof options?.retried !== "function") {
    throw new TypeError(
      "Cannot make activities: give retried, as in { retried: () => Context.current().info.attempt > 1 }",
    );
  }
  return activitiesOf(client, options.retried);
}

/** The same, for a caller that knows itself what is run again. */
export function activitiesOf(client: DurableClient, retried?: () => boolean): DurableActivities {
  return {
    replicateClaim: () => claim(client),
    replicateCreate: (args) => create(client, { ...args, retried: retried?.() ?? args.retried }),
    replicateRead: ({ id }) => read(client, id),
    replicateCancel: async ({ id }) => {
      const job = await client.resume(id);
      return { status: (await job.cancel()).status };
    },
  };
}

/**
 * Checks a client.
 *
 * @throws {TypeError} If it is none; the message has the way to call it.
 */
export function checkClient(client: DurableClient, action: string, usage: string): void {
  if (client && can(client, "start") && can(client, "resume")) return;
  throw new TypeError(`Cannot ${action}: give a client, as in ${usage}`);
}

/** The only event that wakes a workflow. */
const COMPLETED: WebhookEvent[] = ["completed"];

/** The moment by the server's clock: that of the machine may differ from that of the next one. */
async function claim(client: DurableClient): Promise<Claim> {
  const response = await client.request("/account");
  await response.body?.cancel();
  const at = Date.parse(response.headers.get("date") ?? "");
  return { at: Number.isNaN(at) ? Date.now() : at, key: crypto.randomUUID() };
}

async function create(client: DurableClient, args: CreateArgs): Promise<Created> {
  const { ref, onLostCreate, retried, at: _, key, ...options } = args;
  const own = (id: string): Created => {
    know(client, id, key);
    return { id };
  };
  if (retried) {
    const found = onLostCreate === "throw" ? "unclear" : await findCreate(client, args);
    if (found === "unclear") return { error: savedError(unclear()) };
    if (found !== "none") return own(found.id);
  }
  try {
    const webhook_events_filter = options.webhook === undefined ? undefined : COMPLETED;
    const job = await client.start(ref, { ...options, onLostCreate, webhook_events_filter });
    return own(job.detach().id);
  } catch (error) {
    // A throw is for the engine, which runs the step again: nothing was created.
    if (isTransient(error)) throw error;
    return { error: savedError(error) };
  }
}

/** True if nothing was created, and another attempt may end well. */
function isTransient(error: unknown): boolean {
  const fate = fateOf(error);
  return fate === "not accepted" ||
    (fate === "unknown" && (error as { method?: string }).method === "GET");
}

function unclear(): ReplicateError {
  return new ReplicateError(
    "Cannot create the prediction: an earlier attempt may have created it, and which one that is " +
      "cannot be told; see client.predictions.list()",
  );
}

async function read(client: DurableClient, id: string): Promise<Seen> {
  try {
    return await seenOf(await client.resume(id));
  } catch (error) {
    if (fateOf(error) === "refused") return { error: savedError(error) };
    throw error;
  }
}
