/** `webhookHandler`: verifies webhooks, and calls a listener once for each. */

import { keyedQueue } from "../base/async.ts";
import { type Duration, toMs } from "../base/duration.ts";
import { WebhookError } from "./error.ts";
import {
  isStepBack,
  type JobProgress,
  listenersFor,
  progressOf,
  UNSEEN,
  type WebhookListeners,
} from "./events.ts";
import { type ExpiringStore, expiringStore } from "./expiring_store.ts";
import type { WebhookSecrets } from "./hmac.ts";
import { readBounded } from "./body.ts";
import { type SecretKeeper, secretKeeper, type SecretSource } from "./secrets.ts";
import { checkRequest } from "./node.ts";
import { verifyWebhook, type WebhookPayload } from "./verify.ts";

/** The options of {@linkcode webhookHandler}: the source of the secret, and everything else. */
export type WebhookHandlerOptions = WebhookHandlerSettings & WebhookTrust;

/** The source of the secret: you or a client. */
export type WebhookTrust =
  | {
    /** The secret, `whsec_...`, or several of them. */
    secret: WebhookSecrets;
    client?: undefined;
  }
  | {
    /**
     * A `Client`. The handler asks it for the secret once, and again, at most once a minute, when a
     * signature is wrong.
     */
    client: SecretSource;
    secret?: undefined;
  };

/** The options of {@linkcode webhookHandler} besides the source of the secret. */
export interface WebhookHandlerSettings {
  /** The functions to call, by event. */
  on: WebhookListeners;
  /** The store that remembers deliveries and jobs for an hour. Default: `expiringStore()`. */
  dedupe?: ExpiringStore | undefined;
  /** The greatest difference between the time of sending and now, either way. Default `"5m"`. */
  tolerance?: Duration | undefined;
  /** The longest body, in bytes. Default 10 MiB, as a body holds the whole input, `data:` URLs included. */
  maxBody?: number | undefined;
  /**
   * Keeps the process alive for a promise. Listeners that take longer than `patience` then go on after
   * the answer; without it, the answer waits for them. Default: the `waitUntil` of the context, as on
   * Cloudflare Workers.
   */
  waitUntil?: ((promise: Promise<unknown>) => void) | undefined;
  /** The time that the answer waits for listeners if there is a `waitUntil`. Default `"2s"`. */
  patience?: Duration | undefined;
  /** Called with the error that a listener or the store threw. Default: `console.error`. */
  onError?: ((error: unknown, job: WebhookPayload | undefined) => void) | undefined;
}

/** The time that deliveries and jobs are remembered. Replicate repeats one for about a minute. */
const KEPT = 60 * 60_000;
/** The time after which a delivery may be handled again, in case the process that claimed it died. */
const CLAIM = 30_000;

/**
 * Creates a handler of webhooks for any server that works with `Request` and `Response`.
 *
 * Each delivery is handled once. A webhook that arrives after the end of its job, or that is older than
 * the one handled last, is dropped. Webhooks of one job are handled one after the other, so that the
 * last state wins.
 *
 * | Status | Reason |
 * | ------ | ------ |
 * | 204 | the webhook was handled, or dropped |
 * | 202 | the listeners go on in `waitUntil` |
 * | 400 | the body cannot be read |
 * | 401 | the webhook is not from Replicate |
 * | 405 | the method is not POST |
 * | 413 | the body is too long |
 * | 500 | a listener or the store threw, or the secret could not be had |
 * | 503 | another process is handling this delivery |
 *
 * After a 5xx, Replicate sends the last webhook of a job again; it never repeats the others.
 *
 * ```ts ignore
 * Deno.serve(handler);
 * Bun.serve({ fetch: handler });
 * export default { fetch: (request, env, context) => handler(request, context) }; // Workers
 * createServer(toNodeHandler(handler)); // node:http, Express, Fastify, Next: see toNodeHandler
 * ```
 *
 * @throws {TypeError | RangeError} If an option cannot be used, or the handler is called with no `Request`.
 *
 * @example
 * ```ts
 * import { signWebhook, webhookHandler } from "@x/replicate/webhooks";
 * import { assertEquals } from "@std/assert";
 *
 * const secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"; // or `client: new Client()`
 * const outputs: unknown[] = [];
 * const handler = webhookHandler({
 *   secret,
 *   on: { completed: (prediction) => outputs.push(prediction.output) },
 * });
 *
 * // Replicate sends:
 * const body = '{"id":"h57pag03m5rmy0czx00v1spt08","status":"succeeded","output":"hi"}';
 * const headers = await signWebhook(body, { secret });
 * const request = new Request("https://example.com/hook", { method: "POST", headers, body });
 * assertEquals((await handler(request)).status, 204);
 * assertEquals(outputs, ["hi"]);
 * ```
 */
