import type { FailureKind, Progress } from "./job_status.ts";
import type { AcquireOptions, Answer, Bucket, LimiterOptions } from "./limiter.ts";
import type { FileEncoding, UploadProgress } from "./options.ts";
import type { RequestOptions, Send } from "./request.ts";

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
