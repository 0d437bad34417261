/** The types of a recording: requests, and the answers that the API gave. */

/** The requests of a program and the answers that it got, as JSON. */
export interface Recording {
  /** The format of the file. */
  readonly format: "x-replicate-recording-1";
  /** The exchanges, in the order in which the requests were sent. */
  readonly exchanges: readonly RecordedExchange[];
}

/** A request and its answer. */
export interface RecordedExchange {
  /** The request. */
  readonly request: RecordedCall;
  /** The answer that it got. */
  readonly answer: RecordedAnswer;
}

/** A request, without its token. It has at most one of `json`, `text`, `form` and `bytes`. */
export interface RecordedCall {
  /** The method, in capitals. */
  readonly method: string;
  /** The URL, in which values that sign it are `[redacted]`. */
  readonly url: string;
  /** The few headers that an answer depends on, such as `prefer`, with names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The body, if it is JSON. */
  readonly json?: unknown;
  /** The body, if it is text. */
  readonly text?: string;
  /** The parts of a form. */
  readonly form?: readonly RecordedPart[];
  /** The size and digest of any other body. */
  readonly bytes?: RecordedBytes;
}

/** A part of a form: a field with its text, or a file without its content. */
export interface RecordedPart extends Partial<RecordedBytes> {
  /** The name of the field. */
  readonly name: string;
  /** The text of a field that is not a file. */
  readonly text?: string;
  /** The name of the file. */
  readonly filename?: string;
  /** The media type of the file. */
  readonly type?: string;
}

/** Bytes that are not in the recording. */
export interface RecordedBytes {
  /** The size, in bytes. */
  readonly size: number;
  /** The SHA-256 in hex, where the runtime can compute it. */
  readonly sha256?: string;
}

/** An answer. It has at most one of `json`, `text`, `base64`, `events` and `omitted`. */
export interface RecordedAnswer {
  /** The time until its headers, in milliseconds. */
  readonly after?: number;
  /** The status; absent if there was no answer. */
  readonly status?: number;
  /** The headers that clients read, with names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The body, if it is JSON. */
  readonly json?: unknown;
  /** The body, if it is text. */
  readonly text?: string;
  /** The body, if it is a small file. */
  readonly base64?: string;
  /** The events of an event stream. */
  readonly events?: readonly RecordedEvent[];
  /** The size of a body that is too large for the recording. The replay sends as many bytes. */
  readonly omitted?: RecordedBytes;
  /**
   * The end of a request that got no answer: `aborted` by the program, or else the code of the
   * network's failure, such as `ECONNRESET`.
   */
  readonly error?: string;
  /** The end of a body that did not come whole: `cut` by the network, or `left` by the program. */
  readonly ended?: "cut" | "left";
}

/** A piece of an event stream: an event or a comment, as it was sent. */
export interface RecordedEvent {
  /** The time from the headers of the answer on, in milliseconds. */
  readonly at?: number;
  /** The lines, with the empty line that ends them. */
  readonly text: string;
}

/** Options of `recorder`. */
export interface RecorderOptions {
  /**
   * The file that gets the recording. It is replaced. Its folder must exist. Default: none; then
   * take the recording from `recording()` or `onRecord`.
   */
  file?: string | URL | undefined;
  /** Called with each exchange when its answer is complete. Default: none. */
  onRecord?: ((exchange: RecordedExchange) => void) | undefined;
  /**
   * The fields whose values are left out wherever they are in JSON: their names, or a function
   * that gets the name and the value. On replay, any value matches. The value is also left out of
   * other text, such as an echo of it. Default: fields that are named like a password, a token or
   * a key of an API, which are left out in any case.
   */
  redact?: readonly string[] | ((name: string, value: unknown) => boolean) | undefined;
  /**
   * The size up to which the body of a file is recorded, in bytes. JSON and event streams are
   * always recorded. Default 16384.
   */
  maxBody?: number | undefined;
  /** `false` records no times, so that a second recording of the same answers is the same file. Default true. */
  timing?: boolean | undefined;
}

/** Options of `FakeReplicate.from`. */
export interface ReplayOptions {
  /**
   * The way that requests find their answers. `"request"`: by method, path, query and body;
   * equal requests get their answers in the order of the recording. `"order"`: requests must come
   * in the order of the recording. Default `"request"`.
   */
  match?: "order" | "request" | undefined;
  /** `true` takes as long as the API took for each answer and event. Default false: no time. */
  timing?: boolean | undefined;
  /** The fields of JSON bodies that may differ, such as `["seed"]`. Default: none. */
  ignore?: readonly string[] | undefined;
  /** The clock for `timing`. Default `systemClock`. */
  clock?: import("../clock.ts").Clock | undefined;
}
