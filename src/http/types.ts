/** The shapes of the transport: a request, a call, and the parts that a `Send` may have. */

import type { ServerClock } from "../base/clock.ts";
import type { FailureKind, Progress } from "../base/job.ts";
import type { MeteredRun } from "../base/meter.ts";
import type {
  Bucket,
  ClientOptions,
  DebugEvent,
  Fetch,
  FileEncoding,
  LimiterOptions,
  Middleware,
  UploadProgress,
} from "./options.ts";

/** Options that every method takes besides its own fields. */
export interface RequestOptions {
  /** Ends the call, and every wait in it, at once; the call rejects with `signal.reason`. */
  signal?: AbortSignal | undefined;
  /** Replaces the client's option for this call. */
  retry?: ClientOptions["retry"] | undefined;
  /** Replaces the client's option for this call. */
  timeout?: ClientOptions["timeout"] | undefined;
  /** Additional headers for this call. */
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
  /** The verb phrase for messages: `Cannot <action>: ...`. */
  action: string;
  /** Added to the URL. */
  query?: Record<string, QueryValue> | undefined;
  /** Headers that this kind of request needs; `undefined` is left out. */
  headers?: Record<string, string | undefined>;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is. A function is called for each attempt, so that a stream can be opened again. */
  body?: BodyInit | (() => BodyInit | Promise<BodyInit>) | undefined;
  /** The caller's options. */
  options?: RequestOptions | undefined;
  /**
   * The form of the result: parsed JSON (the default), text, a response with a guarded body, or a
   * `StreamedAnswer`.
   */
  as?: "json" | "text" | "response" | "reader";
  /** `true` if sending it twice does no harm. Default: `true` for GET, DELETE and QUERY. */
  repeatable?: boolean;
  /** The server's budget that it draws on. Default `"read"`. */
  bucket?: Bucket;
  /** Milliseconds that the server is expected to take: added to `connect` and `request`. */
  allow?: number;
  /** The moment after which no wait is worth it, by the clock of durations: see `uptime()`. */
  deadline?: number | undefined;
  /** `"manual"`: a redirect is an `ApiError` that can be looked at, on every runtime. */
  redirect?: "manual";
  /** `true` if it works without a token too. */
  anonymous?: boolean;
  /** The run that it creates, for a meter. */
  run?: MeteredRun | undefined;
  /**
   * Called before each attempt, when the limiter has let it go; nothing is sent before it is done, and
   * nothing if it fails.
   */
  onSend?: (() => unknown) | undefined;
  /**
   * Called with the answer at the moment at which it is parsed, before anything else can happen. A
   * request that has it is not cut off when the caller leaves, as the server may have accepted it by
   * then: the caller is free at once, and this gets the answer when it comes.
   */
  onAnswer?: ((answer: unknown) => void) | undefined;
  /**
   * Called with what came of an answer that is not whole JSON, as a create that was accepted must not be
   * lost: what it returns is taken in the answer's place, unless that is `undefined`.
   */
  salvage?: ((text: string) => unknown) | undefined;
  /** The form of a JSON answer: with an `id`, any object, a page of a list, or any value (the default). */
  expect?: "record" | "object" | "page";
  /** `true` if headers of the caller may be those of the protocol, as the request is the caller's own. */
  raw?: boolean;
  /**
   * `true` for what does not belong to the API, such as an output: it gets neither the token nor a
   * header of the caller, whatever its address.
   */
  bare?: boolean;
}

/** Sends one request. Resources are made from it; a test's own fake is one function. */
export interface Send {
  <T>(spec: RequestSpec): Promise<T>;
  /** The options in force; a test's own function has none. */
  readonly options?: Readonly<ClientOptions>;
  /** The parts that it was made with; a test's own function has none. */
  readonly parts?: Parts;
  /** The server's clock; a test's own function has none. */
  readonly clock?: ServerClock;
}

/** One call: what does not change between its attempts. */
export interface Call {
  readonly settings: Settings;
  readonly spec: RequestSpec;
  readonly url: string;
  /** The headers that make the request what it is. */
  readonly headers: Readonly<Record<string, string>>;
  /** `true` if it goes to the API, with the token. */
  readonly toApi: boolean;
  /** The caller's headers, which may be secrets: they go to the API's origin only. */
  readonly credentials: Readonly<Record<string, string>>;
  /** The JSON text, made once. */
  readonly json: string | undefined;
  readonly repeatable: boolean;
  readonly timeout: TimeoutPolicy;
  readonly retry: RetryPolicy;
  readonly signal: AbortSignal | undefined;
  /** By the clock of durations: see `uptime()`. */
  readonly deadline: number | undefined;
  /** Milliseconds that the server is expected to take. */
  readonly allow: number;
  readonly limiter: RateLimiter | undefined;
  /** Called before the call is sent again, with the wait that the server asked for. */
  readonly onRetry: ((error: unknown, ms: number) => void) | undefined;
  /** The token as it was last sent, so that no error quotes it. */
  secret: string | undefined;
  /** The number of requests sent so far. */
  attempts: number;
  /** `true` once an attempt may have done its work without an answer. */
  uncertain: boolean;
}

