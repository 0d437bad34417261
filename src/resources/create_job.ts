/** Creating a job of any kind: its options, and the request that is made of them. */

import { isRecord } from "../base/record.ts";
import { checkChoices, checkFunction, checkKeys, REQUEST_OPTIONS } from "../base/check.ts";
import { type Duration, toMs } from "../base/duration.ts";
import { checkMeter, checkTag, type Meter, type MeteredRun } from "../base/meter.ts";
import { excerpt, nearest, parsedUrl, shown } from "../base/text.ts";
import { isApiError } from "../errors.ts";
import { jsonOf } from "../files/json_copy.ts";
import type { FileEncoding, UploadProgress } from "../http/options.ts";
import type { EncodeOptions, RequestOptions, RequestSpec, Send } from "../http/types.ts";
import { getJob } from "./jobs.ts";
import { metered } from "./metered.ts";
import { isSalvaged, salvage } from "./salvage.ts";

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
  /** Counts what the job costs, and refuses it if it would pass a budget. Default: that of the client. */
  meter?: Meter | undefined;
  /** The name under which the meter counts it. Default `""`. */
  tag?: string | undefined;
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

// By calls, which bundlers leave out where nothing uses their result.
/** The names of {@linkcode JobOptions}. */
export const JOB_OPTIONS: readonly string[] = /* @__PURE__ */ REQUEST_OPTIONS.concat(
  "input",
  "webhook",
  "webhook_events_filter",
  "fileEncoding",
  "onUpload",
  "meter",
  "tag",
);

/** The names of {@linkcode CreateOptions}. */
const CREATE_OPTIONS: readonly string[] = /* @__PURE__ */ JOB_OPTIONS.concat(
  "wait",
  "cancelAfter",
);

/** Names that the official client has for what is done in another way here. */
const HINTS: Readonly<Record<string, string>> = {
  useFileOutput: "String(file) is the URL",
  fileEncodingStrategy: "give it as fileEncoding",
  stream: "see urls.stream of the prediction",
};

/**
 * Refuses options that are none, and an option that there is not: most often a field of the input in a
 * wrong place.
 *
 * @throws {TypeError} If there is one.
 */
export function checkJobOptions(options: object, known: readonly string[], action: string): void {
  if (!isRecord(options)) {
    throw withoutInput(action);
  }
  const hints = { ...HINTS };
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const near = nearest(key, known);
    // Models write their fields in snake_case.
    if (near === undefined || (key.includes("_") && !near.includes("_"))) {
      hints[key] ??= `${key} belongs into input`;
    }
  }
  checkKeys(options, known, action, hints);
}

function withoutInput(action: string): TypeError {
  return new TypeError(`Cannot ${action}: give its input, as in { input: { prompt: "..." } }`);
}

const NO_FILES = "give createSend the part, as in { fileCodec }";

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
  /** The meter, if it is not that of the client. */
  readonly meter: Meter | undefined;
  /** The run, for the meter. */
  readonly run: MeteredRun;
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
  given: Send,
  target: JobEndpoint & JobSubject,
  options: CreateOptions,
): Promise<T> {
  const job = await encodeJob(given, jobRequest(target, options));
  const send = metered(given, job.meter);
  let record: T & { id: string };
  try {
    record = await send(jobSpec(target, job));
  } catch (error) {
    throw withVersionAdvice(error, target.body?.version);
  }
  if (!isSalvaged(record)) return record;
  const kind = target.noun === "training" ? "trainings" : "predictions";
  return await getJob(send, kind, record.id, job.request, ", which was created");
}

/** The error of a create; where a version is not known, with what is wrong with its id. */
export function withVersionAdvice(error: unknown, version: unknown): unknown {
  const id = String(version).split(":").at(-1) ?? "";
  if (version === undefined || /^[0-9a-f]{64}$|\//.test(id)) return error;
  if (isApiError(error) && (error.status === 404 || /version/i.test(error.detail))) {
    error.message += `; the id of a version has 64 hex digits, and ${
      shown(excerpt(id, 70))
    } has not`;
  }
  return error;
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
  const action = `create a ${noun} for ${of}`;
  checkJobOptions(options, noun === "training" ? JOB_OPTIONS : CREATE_OPTIONS, action);
  const { input, webhook, webhook_events_filter, fileEncoding, onUpload, ...rest } = options;
  const { wait, cancelAfter, meter, tag, ...request } = rest;
  checkMeter(meter);
  checkTag(tag);
  if (!isRecord(input)) {
    throw withoutInput(action);
  }
  checkFunction(onUpload, "onUpload");
  if (webhook_events_filter !== undefined) {
    checkChoices(webhook_events_filter, EVENTS, "webhook_events_filter");
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
      prefer: seconds > 0 ? `wait=${seconds}` : undefined,
      "cancel-after": cancelAfter === undefined
        ? undefined
        : cancelAfterHeader(toMs(cancelAfter, "cancelAfter", 5000)),
    },
    request,
    hold: seconds * 1000,
    meter,
    run: { of, tag },
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
    ? await codec.encode(send, body.input, { deadline, request, ...files })
    : jsonOf("input", body.input, NO_FILES) as object;
  return { ...job, body: { ...body, input } };
}

/** The request that creates an encoded job. */
export function jobSpec(
  { path: to, body, bucket = "create" }: JobEndpoint,
  job: JobRequest,
): RequestSpec {
  return {
    method: "POST",
    path: to,
    action: job.action,
    headers: job.headers,
    // Not by `...`, which takes Node 20 3.6 us for two objects of unlike shapes.
    json: Object.assign({}, body, job.body),
    bucket,
    allow: job.hold,
    run: job.run,
    options: job.request,
    expect: "record",
    salvage,
  };
}

/**
 * The seconds of `Prefer: wait`; 0 for none.
 *
 * @throws {RangeError} If `wait` is not a positive number.
 */
function waitSeconds(wait: boolean | number = false): number {
  if (typeof wait === "boolean") return wait ? 60 : 0;
  if (typeof wait === "number" && wait > 0) return Math.min(Math.ceil(wait), 60);
  throw new RangeError(`Cannot use ${wait} as wait: give seconds from 1 to 60, true or false`);
}

/** The value of `Cancel-After`: whole seconds, at least 5, as the server takes no less. */
export function cancelAfterHeader(ms: number): string {
  return `${Math.max(5, Math.ceil(ms / 1000))}s`;
}

const EVENTS: readonly WebhookEvent[] = ["start", "output", "logs", "completed"];

function webhookUrl(url: string | URL): string {
  const href = parsedUrl(url)?.href;
  if (href !== undefined) return href;
  throw new TypeError(`Cannot use ${shown(excerpt(String(url)))} as webhook: it is not a URL`);
}
