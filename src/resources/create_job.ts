/** Creating a job of any kind: its options, and the request that is made of them. */

import { type Duration, toMs } from "../base/duration.ts";
import { jsonOf } from "../files/input_json.ts";
import type { FileEncoding, UploadProgress } from "../http/options.ts";
import type { EncodeOptions, RequestOptions, RequestSpec, Send } from "../http/types.ts";

/** The moments at which a webhook is sent. `output` and `logs` come at most every 500 ms. */
export type WebhookEvent = "start" | "output" | "logs" | "completed";

/** The options of every create. */
export interface JobOptions extends RequestOptions {
  /** The model's input. Files may be anywhere inside. */
  input: object;
  /** An `https:` URL that Replicate calls as the job goes on. Default: none. */
  webhook?: string | URL | undefined;
  /** The events for which `webhook` is called. Default: `output` and `completed`. */
  webhook_events_filter?: WebhookEvent[] | undefined;
  /** The way that files in the input are sent. Default: that of the client. */
  fileEncoding?: FileEncoding | undefined;
  /** Called each time a part of a file was handed to the network. */
  onUpload?: ((progress: UploadProgress) => void) | undefined;
}

/** The options of a create that starts a prediction. */
export interface CreateOptions extends JobOptions {
  /**
   * The seconds for which the server holds its answer while there is no output yet: 1 to 60 (more is
   * taken as 60), or `true` for 60. Default: no hold.
   */
  wait?: boolean | number | undefined;
  /**
   * The time after which the server cancels the prediction, counted from its creation. At least 5
   * seconds. Default: the server's own limit.
   */
  cancelAfter?: Duration | undefined;
}

const NO_FILES = "give createSend the part that sends files, as in { fileCodec }";

/** The job that is created, for messages. */
export interface JobSubject {
  /** The name of the model, version or deployment that is run. */
  of: string;
  /** `"prediction"`, unless it is a training. */
  noun?: string;
}

/** The endpoint that creates the job. */
export interface JobEndpoint {
  /** The path from `baseUrl` on, escaped. */
  path: string;
  /** The fields of the body that name what is run. */
  body?: Record<string, unknown>;
  /** The server's budget that the create draws on. Default `"create"`. */
  bucket?: RequestSpec["bucket"];
}

/** The options of a create, checked and taken apart: made once, and handed down. */
export interface JobRequest {
  /** The action for messages, such as `create a prediction for acme/painter`. */
  readonly action: string;
  /** The fields that all bodies have. The input may hold files until {@linkcode encodeJob}. */
  readonly body: Readonly<Record<string, unknown>> & { readonly input: object };
  /** The headers that stand for options. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The options of every request for this job, uploads included. */
  readonly request: RequestOptions;
  /** The milliseconds for which the server holds its answer; 0 for no hold. */
  readonly hold: number;
  /** The way that files are sent. */
  readonly files: Pick<EncodeOptions, "encoding" | "onUpload">;
}

/**
 * Creates a job. The API refuses a body with a field that it does not know, so only the options that
 * are named here reach it.
 *
 * @throws {TypeError | RangeError} If an option cannot be used; nothing was sent then.
 */
export async function createJob<T>(
  send: Send,
  target: JobEndpoint & JobSubject,
  options: CreateOptions,
): Promise<T> {
  const job = await encodeJob(send, jobRequest(target, options));
  return await send<T>(jobSpec(target, job));
}

/**
 * Takes the options of a create apart.
 *
 * @throws {TypeError | RangeError} If an option cannot be used.
 */
export function jobRequest(
  { noun = "prediction", of }: JobSubject,
  options: CreateOptions,
): JobRequest {
  const { input, webhook, webhook_events_filter, fileEncoding, onUpload, ...rest } = options;
  const { wait, cancelAfter, ...request } = rest;
  const action = `create a ${noun} for ${of}`;
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    throw new TypeError(`Cannot ${action}: input must be an object such as { prompt: "..." }`);
  }
  const seconds = waitSeconds(wait);
  return {
    action,
    body: {
      input,
      webhook: webhook === undefined ? undefined : webhookUrl(webhook),
      webhook_events_filter,
    },
    headers: {
      prefer: seconds === undefined ? undefined : `wait=${seconds}`,
      "cancel-after": cancelAfter === undefined
        ? undefined
        : cancelAfterHeader(toMs(cancelAfter, "cancelAfter", 5000)),
    },
    request,
    hold: (seconds ?? 0) * 1000,
    files: { encoding: fileEncoding, onUpload },
  };
}

/**
 * The job with its input as JSON: each file is uploaded, or written into it.
 *
 * @throws {TypeError} If something in the input cannot be sent; the message says where it is.
 */
export async function encodeJob(
  send: Send,
  job: JobRequest,
  deadline?: number,
): Promise<JobRequest> {
  const { body, files, request } = job;
  const codec = send.parts?.fileCodec;
  const input = codec
    ? await codec.encode(send, body.input, { ...files, deadline, request })
    : jsonOf("input", body.input, NO_FILES) as object;
  return { ...job, body: { ...body, input } };
}

/** The request that creates an encoded job. */
export function jobSpec(
  { path, body, bucket = "create" }: JobEndpoint,
  job: JobRequest,
  more: Pick<RequestSpec, "deadline" | "onOrphan"> = {},
): RequestSpec {
  return {
    method: "POST",
    path,
    action: job.action,
    headers: job.headers,
    json: { ...body, ...job.body },
    bucket,
    allow: job.hold,
    options: job.request,
    ...more,
  };
}

/**
 * The seconds of `Prefer: wait`; `undefined` for none.
 *
 * @throws {RangeError} If `wait` is not a positive number.
 */
function waitSeconds(wait: boolean | number | undefined): number | undefined {
  if (wait === undefined || wait === false) return undefined;
  if (wait === true) return 60;
  if (typeof wait === "number" && wait > 0) return Math.min(Math.ceil(wait), 60);
  throw new RangeError(`Cannot wait ${wait} seconds: give 1 to 60, true for 60, or false`);
}

/** The value of `Cancel-After`: whole seconds, at least 5, as the server takes no less. */
export function cancelAfterHeader(ms: number): string {
  return `${Math.max(5, Math.ceil(ms / 1000))}s`;
}

function webhookUrl(url: string | URL): string {
  try {
    return new URL(url).href;
  } catch {
    throw new TypeError(`Cannot use ${JSON.stringify(String(url))} as webhook: it is not a URL`);
  }
}
