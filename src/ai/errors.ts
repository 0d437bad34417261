/** The errors of a provider, in the form by which the AI SDK decides whether to call again. */

import {
  type ApiError,
  AuthError,
  ConnectionError,
  InputError,
  isApiError,
  rename,
  ReplicateError,
} from "../errors.ts";
import type { PredictionError } from "../run/errors.ts";

/** The keys by which the AI SDK knows its errors, also those of another copy of it. */
const MARKERS = ["vercel.ai.error", "vercel.ai.error.AI_APICallError"];

/**
 * A call of a model through the AI SDK failed. For the SDK it is an `APICallError`
 * (`APICallError.isInstance(error)`); its `cause` is the error of this library, such as a
 * `PredictionError` with the prediction.
 *
 * `isRetryable` is true only where the server cannot have created a prediction: the SDK repeats such a
 * call, and a prediction that was created is paid for.
 *
 * @example
 * ```ts
 * import { Client, PredictionError } from "@x/replicate";
 * import { AiCallError, replicate } from "@x/replicate/ai";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const run = () => {
 *   throw new Error("CUDA out of memory");
 * };
 * await using fake = new FakeReplicate({ models: { "acme/big": { official: true, run } } });
 * const ai = replicate(new Client({ auth: "r8_test", fetch: fake.fetch }));
 *
 * const prompt = [{ role: "user" as const, content: [{ type: "text", text: "Hi" }] }];
 * const error = await ai("acme/big").doGenerate({ prompt }).catch((error) => error);
 * assert(error instanceof AiCallError && error.cause instanceof PredictionError);
 * assertEquals([error.isRetryable, error.cause.kind], [false, "memory"]);
 * ```
 */
export class AiCallError extends ReplicateError {
  /** The name of the AI SDK's own error. */
  override get name(): "AI_APICallError" {
    return "AI_APICallError";
  }
  override set name(name: string) {
    rename(this, name);
  }
  /** The URL of the request or the prediction; empty if none is known. */
  readonly url: string;
  /** Absent: inputs are in no error. */
  readonly requestBodyValues: unknown = undefined;
  /** The HTTP status, if the server refused a request. */
  readonly statusCode: number | undefined;
  /** `true` if the same call can be made again without paying twice. */
  readonly isRetryable: boolean;
  /** The `id`, `status` and `kind` of a prediction that did not succeed. */
  readonly data: unknown;
  // Private, as the answer may hold the input: see `ApiError`.
  readonly #answer: ApiError | undefined;

  /**
   * Wraps an error of this library.
   *
   * @param cause The error.
   * @param isRetryable `true` if the same call can be made again without paying twice.
   */
  constructor(cause: ReplicateError, isRetryable: boolean) {
    super(cause.message, { cause });
    const answer = isApiError(cause) ? cause : undefined;
    // By its fields: the class would be a file of its own that every program loads.
    const failed = "kind" in cause && "prediction" in cause ? cause as PredictionError : undefined;
    this.url = answer?.url ?? failed?.prediction.urls?.get ?? "";
    this.statusCode = answer?.status;
    this.isRetryable = isRetryable;
    this.data = failed && { id: failed.id, status: failed.prediction.status, kind: failed.kind };
    this.#answer = answer;
    for (const marker of MARKERS) Object.defineProperty(this, Symbol.for(marker), { value: true });
  }

  /** The headers of the server's answer; the SDK reads `retry-after`. */
  get responseHeaders(): Record<string, string> | undefined {
    return this.#answer && Object.fromEntries(this.#answer.headers);
  }

  /** The start of the body of the server's answer. */
  get responseBody(): string | undefined {
    return this.#answer?.body;
  }
}

/** An error for the SDK. Misuse, and the reason of the caller's own signal, stay as they are. */
export function callError(error: unknown, created: boolean, signal?: AbortSignal): unknown {
  if (signal?.aborted && error === signal.reason) return error;
  if (isApiError(error)) {
    return new AiCallError(error, created ? isRefusedCreate(error) : isTransient(error.status));
  }
  if (error instanceof ConnectionError) return new AiCallError(error, !created);
  const isMisuse = error instanceof AuthError || error instanceof InputError;
  const isDone = isMisuse || error instanceof AiCallError || !(error instanceof ReplicateError);
  return isDone ? error : new AiCallError(error, false);
}

/** An answer that stands for a moment only. */
function isTransient(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/**
 * A create, or the upload before it, that was refused for the rate. A poll that was refused has the same
 * status, and its prediction runs.
 */
function isRefusedCreate({ status, method, url }: ApiError): boolean {
  return status === 429 && method === "POST" && /\/(predictions|files)$/.test(url.split("?")[0]!);
}

/** The answer of a model that has none of what was asked for. Its prediction is paid for. */
export function uselessOutput(message: string): AiCallError {
  return new AiCallError(new ReplicateError(message), false);
}
