/**
 * The only file that calls `fetch`. One call goes through it like this, from left to right:
 *
 * ```text
 * resource method -> send -> withRetry -> attempt -> exchange -> [middleware] -> fetch
 *                     |         |            |          |
 *                     |         |            |          +- clocks, token, body; then answerOf reads the answer
 *                     |         |            +- limiter, abort, the answer to a caller who left
 *                     |         +- whether the call is sent again, and when
 *                     +- URL, headers and policies of this moment: a Call
 * ```
 */

import { fetchOptionsOf } from "../base/runtime.ts";
import { retrace } from "./stack.ts";
import { answerOf } from "./answer.ts";
import { Attempt } from "./attempt.ts";
import { authorizationOf } from "./auth.ts";
import { bodyOf, callOf } from "./call.ts";
import { debugged, reporter } from "./debug.ts";
import { rejectionOf } from "./failure.ts";
import type { ClientOptions, Fetch } from "./options.ts";
import { throughSteps } from "./middleware.ts";
import { fateOf, withRetry } from "./retry.ts";
import { settingsOf } from "./settings.ts";
import type { Call, Parts, RequestSpec, Send, Settings } from "./types.ts";

/** A `Send` whose settings can be changed and derived. */
export interface ConfiguredSend extends Send {
  /** The options in force: durations in milliseconds, without `auth`. */
  readonly options: Readonly<ClientOptions>;
  /** The parts that it was made with. */
  readonly parts: Parts;
  /** Makes another one with some options changed; both share the limiter. */
  with(patch: ClientOptions): ConfiguredSend;
  /** Changes options for calls that start from now on. */
  configure(patch: Pick<ClientOptions, "retry" | "timeout">): void;
}

/**
 * Makes the transport alone, for programs that want a small bundle: hand it to the resources you need.
 *
 * @param options The same as those of {@linkcode Client}; a string is the token.
 * @param parts Abilities that not every program needs. Default: none.
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
  const send = async <T>(spec: RequestSpec): Promise<T> => {
    const call = debugged(callOf(settings, spec));
    const { signal } = call;
    signal?.throwIfAborted();
    try {
      return await attempt<T>(call);
    } catch (first) {
      try {
        return await again<T>(first, call);
      } catch (error) {
        retrace(error, send, signal);
        throw error;
      }
    }
  };
  return Object.defineProperties(send as ConfiguredSend, {
    options: { get: () => settings.shown },
    parts: { value: settings.parts },
    clock: { value: settings.clock },
    with: { value: (patch: ClientOptions) => sendOf(settingsOf(patch, settings)) },
    configure: {
      value: ({ retry, timeout }: Pick<ClientOptions, "retry" | "timeout">) => {
        settings = settingsOf({ retry, timeout }, settings);
      },
    },
  });
}

/** Goes on after the first attempt: what retries need, 2.5 us on Deno, is not made before that has failed. */
function again<T>(first: unknown, call: Call): Promise<T> {
  let isFirst = true;
  return withRetry(() => {
    if (!isFirst) return attempt<T>(call);
    isFirst = false;
    return Promise.reject(first);
  }, call);
}

/** Sends the request once, when it is its turn, unless the caller leaves or a clock runs out first. */
async function attempt<T>(call: Call): Promise<T> {
  const { limiter, spec, signal } = call;
  const leave = limiter?.acquire(spec.bucket ?? "read", {
    signal,
    deadline: call.deadline,
    spare: call.retry.maxRetries - call.attempts,
  });
  if (leave instanceof Promise) call.onRetry?.("the rate limit", 0);
  const turn = leave instanceof Promise ? await leave : leave;
  const attempt = new Attempt(call);
  const work = exchange<T>(call, attempt, turn);
  let keep = false;
  try {
    const answer = await attempt.race(work);
    keep = spec.as === "response" || spec.as === "reader";
    return answer;
  } catch (error) {
    if (fateOf(error) === "unknown") call.uncertain = true;
    if (spec.onAnswer && signal?.aborted) {
      keep = true;
      work.catch(() => {}).finally(() => attempt.close());
    }
    throw error;
  } finally {
    if (!keep) attempt.close();
    if (turn) limiter?.release(turn);
  }
}

/** One request and its answer. */
async function exchange<T>(call: Call, attempt: Attempt, turn: object | undefined): Promise<T> {
  const { spec, settings } = call;
  attempt.begin();
  let authorization = authorizationOf(call);
  if (authorization instanceof Promise) authorization = await authorization;
  if (spec.onSend) await spec.onSend();
  let body = bodyOf(call);
  if (body instanceof Promise) body = await body;
  // Nothing was sent so far, so that there is nothing to wait for either.
  attempt.throwIfAborted();
  call.attempts++;
  const { redirect, cache } = fetchOptionsOf();
  const init: RequestInit & { duplex?: "half" } = {
    method: spec.method,
    headers: call.headers,
    redirect: spec.redirect ?? redirect,
    signal: attempt.signal,
  };
  if (cache) init.cache = cache;
  if (body !== undefined) init.body = body;
  // Not `instanceof`: Jest with jsdom has no ReadableStream.
  if (typeof (body as ReadableStream | undefined)?.getReader === "function") init.duplex = "half";
  // Called unbound, as Workers throw when it is somebody's method.
  const fetch: Fetch = settings.fetch ?? globalThis.fetch;
  const report = settings.debug && reporter(call, settings.debug);
  report?.({ event: "request" });
  const last = (url: string, own: RequestInit, toApi: boolean): Promise<Response> => {
    // They go on last, and on a request of ours: no step can see them, or send them elsewhere.
    if (toApi) {
      own.headers = merged(own.headers as Record<string, string>, call.credentials);
      if (authorization) own.headers.authorization = authorization as string;
    }
    return fetch(url, own);
  };
  const isPlain = settings.middleware.length === 0;
  let pending: Promise<Response> | undefined;
  let response: Response;
  try {
    pending = isPlain
      ? last(call.url, init, call.toApi)
      : throughSteps(call, init, (...request) => fetched(call, last(...request)));
    response = await pending;
  } catch (thrown) {
    // A `fetch` that throws at once, instead of rejecting, has a bug and lost no network. Not by
    // `fetched`, which is a promise more for each call.
    const error = isPlain && pending ? rejectionOf(call, thrown) : thrown;
    report?.({ event: "error", error });
    throw error;
  }
  const { headers } = response;
  if (call.toApi) settings.clock.observe(headers.get("date"));
  report?.({ event: "response", status: response.status, headers });
  return await answerOf<T>(call, response, attempt, turn);
}

/** Both records as one. Not by `...` or `assign`, which take Node 1.6 us, and Bun 5. */
function merged(
  first: Readonly<Record<string, string>>,
  second: Readonly<Record<string, string>>,
): Record<string, string> {
  const result: Record<string, string> = {};
  for (const name in first) result[name] = first[name]!;
  for (const name in second) result[name] = second[name]!;
  return result;
}

/** The answer of a `fetch` at the end of the steps. */
async function fetched(call: Call, pending: Promise<Response>): Promise<Response> {
  try {
    return await pending;
  } catch (cause) {
    throw rejectionOf(call, cause);
  }
}
