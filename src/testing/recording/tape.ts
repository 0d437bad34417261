/** The state of a recorder: its exchanges, those under way included. */

import { wholeNumber } from "../../base/check.ts";
import { uptime } from "../../base/clock.ts";
import { report } from "../../base/report.ts";
import { bodySentOnce } from "../../base/runtime.ts";
import { isNetworkLoss, wasRefused } from "../../http/network.ts";
import { describeCall, type ReadCall } from "./call.ts";
import { Capture } from "./capture.ts";
import { FORMAT, writeRecording } from "./file.ts";
import { RecordingFile } from "./recording_file.ts";
import { Scrubber } from "./scrub.ts";
import type {
  RecordedAnswer,
  RecordedCall,
  RecordedExchange,
  RecorderOptions,
  Recording,
} from "./types.ts";

type Fetch = typeof globalThis.fetch;

/** The size up to which files are recorded, in bytes. */
const MAX_BODY = 16_384;
/** The longest wait of `save()` for answers, in milliseconds. */
const PATIENCE = 5_000;
/** The headers of an answer that clients read. None of them holds a secret. */
const HEADERS =
  /^(?:content-(?:type|disposition|range)|retry-after|ratelimit-.*|etag|accept-ranges|location|preference-applied|allow)$/;

/** An exchange that may still go on. Its fields are there as soon as they are known. */
interface OpenExchange {
  request?: RecordedCall;
  /** Describes the answer as far as it has come. */
  answer?: () => RecordedAnswer;
  /** Resolves at its end, or when it is a stream, which may have none. */
  readonly settled: Promise<void>;
  readonly settle: () => void;
}

/** The exchanges of a recorder, in the order of their requests. */
export class Tape {
  readonly #given: Fetch | undefined;
  readonly #options: RecorderOptions;
  readonly #maxBody: number;
  readonly #scrubber: Scrubber;
  readonly #exchanges: OpenExchange[] = [];
  readonly #file: RecordingFile | undefined;

  constructor(given: Fetch | undefined, options: RecorderOptions) {
    this.#given = given;
    this.#options = options;
    this.#maxBody = wholeNumber(options.maxBody ?? MAX_BODY, "maxBody", 0);
    this.#scrubber = new Scrubber(options.redact);
    const { file } = options;
    if (file !== undefined) {
      this.#file = new RecordingFile(() => writeRecording(file, this.recording()));
    }
  }

  /** The recording as it is now. */
  recording(): Recording {
    return { format: FORMAT, exchanges: this.#exchanges.flatMap(exchangeOf) };
  }

  /** Waits for answers that are on their way, and writes the file. */
  async save(): Promise<void> {
    const open = Promise.all(this.#exchanges.map(({ settled }) => settled));
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => timer = setTimeout(resolve, PATIENCE));
    await Promise.race([open, late]);
    clearTimeout(timer);
    await this.#file?.flush();
  }

  assertDone(): void {
    if (this.#file?.failure !== undefined) throw this.#file.failure;
    if (this.#exchanges.length > 0) return;
    throw new Error("Cannot call the recording done: no request was recorded");
  }

  /** Sends a request, and records it. */
  async fetch(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    const signal = init.signal ?? (input instanceof Request ? input.signal : undefined);
    signal?.throwIfAborted();
    // Its place is that of its start, however long it takes to read its body.
    const exchange = openExchange();
    this.#exchanges.push(exchange);
    try {
      const { call, sent } = await readRequest(input, init);
      const token = call.headers.get("authorization")?.replace(/^\w+ +/, "");
      if (token) this.#scrubber.learn(token);
      exchange.request = await describeCall(call, this.#scrubber);
      return await this.#send(exchange, call.url, { ...sent, signal: signal ?? null });
    } catch (error) {
      exchange.settle();
      throw error;
    }
  }

  async #send(exchange: OpenExchange, url: string, init: RequestInit): Promise<Response> {
    const start = uptime();
    try {
      const response = await (this.#given ?? globalThis.fetch)(url, init);
      return this.#capture(exchange, response, this.#after(start));
    } catch (error) {
      const failure = init.signal?.aborted
        ? "aborted"
        : !isNetworkLoss(error)
        ? undefined
        : wasRefused(error)
        ? "ECONNREFUSED"
        : "ECONNRESET";
      const answer = { ...this.#after(start), error: failure };
      // Anything else is a mistake of the program, or of its `fetch`, and no answer.
      if (answer.error !== undefined) exchange.answer = () => answer as RecordedAnswer;
      this.#end(exchange);
      throw error;
    }
  }

  /** The answer for the program, which is recorded while the program reads it. */
  #capture(
    exchange: OpenExchange,
    response: Response,
    after: Pick<RecordedAnswer, "after">,
  ): Response {
    const start = uptime();
    const capture = new Capture(response, {
      maxBody: this.#maxBody,
      elapsed: this.#options.timing === false ? undefined : () => since(start),
      onEnd: () => this.#end(exchange),
    });
    const head = { ...after, status: response.status, ...headersOf(response, this.#scrubber) };
    exchange.answer = () => ({ ...head, ...capture.describe(this.#scrubber) });
    if (response.body === null) this.#end(exchange);
    if (capture.isEndless) exchange.settle();
    return capture.response;
  }

  #after(start: number): Pick<RecordedAnswer, "after"> {
    return this.#options.timing === false ? {} : { after: since(start) };
  }

  #end(exchange: OpenExchange): void {
    exchange.settle();
    this.#file?.touch();
    const { onRecord } = this.#options;
    const [record] = exchangeOf(exchange);
    if (record && onRecord) report(() => onRecord(record));
  }
}

function openExchange(): OpenExchange {
  let settle = (): void => {};
  const settled = new Promise<void>((resolve) => settle = resolve);
  return { settled, settle };
}

/** The exchange as it is recorded, if there is something to record. */
function exchangeOf({ request, answer }: OpenExchange): RecordedExchange[] {
  if (!request) return [];
  // A request whose answer is not there yet, as the program does not wait for it.
  return [{ request, answer: answer ? answer() : { error: "aborted" } }];
}

/** Reads a request to its end, and makes the options that send it. */
async function readRequest(
  input: string | URL | Request,
  init: RequestInit,
): Promise<{ call: ReadCall; sent: RequestInit }> {
  // Without the signal, to which the copy would stay linked for its life.
  const options = { ...init, signal: null, duplex: "half" };
  const request = new Request(input, options);
  const { method, url, headers, redirect } = request;
  const bytes = request.body === null ? undefined : new Uint8Array(await request.arrayBuffer());
  const body = bytes && await bodySentOnce(bytes);
  const sent = { redirect, ...init, method, headers: [...headers], ...(body && { body }) };
  return { call: { method, url, headers, bytes }, sent };
}

/** The milliseconds since a moment, as whole ones. */
function since(moment: number): number {
  return Math.round(uptime() - moment);
}

function headersOf(response: Response, scrubber: Scrubber): Pick<RecordedAnswer, "headers"> {
  const kept = [...response.headers].filter(([name]) => HEADERS.test(name))
    .map(([name, value]) => [name, scrubber.text(value)]);
  return kept.length === 0 ? {} : { headers: Object.fromEntries(kept.sort()) };
}
