/** The shapes of the transport: a request, a call, and the parts that a `Send` may have. */

import type { FailureKind, Progress } from "../base/job.ts";
import type {
  Bucket,
  ClientOptions,
  Fetch,
  FileEncoding,
  LimiterOptions,
  Middleware,
  UploadProgress,
} from "./options.ts";

/** What every method takes besides its own fields. */
export interface RequestOptions {
  /** Ends the call, and every wait in it, at once; the call rejects with `signal.reason`. */
  signal?: AbortSignal | undefined;
  /** In place of the client's, for this call. */
  retry?: ClientOptions["retry"] | undefined;
  /** In place of the client's, for this call. */
  timeout?: ClientOptions["timeout"] | undefined;
  /** More headers, for this call. */
  headers?: HeadersInit | undefined;
}

/** A value of a query; `undefined` is left out, a `Date` is sent as its ISO text. */
export type QueryValue = string | number | boolean | Date | undefined;

/** One request, as a resource describes it. */
export interface RequestSpec {
  /** The HTTP method. */
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "QUERY";
  /** Escaped, from `baseUrl` on (`/predictions`), or a whole URL. */
  path: string;
  /** For messages: `Cannot <action>: ...`. */
  action: string;
  /** Added to the URL. */
  query?: Record<string, QueryValue>;
  /** Of this kind of request; `undefined` is left out. */
  headers?: Record<string, string | undefined>;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is. A function is called for each attempt, so that a stream can be opened again. */
  body?: BodyInit | (() => BodyInit | Promise<BodyInit>);
  /** The caller's. */
  options?: RequestOptions | undefined;
  /** What to return: parsed JSON (the default), the text, or the response with a guarded body. */
  as?: "json" | "text" | "response";
  /** Whether sending it twice does no harm. Default: whether it is a GET, DELETE or QUERY. */
  repeatable?: boolean;
  /** Which of the server's budgets it draws on. Default `"read"`. */
  bucket?: Bucket;
  /** Milliseconds that the server is expected to take: added to `connect` and `request`. */
  allow?: number;
  /** The moment, as of `Date.now()`, after which no wait is worth it. */
  deadline?: number | undefined;
  /** `"manual"`: a redirect is an `ApiError` that can be looked at, on every runtime. */
  redirect?: "manual";
  /** Whether it works without a token too. */
  anonymous?: boolean;
  /**
   * When the caller leaves while the request is under way, it is not cut off, as the server may have
   * accepted it by then. The caller is free at once, and this gets the answer when it comes.
   */
  onOrphan?: ((answer: unknown) => void) | undefined;
}

/** Sends one request. Resources are made from it; a test's own fake is one function. */
export interface Send {
  <T>(spec: RequestSpec): Promise<T>;
  /** What the client was told, for those who need to know; a fake has none. */
  readonly options?: Readonly<ClientOptions>;
  /** What it was made with; a fake has none. */
  readonly parts?: Parts;
}

/** One call: what does not change between its attempts. */
export interface Call {
  readonly settings: Settings;
  readonly spec: RequestSpec;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The JSON text, made once. */
  readonly json: string | undefined;
  readonly repeatable: boolean;
  readonly timeout: TimeoutPolicy;
  readonly signal: AbortSignal | undefined;
  readonly limiter: RateLimiter | undefined;
  /** How many requests were sent so far. */
  attempts: number;
  /** Whether an attempt may have done its work without our hearing of it. */
  uncertain: boolean;
}

/**
 * What {@linkcode Client} has, and `createSend` is given where it is wanted, as a bundle holds what it
 * names: each is exported by the name that it has here.
 *
 * @example
 * ```ts
 * import { createSend, fileCodec, rateLimiter, run } from "@x/replicate";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assertEquals } from "@std/assert";
 *
 * await using fake = new FakeReplicate({
 *   models: {
 *     "acme/read": { official: true, run: ({ text }, job) => job.file(String(text)).text() },
 *   },
 * });
 * const send = createSend({ auth: "r8_test", fetch: fake.fetch }, { fileCodec, rateLimiter });
 * const input = { text: new Blob(["Hello"]) };
 * assertEquals(await run(send, "acme/read", { input }), "Hello");
 * ```
 */
