/** Every option of a client, as types. */

import type { Duration } from "../base/duration.ts";
import type { Meter } from "../base/meter.ts";
import type { Validation } from "../base/model_check.ts";
import type { SchemaCheck } from "../base/schema_check.ts";

/** The server's budget that a request draws on. */
export type Bucket = "create" | "read";

/** A request is held back, as the server's limit says so. */
export interface Throttled {
  /** The limit that was reached: the one for creating, or the one for everything else. */
  bucket: Bucket;
  /** The expected wait in milliseconds. */
  waitMs: number;
}

/** The way a client keeps within the server's rate limits. */
export interface LimiterOptions {
  /** The most requests that may be open at once. Default: no limit. */
  concurrency?: number | undefined;
  /**
   * The share of the server's budget that is left for others who use the same account, from 0 up to,
   * not including, 1. Default 0.
   */
  reserve?: number | undefined;
  /**
   * Called for a request that is held back, once, when it is the next in line. A call whose
   * `onThrottle` throws gets that error; the others go on.
   */
  onThrottle?: ((wait: Throttled) => void) | undefined;
}

/** A function that sends requests as the platform's `fetch` does. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/**
 * A step around each request that is sent, retries included. Call `next` to go on, with this request
 * or another one; the answer is what it resolves to. The token is added after the last step, and only
 * for the API's origin.
 */
export type Middleware = (
  request: Request,
  next: (request: Request) => Promise<Response>,
) => Response | Promise<Response>;

/** The way a file in an input is sent: by a request of its own, within the JSON, or as its size suggests. */
export type FileEncoding = "upload" | "data-uri" | "auto";

/** Options for uploading the files of an input. */
export interface UploadOptions {
  /** The most uploads of one call that run at once. Default 8. */
  concurrency?: number | undefined;
  /**
   * If `true`, an object that an earlier call has uploaded, and that has not changed, is referred to again
   * until 5 minutes before its upload expires. Default `false`.
   */
  cache?: boolean | undefined;
}

/** The progress of an upload. */
export interface UploadProgress {
  /** The file's place in the input, such as `input.image`; `the file` for `files.create`. */
  path: string;
  /** The name of the file. */
  filename: string;
  /** The number of bytes that were handed to the network. A repeated upload begins at 0 again. */
  loaded: number;
  /** The size of the file in bytes. */
  total: number;
}

