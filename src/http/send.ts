/**
 * The only file that calls `fetch`. One call goes through it like this:
 *
 * ```text
 * resource method -> send(spec) -> withRetry -> one attempt -> middleware -> fetch
 *                      |             |            |
 *                      |             |            +- limiter, clocks, abort, token, body
 *                      |             +- may it be sent again, and after which wait
 *                      +- URL, headers, policies of this moment
 * ```
 */

import { noStore } from "../base/runtime.ts";
import { excerpt } from "../base/text.ts";
import { RateLimitError, retrace } from "../errors.ts";
import { Attempt, discard, guarded, readStart } from "./attempt.ts";
import { authorize, bodyOf, headersOf, isApi, urlOf } from "./call.ts";
import { apiError, isNetworkLoss, lost, timedOut, wasRedirect } from "./failure.ts";
import type { ClientOptions, Fetch } from "./options.ts";
import { fateOf, mayRetry, retryPolicy, serverWait, withRetry } from "./retry.ts";
import { settingsOf } from "./settings.ts";
import { timeoutPolicy } from "./timeout.ts";
import type { Answer, Call, Parts, RequestSpec, Send, Settings } from "./types.ts";

/** How much of an unusable answer an error keeps, in characters. */
const KEPT = 64 * 1024;

/** The clocks that run from the start. */
const CLOCKS = ["connect", "request"] as const;

/** A `Send` with settings that can be changed and derived. */
export interface ConfiguredSend extends Send {
  /** The options in force: durations in milliseconds, without `auth`. */
  readonly options: Readonly<ClientOptions>;
  /** What it was made with. */
  readonly parts: Parts;
  /** Another one with some options changed; it shares the limiter. */
  with(patch: ClientOptions): ConfiguredSend;
  /** Changes options for calls that start from now on. */
  configure(patch: Pick<ClientOptions, "retry" | "timeout">): void;
}

/**
 * The transport alone, for those who want a small bundle: hand it to the resources you need.
 *
 * @param options As of {@linkcode Client}; a string is the token.
 * @param parts What it shall be able to do besides: nothing, unless it is named.
 * @throws {TypeError | RangeError} If an option or a part cannot be used; the message says which.
 *
 * @example
 * ```ts
 * import { createSend, PredictionsApi } from "@x/replicate";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assertEquals } from "@std/assert";
 *
 * await using fake = new FakeReplicate({ models: {} });
 * const predictions = new PredictionsApi(createSend({ auth: "r8_test", fetch: fake.fetch }));
 * assertEquals((await predictions.list()).results, []);
 * ```
 */
export function createSend(
  options: string | ClientOptions = {},
  parts: Parts = {},
): ConfiguredSend {
  const given = typeof options === "string" ? { auth: options } : options;
  checkParts(parts);
  return sendOf(settingsOf(given, undefined, parts));
}

/** A part of another name would be missed only by the call that needs it. */
function checkParts(parts: Parts): void {
  for (const [name, part] of Object.entries(parts)) {
    const isKnown = /^(?:fileCodec|rateLimiter|failureKind|parseProgressFromLogs)$/.test(name);
    if (isKnown && (part === undefined || /^(?:object|function)$/.test(typeof part))) continue;
    throw new TypeError(
      `Cannot use ${name} as a part: give fileCodec, rateLimiter, failureKind or ` +
        "parseProgressFromLogs by its own name, as in { fileCodec }",
    );
  }
}

function sendOf(initial: Settings): ConfiguredSend {
  let settings = initial;
  const send =
    (<T>(spec: RequestSpec): Promise<T> => sendSpec<T>(settings, spec)) as ConfiguredSend;
  send.with = (patch) => sendOf(settingsOf(patch, settings));
  send.configure = (patch) => {
    settings = settingsOf(
      { retry: patch.retry, timeout: patch.timeout } as ClientOptions,
      settings,
    );
  };
  return Object.defineProperties(send, {
    options: { get: () => settings.shown },
    parts: { value: settings.parts },
  });
}

async function sendSpec<T>(settings: Settings, spec: RequestSpec): Promise<T> {
  const { options } = spec;
  const signal = options?.signal;
  signal?.throwIfAborted();
  const url = urlOf(settings, spec);
  const call: Call = {
    settings,
    spec,
    url,
    headers: headersOf(settings, url, spec),
    json: spec.json === undefined ? undefined : JSON.stringify(spec.json),
    repeatable: spec.repeatable ?? /^(?:GET|DELETE|QUERY)$/.test(spec.method),
    timeout: timeoutPolicy(options?.timeout, settings.timeout),
    signal,
    // Who serves files and streams has limits of its own.
    limiter: isApi(settings, url) ? settings.limiter : undefined,
    attempts: 0,
    uncertain: false,
  };
  try {
    return await withRetry(() => attempt<T>(call), {
      policy: retryPolicy(options?.retry, settings.retry),
      signal,
      deadline: spec.deadline,
      mayRetry: (error) => mayRetry(call, error),
      serverWait,
    });
  } catch (error) {
    retrace(error, sendSpec, signal);
    throw error;
  }
}