export function webhookHandler(
  options: WebhookHandlerOptions,
): (request: Request, context?: unknown) => Promise<Response> {
  const { secret, client, on, tolerance = "5m", patience = "2s" } = options;
  const { maxBody = 10 * 2 ** 20, onError = logError, dedupe: store = expiringStore() } = options;
  if (secret === undefined && client === undefined) {
    throw new TypeError("Cannot handle webhooks: give a `secret`, or a `client` that knows it");
  }
  if (typeof on !== "object" || on === null) {
    throw new TypeError("Cannot handle webhooks: give listeners, as in { on: { completed } }");
  }
  const verify = verifier(secretKeeper(secret, client), toMs(tolerance, "tolerance"));
  const patienceMs = toMs(patience, "patience");
  const inTurn = keyedQueue();

  const handle = async (request: Request, context: unknown): Promise<Response> => {
    if (request.method !== "POST") {
      return refuse(405, "webhooks are sent by POST", { allow: "POST" });
    }
    let job: WebhookPayload | undefined;
    try {
      const body = await readBounded(request, maxBody);
      if (!body) return refuse(413, "the body is too long");
      const payload = job = await verify(request.headers, body);
      // A signed message that is about no job: there is nothing to do, now or later.
      if (typeof job.id !== "string" || typeof job.status !== "string") return empty(204);
      const work = inTurn(job.id, () => handleOnce(request, payload, on, store));
      const waitUntil = options.waitUntil ?? waitUntilOf(context);
      if (!waitUntil) return await work;
      const answer = await within(patienceMs, work);
      if (answer) return answer;
      waitUntil(work.catch((error) => onError(error, job)));
      return empty(202);
    } catch (error) {
      if (error instanceof WebhookError) {
        return refuse(error.code === "body" ? 400 : 401, error.message);
      }
      onError(error, job);
      return refuse(500, "the webhook could not be handled");
    }
  };
  return (request, context) => {
    checkRequest(request);
    return handle(request, context);
  };
}

/** Verifies with the secrets that are known and, if none of them fits, with newer ones. */
function verifier(
  secrets: SecretKeeper,
  tolerance: number,
): (headers: Headers, body: Uint8Array) => Promise<WebhookPayload> {
  return async (headers, body) => {
    const secret = await secrets();
    try {
      return await verifyWebhook({ headers, body }, { secret, tolerance });
    } catch (error) {
      if (!(error instanceof WebhookError && error.code === "signature")) throw error;
      const renewed = await secrets(secret);
      if (renewed === secret) throw error;
      return await verifyWebhook({ headers, body }, { secret: renewed, tolerance });
    }
  };
}

/** The value of a promise, or `undefined` if it takes longer than `ms`. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
  });
  return await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function handleOnce(
  { headers, url }: Request,
  job: WebhookPayload,
  on: WebhookListeners,
  store: ExpiringStore,
): Promise<Response> {
  const id = headers.get("webhook-id") ?? "";
  const key = `delivery ${id}`;
  if (!await store.add(key, "claimed", CLAIM)) {
    const state = await store.get(key);
    return state === "done" ? empty(204) : refuse(503, "another process is handling this webhook");
  }
  try {
    const jobKey = `job ${job.id}`;
    const seen = await store.get(jobKey);
    const before: JobProgress = seen ? JSON.parse(seen) : UNSEEN;
    const now = progressOf(job);
    if (!isStepBack(now, before)) {
      const sentAt = new Date(Number(headers.get("webhook-timestamp")) * 1000);
      for (const listener of listenersFor(on, job, now, before)) {
        // `listenersFor` chose listeners that take this kind of job; the types do not show it.
        await listener?.(job as never, { id, sentAt, url: new URL(url) });
      }
      await store.set(jobKey, JSON.stringify(now), KEPT);
    }
    await store.set(key, "done", KEPT);
    return empty(204);
  } catch (error) {
    await store.delete(key);
    throw error;
  }
}

function waitUntilOf(context: unknown): ((promise: Promise<unknown>) => void) | undefined {
  const { waitUntil } = (context ?? {}) as { waitUntil?: unknown };
  // Bound to its context, as Workers throw when it is called on its own.
  return typeof waitUntil === "function" ? waitUntil.bind(context) : undefined;
}

/** The default `onError`. The sender sees only a status, so this is where the reason shows. */
function logError(error: unknown, job: WebhookPayload | undefined): void {
  // deno-lint-ignore no-console
  console.error(`Cannot handle the webhook of ${job?.id ?? "an unknown job"}:`, error);
}

function empty(status: number): Response {
  return new Response(null, { status });
}

function refuse(status: number, detail: string, headers: HeadersInit = {}): Response {
  return Response.json({ status, detail }, { status, headers });
}
