/** Everything this library throws on its own account derives from `ReplicateError`. */

import { type InvalidField, parseProblem, readableDetail, retryAfterMs } from "./base/problem.ts";
import type { InputIssue } from "./base/model_check.ts";
import { hide } from "./base/record.ts";
import { publicUrl } from "./base/text.ts";

export type { InputIssue, InvalidField };

/** The page that has a section for each class of errors, named after it in small letters. */
const HELP = "https://x.github.io/replicate/errors";

/**
 * The base of every error of this library. Its `cause` is what was caught, if anything was.
 *
 * Printing one, or turning it into JSON, shows neither the token nor the input of a model.
 *
 * @example
 * ```ts
 * import { Client, ReplicateError } from "@x/replicate";
 * import { assert } from "@std/assert";
 *
 * const client = new Client({ auth: "" });
 * const error = await client.account.get().catch((error) => error);
 * assert(error instanceof ReplicateError);
 * ```
 */
export class ReplicateError extends Error {
  /** The name of the class, also in a minified bundle. */
  override get name(): string {
    return "ReplicateError";
  }
  override set name(name: string) {
    rename(this, name);
  }

  /** The address of the page that says what to do about this class of errors. */
  get help(): string {
    return helpOn(Object.getPrototypeOf(this).name);
  }

  /** The name, the message and the plain fields, for logs. */
  toJSON(): Record<string, unknown> {
    const { name, message } = this;
    return { name, message, ...this as object };
  }
}

/** No token was found, or it cannot be used. Thrown by the first call, before any request. */
export class AuthError extends ReplicateError {
  /** Takes the message: what could not be done, and why. */
  constructor(message?: string, options?: ErrorOptions) {
    super(`${message}${seeHelp("AuthError")}`, options);
  }

  /** The name of the class, also in a minified bundle. */
  override get name(): "AuthError" {
    return "AuthError";
  }
  override set name(name: string) {
    rename(this, name);
  }
}

/** The facts that make an {@linkcode ApiError}. */
export interface ApiErrorInit {
  /** The verb phrase of what failed, such as `create a prediction`. */
  action: string;
  /** The HTTP method. */
  method: string;
  /** The URL of the request, without user names, passwords and signatures. */
  url: string;
  /** The HTTP status. */
  status: number;
  /** The headers of the answer. */
  headers: Headers;
  /** The start of the body. */
  body: string;
  /** The number of requests sent for this call. */
  attempts: number;
  /** Why the answer cannot be used, where its status does not say it. */
  detail?: string;
  /** The error that was caught, if any. */
  cause?: unknown;
  /** The end of the message: what the status does not say, or what to do. */
  advice?: string;
}

/**
 * The server answered, and the answer is an error or cannot be used.
 *
 * `headers` and `body` are there to be read, and are left out of logs.
 */
export class ApiError extends ReplicateError {
  /** The name of the class, also in a minified bundle. */
  override get name(): "ApiError" | "RateLimitError" {
    return "ApiError";
  }
  override set name(name: string) {
    rename(this, name);
  }
  /** The HTTP status. */
  declare readonly status: number;
  /** The server's headline, such as `Input validation failed`; `""` where there is none. */
  declare readonly title: string;
  /** The server's explanation, as text that can be shown to a user. */
  declare readonly detail: string;
  /** The fields of the request that the server refused, for a 422. */
  declare readonly invalidFields: InvalidField[];
  /** The `cf-ray` header: name it when you ask Replicate for help. */
  declare readonly requestId: string | undefined;
  /** The HTTP method. */
  declare readonly method: string;
  /** The URL of the request, without user names, passwords and signatures. */
  declare readonly url: string;
  /** The number of requests sent for this call. */
  declare readonly attempts: number;
  // Private, as `structuredClone` of workerd copies all else, enumerable or not.
  #headers: Headers;
  #body: string;

  /** Makes the error from the answer and its request. */
  constructor(init: ApiErrorInit) {
    const problem = parseProblem(init.body);
    const detail = init.detail ?? readableDetail(problem, init);
    const cause = init.cause === undefined ? undefined : init;
    super(`Cannot ${init.action}: ${init.status} ${detail}${init.advice ?? ""}`, cause);
    this.status = init.status;
    this.title = problem.title;
    this.detail = detail;
    this.invalidFields = problem.invalidFields;
    this.requestId = init.headers.get("cf-ray") ?? undefined;
    this.method = init.method;
    this.url = publicUrl(init.url);
    this.attempts = init.attempts;
    this.#headers = init.headers;
    this.#body = init.body;
  }

  /** The headers of the answer. */
  get headers(): Headers {
    return this.#headers;
  }
  set headers(headers: Headers) {
    this.#headers = headers;
  }

