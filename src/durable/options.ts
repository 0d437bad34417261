/** The options of durable runs. */

import { checkKeys, choice } from "../base/check.ts";
import { type Duration, toMs } from "../base/duration.ts";
import { excerpt, parsedUrl, shown } from "../base/text.ts";
import { jsonOf } from "../files/json_copy.ts";
import type { CheckOptions } from "../resources/checked_input.ts";
import { canonical } from "../run/likeness.ts";
import type { InputOf, Ref } from "../run/ref.ts";

/** The options of {@linkcode durableRun}. */
export interface DurableOptions<R extends Ref = Ref> {
  /** The model's input, which is JSON: a file is given as its URL. */
  input: InputOf<R>;
  /**
   * The name of the steps. Runs side by side in one workflow need different ones if their model and input
   * are the same. Default: the model, with a hash of the input.
   */
  name?: string | undefined;
  /**
   * The time after which the server cancels the prediction, counted from its creation: at least 5 seconds.
   * Default: the server's own limit.
   */
  timeout?: Duration | undefined;
  /**
   * The time between two looks at the prediction. Default: a quarter of the time that was slept, 1 s to
   * 60 s; with `webhook` half of it, 30 s to 10 min.
   */
  interval?: Duration | undefined;
  /**
   * An `https:` URL of yours that Replicate calls at the end, and whose handler sends the workflow the event
   * of {@linkcode durableEvent}. The workflow waits for that, and still looks at times, as a webhook may be
   * lost. The step needs `waitForEvent`. Default: none, the prediction is polled.
   */
  webhook?: string | URL | undefined;
  /** Cancels the prediction when it aborts in the process that runs the workflow. */
  signal?: AbortSignal | undefined;
  /**
   * The reaction to a create that may have been accepted: `"adopt"` the only prediction since then that has
   * the same model and input, if there is just one, or `"throw"`. Default `"adopt"`.
   */
  onLostCreate?: "adopt" | "throw" | undefined;
  /**
   * True if the engine runs this attempt again, such as `attempt > 0` of Inngest, which needs it. Default:
   * as it shows in this process.
   */
  retried?: boolean | undefined;
  /**
   * Makes the error that the engine does not retry from one of ours, such as
   * `(error) => new NonRetriableError(error.message, { cause: error })`. Default: the error itself, with the
   * name that Inngest looks for where it is Inngest.
   */
  nonRetryable?: ((error: Error) => unknown) | undefined;
  /** The check of the input by the model's schema: see `RunOptions`. */
  validate?: CheckOptions["validate"];
}

const KEYS: readonly string[] = [
  "input",
  "name",
  "timeout",
  "interval",
  "webhook",
  "signal",
  "onLostCreate",
  "retried",
  "nonRetryable",
  "validate",
];

const HINTS = {
  cancelAfter: "give it as timeout",
  poll: "give it as interval",
  attempt: "give retried, as in { retried: attempt > 0 }",
  webhook_events_filter: "it is always completed",
  onProgress: "there is nobody to tell while the workflow sleeps",
};

/** The options, checked. */
export interface DurablePlan {
  input: object;
  name: string;
  /** Milliseconds. */
  timeout: number | undefined;
  /** Milliseconds. */
  interval: number | undefined;
  webhook: string | undefined;
  onLostCreate: "adopt" | "throw";
}

/**
 * Checks the options.
 *
 * @throws {TypeError | RangeError} If one cannot be used; the message says which.
 */
export function durablePlan(options: DurableOptions, label: string, action: string): DurablePlan {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`Cannot ${action}: give its input, as in { input: { prompt: "..." } }`);
  }
  checkKeys(options, KEYS, action, HINTS);
  const { name, timeout, interval, webhook, onLostCreate = "adopt", nonRetryable } = options;
  if (name !== undefined && (typeof name !== "string" || name === "")) {
    throw new TypeError(`Cannot ${action}: name must be text`);
  }
  if (nonRetryable !== undefined && typeof nonRetryable !== "function") {
    throw new TypeError(`Cannot ${action}: nonRetryable must be a function`);
  }
  choice(onLostCreate, ["adopt", "throw"], "onLostCreate");
  const input = jsonOf(
    "input",
    options.input,
    "a step keeps JSON; upload it in a step of its own, and give the URL",
  );
  if (typeof input !== "object" || input === null) {
    throw new TypeError(`Cannot ${action}: input must be an object such as { prompt: "..." }`);
  }
  return {
    input,
    name: name ?? `${label} ${hash(canonical(input))}`,
    timeout: timeout === undefined ? undefined : toMs(timeout, "timeout", 5000),
    interval: interval === undefined ? undefined : toMs(interval, "interval", 1),
    webhook: webhook === undefined ? undefined : urlOf(webhook),
    onLostCreate,
  };
}

function urlOf(webhook: string | URL): string {
  const href = parsedUrl(webhook)?.href;
  if (href !== undefined) return href;
  throw new TypeError(`Cannot use ${shown(excerpt(String(webhook)))} as webhook: it is not a URL`);
}

/** FNV-1a, in hex. Engines keep results by the names of steps, so that other inputs need other names. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  }
  return (value >>> 0).toString(16).padStart(8, "0");
}
