/** `webhookHandler`: verifies webhooks, and calls a listener once for each. */

import { keyedQueue, within } from "../base/async.ts";
import { checkKeys, wholeNumber } from "../base/check.ts";
import { type Duration, toMs } from "../base/duration.ts";
import { report } from "../base/report.ts";
import { readBounded } from "./body.ts";
import { deliver } from "./deliver.ts";
import { WebhookError } from "./error.ts";
import type { WebhookListeners } from "./events.ts";
import { type ExpiringStore, expiringStore } from "./expiring_store.ts";
import { keysOf, type WebhookSecrets } from "./hmac.ts";
import { checkRequest } from "./node.ts";
import { refuse } from "./refuse.ts";
import { NoSecretYet, type SecretKeeper, secretKeeper, type SecretSource } from "./secrets.ts";
import {
  claimsOf,
  isSigned,
  notSigned,
  payloadOf,
  type WebhookClaims,
  type WebhookPayload,
} from "./verify.ts";

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
     * signature is wrong. After a failure it waits for a second, and for longer if it fails again.
     */
    client: SecretSource;
    secret?: undefined;
  };

/** The options of {@linkcode webhookHandler} besides the source of the secret. */
export interface WebhookHandlerSettings {
  /** The functions to call, by event. */
  on: WebhookListeners;
  /**
   * The store that remembers deliveries and jobs for an hour, and for twice the `tolerance` if that is
   * longer. Default: `expiringStore()`.
   */
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
  /** Called with the error that a listener, the store or the client threw. Default: `console.error`. */
  onError?: ((error: unknown, job: WebhookPayload | undefined) => void) | undefined;
}

/** The names of {@linkcode WebhookHandlerOptions}. */
const KEYS: readonly string[] = [
  "secret",
  "client",
  "on",
  "dedupe",
  "tolerance",
  "maxBody",
  "waitUntil",
  "patience",
  "onError",
];

/** The shortest time to remember deliveries and jobs. Replicate repeats one for about a minute. */
const KEPT = 60 * 60_000;

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
 * | 503 | another process is handling this delivery, or the secret could not be had just before |
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
  checkKeys(options, KEYS, "handle webhooks");
  const { secret, client, on, tolerance = "5m", patience = "2s" } = options;
  const { maxBody = 10 * 2 ** 20, onError = logError, dedupe: store = expiringStore() } = options;
  if (secret === undefined && client === undefined) {
    throw new TypeError("Cannot handle webhooks: give a secret, or a client that knows it");
  }
  if (typeof on !== "object" || on === null) {
    throw new TypeError("Cannot handle webhooks: give listeners, as in { on: { completed } }");
  }
  const secrets = secretKeeper(secret, client);
  const toleranceMs = toMs(tolerance, "tolerance");
  const patienceMs = toMs(patience, "patience");
  wholeNumber(maxBody, "maxBody", 0);
  // A webhook may be replayed until `tolerance` after its time, which may be as far ahead of ours.
  const memory = { store, kept: Math.max(KEPT, 2 * toleranceMs) };
  const inTurn = keyedQueue();

  const handle = async (request: Request, context: unknown): Promise<Response> => {
    if (request.method !== "POST") {
      return refuse(405, "webhooks are sent by POST", { allow: "POST" });
    }
    let job: WebhookPayload | undefined;
    const failed = (error: unknown): void => report(() => onError(error, job));
    try {
      // Cheapest first: a stranger who knows only the address gets no further than the next line.
      const claims = claimsOf(request.headers, toleranceMs);
      const known = await secrets();
      const body = await readBounded(request, maxBody);
      if (!body) return refuse(413, "the body is too long");
      await verify(claims, body, known, secrets);
      const payload = job = payloadOf(body);
      // A signed message that is about no job: there is nothing to do, now or later.
      if (typeof job.id !== "string" || typeof job.status !== "string") return empty(204);
      const sentAt = new Date(Number(claims.timestamp) * 1000);
      const delivery = { id: claims.id, sentAt, url: new URL(request.url) };
      const work = inTurn(job.id, () => deliver(payload, delivery, on, memory))
        .then((done) =>
          done ? empty(204) : refuse(503, "another process is handling this webhook")
        );
      const waitUntil = options.waitUntil ?? waitUntilOf(context);
      if (!waitUntil) return await work;
      const answer = await within(patienceMs, work);
      if (answer) return answer;
      waitUntil(work.catch(failed));
      return empty(202);
    } catch (error) {
      if (error instanceof WebhookError) {
        return refuse(error.code === "body" ? 400 : 401, error.message);
      }
      if (error instanceof NoSecretYet) {
        return refuse(503, "the secret cannot be had", { "retry-after": `${error.seconds}` });
      }
      failed(error);
      return refuse(500, "the webhook could not be handled");
    }
  };
  return (request, context) => {
    checkRequest(request);
    return handle(request, context);
  };
}

/** Verifies with the secrets that are known and, if none of them fits, with newer ones. */
async function verify(
  claims: WebhookClaims,
  body: Uint8Array,
  known: readonly string[],
  secrets: SecretKeeper,
): Promise<void> {
  if (await isSigned(claims, body, keysOf(known))) return;
  const renewed = await secrets(known);
  if (renewed !== known && await isSigned(claims, body, keysOf(renewed))) return;
  throw notSigned();
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