/**
 * Abilities that {@linkcode Client} has, and that `createSend` has if they are given to it: so a bundle
 * holds only what it names. Each is exported under the name that it has here.
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
  /** Classifies the failure of a job. Without it, one that failed is of kind `model`. */
  failureKind?: ((job: { status: string; error?: unknown }) => FailureKind) | undefined;
  /** Reads the progress that `onProgress` gets. Without it, that is `null`. */
  parseProgressFromLogs?: ((job: { readonly logs?: string | null }) => Progress | null) | undefined;
}

/** Sends the files within inputs, and finds those within outputs. */
export interface FileCodec {
  /** A copy of the input as JSON can hold it. */
  encode(send: Send, input: object, options: EncodeOptions): Promise<object>;
  /** The output with a `FileOutput` for each file; `isFile` says that it is the URL of one. */
  decode(send: Send, output: unknown, isFile?: boolean): unknown;
  /** The only file of a decoded output; it throws when there is not just one. */
  single(output: unknown): unknown;
  /** Every file of a decoded output; it throws when there is none. */
  all(output: unknown): unknown[];
}

/** Options for encoding an input. */
export interface EncodeOptions {
  /** The way files are sent. Default: the client's `fileEncoding`. */
  encoding?: FileEncoding | undefined;
  /** The moment after which it is of no use, by the clock of durations: see `uptime()`. */
  deadline?: number | undefined;
  /** For the uploads. */
  request?: RequestOptions | undefined;
  /** Called when some bytes of a file were handed to the network. */
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

/** Limits of a caller's wait. */
export interface AcquireOptions {
  /** Its abort ends the wait. */
  signal?: AbortSignal | undefined;
  /** The moment after which the call is of no use, by the clock of durations: see `uptime()`. */
  deadline?: number | undefined;
  /** The number of times that the call may be refused and sent again. Default: without limit. */
  spare?: number | undefined;
}

/** The part of an answer that a rate limiter learns from. */
export interface Answer {
  /** The HTTP status; 429 is a refusal. */
  status: number;
  /** Its headers, of which `ratelimit-remaining` and `ratelimit-reset` count. */
  headers: Headers;
  /**
   * The wait that the server asks for, in milliseconds, if it does. It is at most `retry.maxServerWait`,
   * and none at all if it makes no sense: then the call that is told so fails, and nobody else waits.
   */
  retryAfter: number | undefined;
}

/** Leave to send one request. It goes back to the limiter with what the server answered. */
export interface Turn {
  /** The budget that it draws on. */
  readonly bucket: Bucket;
  /** Its place among all of its bucket, from 1. */
  readonly number: number;
  /** When it was given, by the clock of durations. */
  readonly sentAt: number;
  /** The number of requests that were over when it was sent, so that its answer counts them. */
  readonly settled: number;
  /** By when the server had taken it, as far as is known, and how many were sent until then. */
  takenAt: number;
  sentByThen: number;
}

/** {@linkcode ClientOptions} with every value known. It holds the token: never handed out. */
export interface Settings {
  readonly auth: ClientOptions["auth"];
  /** Without a slash at the end. */
  readonly base: string;
  readonly origin: string;
  /** `true` if a call without a token is an error. */
  readonly needsToken: boolean;
  readonly fetch: Fetch | undefined;
  /** The caller's, with the user agent. */
  readonly headers: Readonly<Record<string, string>>;
  /** The same without those that are the protocol's. */
  readonly credentials: Readonly<Record<string, string>>;
  readonly middleware: readonly Middleware[];
  readonly retry: RetryPolicy;
  readonly timeout: TimeoutPolicy;
  readonly limiter: RateLimiter | undefined;
  readonly parts: Parts;
  /** Shared by all clients that are derived from one. */
  readonly clock: ServerClock;
  readonly debug: ((event: DebugEvent) => void) | undefined;
  /** The options that the caller may read back: durations in milliseconds, without `auth`. */
  readonly shown: Readonly<ClientOptions>;
}

/** {@linkcode RetryOptions} with every value known, in milliseconds. */
export interface RetryPolicy {
  readonly maxRetries: number;
  readonly minDelay: number;
  readonly maxDelay: number;
  readonly multiplier: number;
  readonly jitter: number;
  readonly maxServerWait: number;
}

/** {@linkcode TimeoutOptions} with every value known, in milliseconds. */
export interface TimeoutPolicy {
  readonly connect: number | null;
  readonly request: number | null;
  readonly idle: number | null;
}