async function attempt<T>(call: Call): Promise<T> {
  const { limiter, spec, signal } = call;
  const leave = limiter?.acquire(spec.bucket ?? "read", { signal, deadline: spec.deadline });
  const turn = leave instanceof Promise ? await leave : leave;
  const { onOrphan } = spec;
  const attempt = new Attempt(signal, onOrphan !== undefined);
  const work = exchange<T>(call, attempt, (answer) => turn && limiter?.observe(turn, answer));
  let keep = false;
  try {
    const answer = await attempt.race(work);
    keep = spec.as === "response";
    return answer;
  } catch (error) {
    if (fateOf(error) === "unknown") call.uncertain = true;
    if (onOrphan && signal?.aborted) {
      keep = true;
      work.then(onOrphan).catch(() => {}).finally(() => attempt.close());
    }
    throw error;
  } finally {
    if (!keep) attempt.close();
    if (turn) limiter?.release(turn);
  }
}

/** Sends the request once, and reads the answer. */
async function exchange<T>(
  call: Call,
  attempt: Attempt,
  observe: (answer: Answer) => void,
): Promise<T> {
  const { timeout, spec } = call;
  for (const phase of CLOCKS) {
    const limit = timeout[phase];
    const ms = limit === null ? null : limit + (spec.allow ?? 0);
    attempt.start(phase, ms, () => timedOut(call, phase, ms));
  }
  const response = await dispatch(call, attempt);
  attempt.stop("connect");
  // A `fetch` that does not obey its signal may answer long after everybody has left.
  if (attempt.signal.aborted) discard(response);
  attempt.signal.throwIfAborted();
  if (!response.ok) return await refused<T>(call, response, attempt, observe);
  observe({ status: response.status, headers: response.headers, retryAfter: undefined });
  if (spec.as === "response") return stream(call, response, attempt) as T;
  const text = await response.text().catch((cause) => {
    throw attempt.signal.aborted ? cause : lost(call, "the answer broke off", cause);
  });
  return spec.as === "text" ? text as T : parse<T>(call, response, text);
}

function stream(call: Call, response: Response, attempt: Attempt): Response {
  const ms = call.timeout.idle;
  attempt.stop("request");
  return guarded(response, attempt, {
    ms,
    error: () => timedOut(call, "idle", ms),
    broken: (cause) => lost(call, "the answer broke off", cause),
  });
}

/** The token, the middleware and `fetch`. */
async function dispatch(call: Call, attempt: Attempt): Promise<Response> {
  const { settings, spec, url } = call;
  const authorization = await authorize(call);
  const body = await bodyOf(call);
  // Nothing was sent so far, so that there is nothing to wait for either.
  attempt.throwIfAborted();
  call.attempts++;
  const headers = { ...call.headers };
  const init: RequestInit & { duplex?: "half" } = {
    method: spec.method,
    headers,
    redirect: spec.redirect ?? settings.redirect,
    signal: attempt.signal,
    ...noStore(),
  };
  if (body !== undefined) init.body = body;
  if (body instanceof ReadableStream) init.duplex = "half";
  if (settings.middleware.length === 0) {
    if (authorization) headers.authorization = authorization;
    return await platformFetch(call, url, init);
  }
  const last = (request: Request): Promise<Response> => {
    // The token goes on last, so that a step can neither see it nor send it elsewhere.
    if (authorization && isApi(settings, request.url)) {
      request.headers.set("authorization", authorization);
    }
    return platformFetch(call, request);
  };
  const chain = settings.middleware.reduceRight<(request: Request) => Promise<Response>>(
    (next, step) => async (request) => await step(request, next),
    last,
  );
  return await chain(new Request(url, init));
}

async function platformFetch(
  call: Call,
  input: string | Request,
  init?: RequestInit,
): Promise<Response> {
  // Called unbound, as Workers throw when it is somebody's method. What it throws at once, instead of
  // rejecting, is a bug and no loss of the network.
  const fetch: Fetch = call.settings.fetch ?? globalThis.fetch;
  const pending = init ? fetch(input, init) : fetch(input);
  try {
    return await pending;
  } catch (cause) {
    if (call.signal?.aborted || !isNetworkLoss(cause)) throw cause;
    throw lost(
      call,
      wasRedirect(cause) ? "the server redirects, which is not followed" : "",
      cause,
    );
  }
}

function parse<T>(call: Call, response: Response, text: string): T {
  const empty = text === "" && (response.status === 204 || call.spec.method === "DELETE");
  if (empty) return undefined as T;
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    const type = response.headers.get("content-type") ?? "no content type";
    const detail = text === ""
      ? "but the answer is empty"
      : `but the answer is not JSON (${type}): ${excerpt(text)}`;
    throw apiError(call, response, text.slice(0, KEPT), { detail, cause });
  }
}

/** The server said no: learns from it, and throws it. */
async function refused<T>(
  call: Call,
  response: Response,
  attempt: Attempt,
  observe: (answer: Answer) => void,
): Promise<T> {
  const { spec, uncertain } = call;
  const { status, headers } = response;
  const body = await readStart(response, attempt);
  const error = apiError(call, response, body);
  const retryAfter = error instanceof RateLimitError ? error.retryAfter : undefined;
  observe({ status, headers, retryAfter });
  // An earlier attempt, of which nothing was heard, has deleted it.
  if (spec.method === "DELETE" && status === 404 && uncertain) return undefined as T;
  throw error;
}
