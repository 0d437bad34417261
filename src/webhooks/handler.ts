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
import type { WebhookSecrets } from "./hmac.ts";
import { readBounded } from "./body.ts";
import { type SecretKeeper, secretKeeper, type SecretSource } from "./secrets.ts";
import { memoryStore, type WebhookStore } from "./store.ts";
import { verifyWebhook, type WebhookPayload } from "./verify.ts";

/** What `webhookHandler` takes: the secret or a client, and what to do. */
export type WebhookHandlerOptions = WebhookHandlerSettings & WebhookTrust;

/** Where a handler has the secret from. */
export type WebhookTrust =
  | {
    /** `whsec_...`, or several of them. */
    secret: WebhookSecrets;
    client?: undefined;
  }
  | {
    /**
     * A `Client`: it is asked for the secret once, and again when a signature is wrong, at most once a
     * minute.
     */
    client: SecretSource;
    secret?: undefined;
  };

/** What a handler does with webhooks. */
export interface WebhookHandlerSettings {
  /** What is called for which webhook. */
  on: WebhookListeners;
  /** Where it keeps what it has seen, for an hour. Default: `memoryStore()`. */
  dedupe?: WebhookStore | undefined;
  /** How far the time of sending may be from now. Default `"5m"`. */
  tolerance?: Duration | undefined;
  /** The longest body, in bytes. Default 10 MiB: it holds the whole input, files in it included. */
  maxBody?: number | undefined;
  /**
   * Keeps the process alive for a promise. Default: that of the context, as on Cloudflare Workers. With
   * it, what takes longer than `patience` goes on after the answer; without, the answer waits.
   */
  waitUntil?: ((promise: Promise<unknown>) => void) | undefined;
  /** How long the answer waits for your listeners where there is a `waitUntil`. Default `"2s"`. */
  patience?: Duration | undefined;
  /** Told of what your listeners, or the store, threw. Default: `console.error`. */
  onError?: ((error: unknown, job: WebhookPayload | undefined) => void) | undefined;
}

/** How long deliveries and jobs are remembered: Replicate repeats one for about a minute. */
const KEPT = 60 * 60_000;
/** How long a delivery is taken for one that is being handled, should that process die. */
const CLAIM = 30_000;

/**
 * A handler of webhooks for every server that knows `Request` and `Response`.
 *
 * Each delivery is handled once. What comes after the end of its job, or shows it as it was before, is
 * dropped. Webhooks of one job are handled one after the other, so that the last state wins.
 *
 * Its answers: 204 for handled and dropped, 202 for goes on in `waitUntil`, 405 for another method than
 * POST, 413 for too long a body, 401 for a webhook that is not from Replicate, 400 for one that cannot
 * be read, 503 for one that another process is at, and 500 if a listener threw: Replicate sends the last
 * webhook of a job again then, and the others never.
 *
 * ```ts ignore
 * Deno.serve(handler);
 * Bun.serve({ fetch: handler });
 * export default { fetch: (request, env, context) => handler(request, context) }; // Workers
 *
 * // node:http, and Express without a body parser on this route:
 * createServer(async (req, res) => {
 *   const init = { method: req.method, headers: req.headers, duplex: "half" };
 *   if (req.method === "POST") init.body = Readable.toWeb(req);
 *   const answer = await handler(new Request(new URL(req.url, "http://localhost"), init));
 *   res.writeHead(answer.status).end(await answer.text());
 * });
 * ```
 *
 * @throws {TypeError | RangeError} If an option cannot be used.
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
 * // What Replicate does:
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
  const { maxBody = 10 * 2 ** 20, onError = logError, dedupe: store = memoryStore() } = options;
  if (secret === undefined && client === undefined) {
    throw new TypeError("Cannot handle webhooks: give a `secret`, or a `client` that knows it");
  }
  if (typeof on !== "object" || on === null) {
    throw new TypeError("Cannot handle webhooks: give listeners, as in { on: { completed } }");
  }
  const verify = verifier(secretKeeper(secret, client), toMs(tolerance, "tolerance"));
  const patienceMs = toMs(patience, "patience");
  const inTurn = keyedQueue();

  return async (request, context) => {
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
}

/** Verifies with the secrets that are known, and with others if those have not signed it. */
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

/** Does work of the same key one after the other: a slow one must not be overtaken. */
function keyedQueue(): <T>(key: string, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<void>>();
  return (key, work) => {
    const result = Promise.resolve(last.get(key)).then(work);
    const forget = (): void => {
      if (last.get(key) === settled) last.delete(key);
    };
    const settled = result.then(forget, forget);
    last.set(key, settled);
    return result;
  };
}

/** What comes of a promise within some time, else `undefined`. */
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
  store: WebhookStore,
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
        // Of a kind that is known to `listenersFor` only.
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
  // Called on the context, as Workers throw when it is taken off.
  return typeof waitUntil === "function" ? waitUntil.bind(context) : undefined;
}

/** The sender sees a status only: without this nobody would learn what went wrong. */
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