export interface Parts {
  /** Files in inputs and outputs. Without it an input is JSON, and an output is what the API sent. */
  fileCodec?: FileCodec | undefined;
  /**
   * Keeps within the server's rate limits. Without it each call waits as the server told it to, and
   * the others of the client do not learn of it.
   */
  rateLimiter?: ((options?: LimiterOptions) => RateLimiter) | undefined;
  /** Finds out what sort of failure a job ended with. Without it, one that failed is of kind `model`. */
  failureKind?: ((job: { status: string; error?: unknown }) => FailureKind) | undefined;
  /** Reads the progress that `onProgress` is told. Without it, that is `null`. */
  parseProgressFromLogs?: ((job: { readonly logs?: string | null }) => Progress | null) | undefined;
}

/** How files are sent within inputs, and found within outputs. */
export interface FileCodec {
  /** A copy of the input as JSON can hold it. */
  encode(send: Send, input: object, options: EncodeOptions): Promise<object>;
  /** The output with a `FileOutput` for each file. */
  decode(send: Send, output: unknown): unknown;
  /** The only file of a decoded output; it throws when there is not just one. */
  single(output: unknown): unknown;
  /** Every file of a decoded output; it throws when there is none. */
  all(output: unknown): unknown[];
}

/** What encoding an input takes. */
export interface EncodeOptions {
  /** How files are sent. Default: as the client was told. */
  encoding?: FileEncoding | undefined;
  /** The moment, as of `Date.now()`, after which it is of no use. */
  deadline?: number | undefined;
  /** For the uploads. */
  request?: RequestOptions | undefined;
  /** Told how much of which file was handed to the network. */
  onUpload?: ((progress: UploadProgress) => void) | undefined;
}

/** Keeps within rate limits. What `acquire` gives stands for one request, and is a secret of its own. */
export interface RateLimiter {
  /** Leave to send one request: at once, or when it is its turn. */
  acquire(bucket: Bucket, options: AcquireOptions): object | Promise<object>;
  /** Learns from an answer. */
  observe(turn: object, answer: Answer): void;
  /** The request is over, however it went. */
  release(turn: object): void;
}

/** Until when, and for whom, a caller waits. */
export interface AcquireOptions {
  /** Its abort ends the wait. */
  signal?: AbortSignal | undefined;
  /** The moment, as of `Date.now()`, after which the call is of no use. */
  deadline?: number | undefined;
}

/** What the server answered to a request. */
export interface Answer {
  /** The HTTP status; 429 is a refusal. */
  status: number;
  /** Its headers, of which `ratelimit-remaining` and `ratelimit-reset` count. */
  headers: Headers;
  /** How long the server asks to wait, in milliseconds, if it does. */
  retryAfter: number | undefined;
}

/** {@linkcode ClientOptions} with every value known. It holds the token: never handed out. */
export interface Settings {
  readonly auth: ClientOptions["auth"];
  /** Without a slash at the end. */
  readonly base: string;
  readonly origin: string;
  /** Whether a call without a token is an error. */
  readonly needsToken: boolean;
  readonly fetch: Fetch | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly middleware: readonly Middleware[];
  readonly retry: RetryPolicy;
  readonly timeout: TimeoutPolicy;
  readonly limiter: RateLimiter | undefined;
  readonly parts: Parts;
  readonly redirect: "error" | "manual";
  /** What the caller may read back: durations in milliseconds, without `auth`. */
  readonly shown: Readonly<ClientOptions>;
}

/** {@linkcode RetryOptions} with every value known, in milliseconds. */
export interface RetryPolicy {
  readonly maxRetries: number;
  readonly minDelay: number;
  readonly maxDelay: number;
  readonly multiplier: number;
  readonly jitter: number;
}

/** {@linkcode TimeoutOptions} with every value known, in milliseconds. */
export interface TimeoutPolicy {
  readonly connect: number | null;
  readonly request: number | null;
  readonly idle: number | null;
}