/** Options of a client. Everything has a default. */
export interface ClientOptions {
  /**
   * The API token, or a function that is asked for it before each request. Default: the environment
   * variable `REPLICATE_API_TOKEN`, looked up by the first call.
   */
  auth?: string | (() => string | Promise<string>) | undefined;
  /**
   * The URL of the API. Default `https://api.replicate.com/v1`. In a page it may be a path, such as
   * `/api/replicate`, behind which a server of yours adds the token: then none is needed here.
   */
  baseUrl?: string | URL | undefined;
  /** The function that sends requests. Default: the runtime's `fetch`, looked up by each call. */
  fetch?: Fetch | undefined;
  /** Headers for every request to the API. */
  headers?: HeadersInit | undefined;
  /** The `User-Agent` header. Default: `x-replicate/<version> (<runtime>)`. */
  userAgent?: string | undefined;
  /** Steps around each request, the first one outermost. */
  middleware?: Middleware[] | undefined;
  /** Options for sending a call that failed again; `false` turns that off. */
  retry?: RetryOptions | false | undefined;
  /** Limits of time: one for each part of a call, one for a whole attempt, or `null` for none at all. */
  timeout?: TimeoutOptions | Duration | null | undefined;
  /** Options for keeping within the server's rate limits; `false` turns that off. */
  limiter?: LimiterOptions | false | undefined;
  /** The way a file in an input is sent. Default `"upload"`. */
  fileEncoding?: FileEncoding | undefined;
  /** Options for uploading files. */
  uploads?: UploadOptions | undefined;
  /**
   * Called with what works but may not be intended, such as 2 MB of a file within the JSON. Default:
   * warnings go nowhere.
   */
  onWarning?: ((message: string) => void) | undefined;
  /**
   * The check of inputs before anything is uploaded or sent: `"strict"` rejects an input that does not fit
   * the model's schema, `"warn"` tells `onWarning` of it, `"off"` lets the server find out. Default
   * `"strict"` for models whose schema is known: typed ones, and all of them with `schemaCheck`.
   */
  validate?: Validation | undefined;
  /**
   * `true` turns numeric text into a number, and a number into text, where the model's schema wants
   * that. Default `false`.
   */
  coerce?: boolean | undefined;
  /**
   * Finds the schemas of models that are named by text, so that their inputs are checked too: give
   * `schemaCheck` of `@x/replicate/schema`. Each schema is asked for once. Default: only typed models
   * are checked.
   */
  schemaCheck?: SchemaCheck | undefined;
  /**
   * Counts what runs cost, and refuses those that would pass its budget: give what `costMeter()` returns.
   * Default: costs are not counted.
   */
  meter?: Meter | undefined;
  /**
   * Decides whether a file at a URL may be fetched. Default: `https:` on public addresses only, and whatever
   * is on the origin of `baseUrl`.
   */
  allowDownload?: ((url: URL) => boolean | PromiseLike<boolean>) | undefined;
  /**
   * Shows each request, answer, error and wait: `true` prints a line each to `console.error`, a function
   * gets them as objects. Default: `true` if the environment variable `REPLICATE_DEBUG` is set.
   */
  debug?: boolean | ((event: DebugEvent) => void) | undefined;
  /**
   * `true` allows a token in a page, where every visitor can read it. Default `false`: put a proxy of
   * your own in between, with `proxyHandler` from `./serve`.
   */
  dangerouslyAllowBrowser?: boolean | undefined;
}

/** Options for sending a call that failed again. */
export interface RetryOptions {
  /** The most retries after the first attempt. Default 3; 0 turns retries off. */
  maxRetries?: number | undefined;
  /** The first wait. Default 500 ms. */
  minDelay?: Duration | undefined;
  /** The longest wait of our own choosing; a server may ask for more. Default `"30s"`. */
  maxDelay?: Duration | undefined;
  /** The factor by which each wait is longer than the one before. Default 2, at least 1. */
  multiplier?: number | undefined;
  /** The random share of a wait, from 0 to 1. Default 0.5: between half of it and all of it. */
  jitter?: number | undefined;
  /**
   * The longest wait that a server may ask for. Default `"5m"`. A call that is asked to wait for longer
   * fails at once; its error says for how long.
   */
  maxServerWait?: Duration | undefined;
}

/** One step in the life of a call, for debugging. It has neither the token nor any input. */
export interface DebugEvent {
  /** A request is sent, an answer came, an attempt failed, or the call waits before the next one. */
  event: "request" | "response" | "error" | "wait";
  /** The HTTP method. */
  method: string;
  /** The path from `baseUrl` on, without its query; elsewhere, the origin and the path. */
  path: string;
  /** The number of this attempt, from 1. */
  attempt: number;
  /** The HTTP status of the answer. */
  status?: number;
  /** The `cf-ray` header of the answer: name it when you ask Replicate for help. */
  requestId?: string;
  /** Milliseconds since the attempt began, or the length of the wait. */
  ms?: number;
  /** The reason of an error or a wait, in words. */
  reason?: string;
}

/** Limits of time. Each may be `null`: no limit, and no timer. */
export interface TimeoutOptions {
  /**
   * Until the response's headers are there. Default `"30s"`. The seconds of `Prefer: wait` are added.
   * `fetch` does not say when a connection stands, so this covers connecting and the first answer.
   */
  connect?: Duration | null | undefined;
  /** One attempt with its whole body. Default `"60s"`. The seconds of `Prefer: wait` are added. */
  request?: Duration | null | undefined;
  /** A stream or a download that stopped moving. Default `"60s"`. */
  idle?: Duration | null | undefined;
}
