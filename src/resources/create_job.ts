import { type Duration, toMs } from "../base/duration.ts";
import { jsonOf } from "../files/input_json.ts";
import type { FileEncoding, UploadProgress } from "../http/options.ts";
import type { RequestOptions, RequestSpec, Send } from "../http/types.ts";

/** When a webhook is sent. `output` and `logs` at most every 500 ms. */
export type WebhookEvent = "start" | "output" | "logs" | "completed";

/** What starting any job takes. */
export interface JobOptions extends RequestOptions {
  /** What the model is given. Files may be anywhere inside. */
  input: object;
  /** An `https:` URL that is told of what happens. */
  webhook?: string | URL | undefined;
  /** Of what it is told. Default: `output` and `completed`. */
  webhook_events_filter?: WebhookEvent[] | undefined;
  /** How files in the input are sent. Default: as the client was told. */
  fileEncoding?: FileEncoding | undefined;
  /** Told how much of which file was handed to the network, each time some of it was. */
  onUpload?: ((progress: UploadProgress) => void) | undefined;
}

/** What starting a prediction takes. */
export interface CreateOptions extends JobOptions {
  /**
   * For how many seconds the server holds its answer until the output is there: 1 to 60 (more is taken
   * as 60), or `true` for 60. Default: not at all.
   */
  wait?: boolean | number | undefined;
  /** After how long the server cancels it, counted from its creation. At least 5 seconds. */
  cancelAfter?: Duration | undefined;
}

const NO_FILES = "give createSend the part that sends files, as in { fileCodec }";

/** An input as it is sent, once that is known. */
export interface EncodedInput {
  /** With a URL in place of each file. */
  input?: object;
}

/** Where and as what a job is created. */
export interface JobTarget {
  /** Escaped, from `baseUrl` on. */
  path: string;
  /** What is run, for messages. */
  of: string;
  /** `"prediction"` unless it is a training. */
  noun?: string;
  /** What the body has besides what all have. */
  body?: Record<string, unknown>;
  /** As of {@linkcode RequestSpec}. */
  onOrphan?: RequestSpec["onOrphan"];
  /** As of {@linkcode RequestSpec}. */
  deadline?: number | undefined;
  /** Keeps the input as it is sent, for another try: its files are not uploaded again. */
  encoded?: EncodedInput;
  /** Which of the server's budgets it draws on. Default `"create"`. */
  bucket?: RequestSpec["bucket"];
}

/**
 * Creates a job of any kind. The body is closed, so that only fields that are named here reach it.
 *
 * @throws {TypeError | RangeError} If an option cannot be used; nothing was sent then.
 */
export async function createJob<T>(
  send: Send,
  target: JobTarget,
  options: CreateOptions,
): Promise<T> {
  const { input, webhook, webhook_events_filter, fileEncoding, onUpload, ...rest } = options;
  const { wait, cancelAfter, ...request } = rest;
  const action = `create a ${target.noun ?? "prediction"} for ${target.of}`;
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    throw new TypeError(`Cannot ${action}: input must be an object such as { prompt: "..." }`);
  }
  // Before any file is uploaded.
  const hook = webhook === undefined ? undefined : webhookUrl(webhook);
  const seconds = waitSeconds(wait);
  const headers = {
    prefer: seconds === undefined ? undefined : `wait=${seconds}`,
    "cancel-after": cancelAfter === undefined ? undefined : cancelAfterHeader(cancelAfter),
  };
  const encoded = target.encoded ?? {};
  const codec = send.parts?.fileCodec;
  encoded.input ??= codec
    ? await codec.encode(send, input, {
      encoding: fileEncoding,
      onUpload,
      deadline: target.deadline,
      request,
    })
    : jsonOf("input", input, NO_FILES) as object;
  const body = {
    ...target.body,
    input: encoded.input,
    webhook: hook,
    webhook_events_filter,
  };
  return await send<T>({
    method: "POST",
    path: target.path,
    action,
    headers,
    json: body,
    bucket: target.bucket ?? "create",
    allow: (seconds ?? 0) * 1000,
    deadline: target.deadline,
    onOrphan: target.onOrphan,
    options: request,
  });
}

/**
 * The seconds of `Prefer: wait`; `undefined` for none.
 *
 * @throws {RangeError} If it is not a positive number.
 */
export function waitSeconds(wait: boolean | number | undefined): number | undefined {
  if (wait === undefined || wait === false) return undefined;
  if (wait === true) return 60;
  if (typeof wait === "number" && wait > 0) return Math.min(Math.ceil(wait), 60);
  throw new RangeError(`Cannot wait ${wait} seconds: give 1 to 60, true for 60, or false`);
}

function cancelAfterHeader(duration: Duration): string {
  return `${Math.ceil(toMs(duration, "cancelAfter", 5000) / 1000)}s`;
}

function webhookUrl(url: string | URL): string {
  try {
    return new URL(url).href;
  } catch {
    throw new TypeError(`Cannot use ${JSON.stringify(String(url))} as webhook: it is not a URL`);
  }
}