  /** The body of the answer, at most 64 kB of it. */
  get body(): string {
    return this.#body;
  }
  set body(body: string) {
    this.#body = body;
  }

  /** The answer as a `Response`, a new one each time, with at most 64 kB of its body. */
  get response(): Response {
    const { status, headers } = this;
    const body = [204, 205, 304].includes(status) ? null : this.body;
    return new Response(body, { status, headers });
  }
}

/**
 * True for an {@linkcode ApiError}, by a field that no other error has: who only asks for it does without
 * the class, which brings along all that reads answers that are errors.
 */
export function isApiError(error: unknown): error is ApiError {
  return error instanceof ReplicateError && "invalidFields" in error;
}

/** 429: too many requests. By then the call has waited and tried again as often as it may. */
export class RateLimitError extends ApiError {
  /** The name of the class, also in a minified bundle. */
  override get name(): "RateLimitError" {
    return "RateLimitError";
  }
  override set name(name: string) {
    rename(this, name);
  }
  /** The wait that the server asked for, in milliseconds, if it did. */
  declare readonly retryAfter: number | undefined;

  /** Makes the error from the answer and its request. */
  constructor(init: ApiErrorInit) {
    super(init);
    this.retryAfter = retryAfterMs(init.headers, init.body);
  }
}

/** There was no answer, or it broke off. The `cause` is what `fetch` threw. */
export class ConnectionError extends ReplicateError {
  /** The name of the class, also in a minified bundle. */
  override get name(): "ConnectionError" | "TimeoutError" {
    return "ConnectionError";
  }
  override set name(name: string) {
    rename(this, name);
  }
  // Declared, so that an error without a request does not print three times `undefined`.
  /** The HTTP method. */
  declare readonly method?: string;
  /** The URL of the request, without user names, passwords and signatures. */
  declare readonly url?: string;
  /** The number of requests sent for this call. */
  declare readonly attempts?: number;

  /** Makes the error; `message` says what could not be done, and why. */
  constructor(
    message: string,
    options: { method?: string; url?: string; attempts?: number; cause?: unknown } = {},
  ) {
    super(message, options);
    const { method, url, attempts } = options;
    if (method !== undefined) this.method = method;
    if (url !== undefined) this.url = publicUrl(url);
    if (attempts !== undefined) this.attempts = attempts;
  }
}

/**
 * The clock that ended a call.
 *
 * - `connect`: no response headers came (the seconds of `Prefer: wait` are added to it).
 * - `request`: one attempt, its body included, took too long.
 * - `idle`: a stream or a download stopped moving.
 * - `wait`: `maxWait` of `wait()` passed.
 * - `deadline`: the `timeout` of a whole run passed.
 */
export type TimeoutPhase = "connect" | "request" | "idle" | "wait" | "deadline";

/** Our own clock ended the call; `phase` says which. */
export class TimeoutError extends ConnectionError {
  /** The name of the class, also in a minified bundle. */
  override get name(): "TimeoutError" {
    return "TimeoutError";
  }
  override set name(name: string) {
    rename(this, name);
  }
  /** The clock that ran out. */
  declare readonly phase: TimeoutPhase;
  /** The id of the prediction or training, where one was created or waited for. */
  declare readonly id?: string;

  /** Makes the error; `message` says what could not be done, and why. */
  constructor(
    message: string,
    options: {
      phase: TimeoutPhase;
      method?: string;
      url?: string;
      attempts?: number;
      id?: string | undefined;
      cause?: unknown;
    },
  ) {
    super(message, options);
    this.phase = options.phase;
    if (options.id !== undefined) this.id = options.id;
  }
}

/** The input is wrong, and nothing was sent. */
export class InputError extends ReplicateError {
  /** The name of the class, also in a minified bundle. */
  override get name(): "InputError" {
    return "InputError";
  }
  override set name(name: string) {
    rename(this, name);
  }
  /** Everything that is wrong, in the order of the input. */
  declare readonly issues: InputIssue[];

  /** Makes the error; `issues` lists everything that is wrong. */
  constructor(message: string, issues: InputIssue[], options?: ErrorOptions) {
    super(message, options);
    this.issues = issues;
  }
}

/** The section of the page on a class of errors; for a class of somebody else's, the page opens at its top. */
function helpOn(name: string): string {
  return `${HELP}#${name.toLowerCase()}`;
}

/** The end of the message of an error whose remedy does not fit into it: the section to read. */
export function seeHelp(name: string): string {
  return `; see ${helpOn(name)}`;
}

/** Gives an error a name of its own, as loggers and tests do. */
export function rename(error: object, name: string): void {
  hide(error, { name });
}
