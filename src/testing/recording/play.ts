/** Makes a response of a recorded answer. */

import { decodeBase64 } from "@std/encoding";
import { isRecord } from "../../base/record.ts";
import type { Clock } from "../clock.ts";
import { brokenOff, networkError } from "../faults.ts";
import { anyOf } from "../signals.ts";
import { expanded } from "./scrub.ts";
import type { RecordedAnswer } from "./types.ts";

/** The terms of an answer. */
export interface PlayOptions {
  /** Waits between the events; `undefined` for no waits. */
  readonly clock: Clock | undefined;
  /** Changes each text before it is sent. */
  readonly rewrite: (text: string) => string;
  /** Aborts when the program leaves before the answer is there. */
  readonly signal: AbortSignal;
  /** Aborts when the replay ends. */
  readonly closing: AbortSignal;
  /** Makes the error for who reads on where the recording ends. */
  readonly beyond: () => Error;
}

/** The answer as it was recorded; rejects where there was none. */
export async function playAnswer(answer: RecordedAnswer, options: PlayOptions): Promise<Response> {
  const { clock, signal } = options;
  if (answer.error === "aborted") return await neverAnswered(signal);
  if (clock && answer.after) await clock.sleep(answer.after, signal);
  if (answer.status === undefined) {
    throw networkError(answer.error === "ECONNREFUSED" ? "ECONNREFUSED" : "ECONNRESET");
  }
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers ?? {})) {
    headers.set(name, options.rewrite(value));
  }
  const isEmpty = [101, 204, 205, 304].includes(answer.status);
  const body = isEmpty ? null : bodyOf(answer, options, headers);
  return new Response(body, { status: answer.status, headers });
}

/** Waits for the program to abort the request, as it did when it was recorded. */
function neverAnswered(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

type Chunk = Uint8Array<ArrayBuffer>;

function bodyOf(
  answer: RecordedAnswer,
  options: PlayOptions,
  headers: Headers,
): Chunk | ReadableStream<Chunk> {
  if (answer.events) return eventsOf(answer, options);
  const bytes = bytesOf(answer, options.rewrite);
  if (answer.ended) return streamOf([bytes], answer, options);
  headers.set("content-length", String(bytes.length));
  return bytes;
}

function bytesOf(
  { json, text, base64, omitted, headers }: RecordedAnswer,
  rewrite: (text: string) => string,
): Chunk {
  if (omitted) {
    const isText = /^text\//.test(headers?.["content-type"] ?? "");
    return new Uint8Array(omitted.size).fill(isText ? 0x2e : 0);
  }
  if (base64 !== undefined) return decodeBase64(base64);
  if (json === undefined) return encode(rewrite(expanded(text ?? "")));
  return encode(JSON.stringify(withTexts(json, (it) => rewrite(expanded(it)))));
}

function eventsOf(answer: RecordedAnswer, options: PlayOptions): ReadableStream<Chunk> {
  const { events = [] } = answer;
  const { clock, rewrite } = options;
  let time = 0;
  const sources = events.map(({ at = 0, text }) => async (gone: AbortSignal): Promise<Chunk> => {
    if (clock && at > time) await clock.sleep(at - time, gone);
    time = Math.max(at, time);
    return encode(rewrite(expanded(text)));
  });
  return streamOf(sources, answer, options);
}

/** The pieces one by one, and then the end that the recorded body had. */
function streamOf(
  pieces: readonly (Chunk | ((gone: AbortSignal) => Promise<Chunk>))[],
  { ended }: RecordedAnswer,
  { beyond, closing }: PlayOptions,
): ReadableStream<Chunk> {
  const gone = new AbortController();
  const { signal, unlink } = anyOf(gone.signal, closing);
  let next = 0;
  return new ReadableStream({
    async pull(controller): Promise<void> {
      const piece = pieces[next++];
      if (piece) {
        return controller.enqueue(typeof piece === "function" ? await piece(signal) : piece);
      }
      unlink();
      if (ended === undefined) return controller.close();
      controller.error(
        ended === "left" ? beyond() : brokenOff(),
      );
    },
    cancel(): void {
      unlink();
      gone.abort();
    },
  }, { highWaterMark: 0 });
}

const encode = (text: string): Chunk => new TextEncoder().encode(text);

/** A JSON value with each text in it changed. */
function withTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => withTexts(item, change));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, withTexts(item, change)]),
  );
}
