/** Every option of a client, as types. */

import type { Duration } from "../base/duration.ts";

/** Which of the server's budgets a request draws on. */
export type Bucket = "create" | "read";

/** A request is held back, as the server's limit says so. */
export interface Throttled {
  /** Whose limit: that of creating, or that of everything else. */
  bucket: Bucket;
  /** For how long, in milliseconds, as far as is known. */
  waitMs: number;
}

/** How a client keeps within the server's rate limits. */
export interface LimiterOptions {
  /** How many requests may be open at once. Default: no limit. */
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

/** What `fetch` is. */
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

/** How a file in an input is sent: by its own request, within the JSON, or as its size suggests. */
export type FileEncoding = "upload" | "data-uri" | "auto";

/** How the files of an input are uploaded. */
export interface UploadOptions {
  /** How many at once in one call. Default 8. */
  concurrency?: number | undefined;
  /**
   * Whether an object that was uploaded by an earlier call, and has not changed, is referred to again
   * until 5 minutes before its upload expires. Default `false`.
   */
  cache?: boolean | undefined;
}

/** How far an upload is. */
export interface UploadProgress {
  /** Where it is in the input, such as `input.image`; `the file` for `files.create`. */
  path: string;
  /** What it is called. */
  filename: string;
  /** How many bytes were handed to the network. A repeated upload begins at 0 again. */
  loaded: number;
  /** How many bytes there are. */
  total: number;
}

/** What a client can be told. Everything has a default. */
export interface ClientOptions {
  /**
   * The API token, or a function that is asked for it before each request. Default: the environment
   * variable `REPLICATE_API_TOKEN`, looked up by the first call.
   */
  auth?: string | (() => string | Promise<string>) | undefined;
  /**
   * Where the API is. Default `https://api.replicate.com/v1`. In a page it may be a path, such as
   * `/api/replicate`, behind which a server of yours adds the token: then none is needed here.
   */
  baseUrl?: string | URL | undefined;
  /** What sends requests. Default: the runtime's `fetch`, looked up by each call. */
  fetch?: Fetch | undefined;
  /** Headers for every request to the API. */
  headers?: HeadersInit | undefined;
  /** The `User-Agent` header. Default: `x-replicate/<version> (<runtime>)`. */
  userAgent?: string | undefined;
  /** Steps around each request, the first one outermost. */
  middleware?: Middleware[] | undefined;
  /** When a call that failed is sent again; `false`: never. */
  retry?: RetryOptions | false | undefined;
  /** How long to wait for what: by part, for one attempt, or `null` for no limits at all. */
  timeout?: TimeoutOptions | Duration | null | undefined;
  /** How the client keeps within the server's rate limits; `false`: not at all. */
  limiter?: LimiterOptions | false | undefined;
  /** How a file in an input is sent. Default `"upload"`. */
  fileEncoding?: FileEncoding | undefined;
  /** How files are uploaded. */
  uploads?: UploadOptions | undefined;
  /**
   * Told of what works and may not be wanted, such as 2 MB of a file within the JSON. Default: nobody.
   */
  onWarning?: ((message: string) => void) | undefined;
  /**
   * Whether a file at this URL may be fetched. Default: `https:` on public addresses only, and whatever
   * is on the origin of `baseUrl`.
   */
  allowDownload?: ((url: URL) => boolean) | undefined;
}

/** When a call that failed is sent again. */
export interface RetryOptions {
  /** How many times after the first one. Default 3; 0 turns retries off. */
  maxRetries?: number | undefined;
  /** The first wait. Default 500 ms. */
  minDelay?: Duration | undefined;
  /** The longest wait of our own choosing; a server may ask for more. Default `"30s"`. */
  maxDelay?: Duration | undefined;
  /** By how much each wait is longer than the one before. Default 2, at least 1. */
  multiplier?: number | undefined;
  /** The random share of a wait, from 0 to 1. Default 0.5: between half of it and all of it. */
  jitter?: number | undefined;
}

/** How long to wait for what. Each may be `null`: no limit, and no timer. */
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
