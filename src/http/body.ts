/** Bodies of answers, of whatever make: read piece by piece, within bounds, or let go. */

import { fillsBuffers } from "../base/runtime.ts";
import type { Attempt } from "./attempt.ts";

/** Bytes over an ordinary buffer, as the platform wants them. */
export type Chunk = Uint8Array<ArrayBuffer>;

/** A body that is being read, from its start. */
export interface BodyReader {
  /** The next piece; `undefined` at the end. */
  read(): Promise<Chunk | undefined>;
  /** Lets it go, read to its end or not. Not awaited, as a source may never answer. */
  close(reason?: unknown): void;
}

/** An answer whose body is read as it comes, without a stream around it. */
export interface StreamedAnswer extends BodyReader {
  readonly headers: Headers;
}

/** Bodies as `fetch` of other makes has them: a stream of Node's, or none at all. */
type AnyBody = ReadableStream<Chunk> | AsyncIterable<Chunk> | null | undefined;

/**
 * Begins to read the body of a response. `node-fetch` gives a stream of Node's in place of one of the
 * platform's, and React Native and old polyfills give none: there it comes in one piece.
 *
 * @param onPiece Called with each piece, and with `undefined` at the end, for what to hand out.
 */
export function readerOf(
  response: Response,
  onPiece: (piece: Chunk | undefined) => Chunk | undefined = (piece) => piece,
): BodyReader {
  // What is no piece is not the end either, for an `onPiece` that looks at what it gets.
  const next = ({ done, value }: IteratorResult<Chunk, unknown>): Chunk | undefined =>
    onPiece(done ? undefined : value ?? null as unknown as Chunk);
  const body = response.body as AnyBody;
  if (body === undefined) return inOnePiece(response, onPiece);
  if (body === null) return { read: () => Promise.resolve(onPiece(undefined)), close: () => {} };
  if ("getReader" in body) {
    const reader = body.getReader();
    return {
      read: () => reader.read().then(next),
      close: (reason) => void reader.cancel(reason).catch(() => {}),
    };
  }
  const iterator = body[Symbol.asyncIterator]();
  return {
    read: async () => next(await iterator.next()),
    close: () => {
      Promise.resolve(iterator.return?.()).catch(() => {});
      // A stream of Node's that waits for its next piece hears of no iterator.
      (body as { destroy?: () => void }).destroy?.();
    },
  };
}

function inOnePiece(
  response: Response,
  onPiece: (piece: Chunk | undefined) => Chunk | undefined,
): BodyReader {
  let read = false;
  return {
    read: async () => {
      if (read) return onPiece(undefined);
      read = true;
      const bytes = new Uint8Array(await response.arrayBuffer());
      return onPiece(bytes.length > 0 ? bytes : undefined);
    },
    close: () => {},
  };
}

/** A longer body has more than one piece anyway, in bytes. */
const SIZED = 64 * 1024;

/**
 * Reads a body of known length into a buffer of that length, if the platform can. Its own pieces have
 * buffers of 64 kB, zeroed and collected, and a read of nothing at the end: 1.4 to 1.2 of a POST on Deno.
 */
function sizedReader({ body }: Response, length: number | undefined): BodyReader | undefined {
  if (!body?.getReader || !length || length > SIZED || !fillsBuffers()) return undefined;
  let reader: ReadableStreamBYOBReader;
  try {
    reader = body.getReader({ mode: "byob" });
  } catch {
    return undefined;
  }
  let left = length;
  return {
    read: async () => {
      if (left === 0) return undefined;
      const { value } = await reader.read(new Uint8Array(left));
      left -= value?.length ?? 0;
      if (left === 0) reader.cancel().catch(() => {});
      return value?.length ? value as Chunk : undefined;
    },
    close: (reason) => void reader.cancel(reason).catch(() => {}),
  };
}

/** Lets a response go that nobody will read. */
export function discard(response: Response): void {
  if (response.body && !response.bodyUsed) readerOf(response).close();
}

/** The text of a body, and whether it ended within the bound. */
export interface BoundedText {
  text: string;
  whole: boolean;
}

/**
 * The text of a body up to a number of bytes; the rest is let go, so that the connection is not held.
 *
 * @param partial If `true`, a body that breaks off, or that cannot be decoded, gives what came of it.
 * @param length Its length in bytes, where the platform vouches for it.
 */
export async function readText(
  response: Response,
  attempt: Attempt,
  most: number,
  partial: boolean,
  length?: number,
): Promise<BoundedText> {
  const { signal } = attempt;
  // Not `ByteSliceStream` and `toText` of @std/streams: an answer takes Node 0.29 ms instead of
  // 0.06 ms, and `createSend` is 0.2 kB larger.
  const reader = sizedReader(response, length) ?? readerOf(response);
  attempt.onFailure = reader.close;
  const pieces: Chunk[] = [];
  let left = most;
  let whole = true;
  try {
    for (let piece; whole && (piece = await reader.read());) {
      whole = piece.length < left;
      pieces.push(whole ? piece : piece.subarray(0, left));
      left -= piece.length;
    }
    // A stream that was let go ends as if it were whole.
    signal.throwIfAborted();
  } catch (error) {
    if (!partial || signal.aborted) throw error;
    whole = false;
  } finally {
    attempt.onFailure = undefined;
    if (!whole) reader.close();
  }
  return { text: textOf(pieces), whole };
}

function textOf(pieces: readonly Chunk[]): string {
  const decoder = new TextDecoder();
  // Most answers are one piece, which is decoded the faster without `stream`.
  if (pieces.length === 1) return decoder.decode(pieces[0]);
  let text = "";
  for (const piece of pieces) text += decoder.decode(piece, { stream: true });
  return text + decoder.decode();
}

/** Limits of a body that is read as it comes. */
export interface IdleLimit {
  /** The longest wait for a piece, in milliseconds; `null` is no limit. */
  ms: number | null;
  /** Makes the error of a body that broke off. */
  broken: (cause: unknown) => unknown;
}

/**
 * A body that keeps the attempt's rules for as long as it is read: it fails when it stops moving for
 * `idle` milliseconds, when the caller leaves, and it closes the attempt at its end. A reader that
 * pauses is not idle.
 */
export function guardedReader(response: Response, attempt: Attempt, idle: IdleLimit): BodyReader {
  const reader = readerOf(response, (piece) => {
    attempt.stop("idle");
    if (!piece) attempt.close();
    return piece;
  });
  const judge = (error: unknown): unknown => {
    attempt.close();
    reader.close(error);
    return attempt.aborted ? error : idle.broken(error);
  };
  return {
    read: () => {
      attempt.start("idle", idle.ms);
      return attempt.race(reader.read(), judge);
    },
    close: (reason) => {
      attempt.close();
      reader.close(reason);
    },
  };
}

/** The response with such a body. One chunk is asked for at a time, so that a pause reaches the server. */
export function guarded(response: Response, attempt: Attempt, idle: IdleLimit): Response {
  if (response.body === null) {
    attempt.close();
    return response;
  }
  const reader = guardedReader(response, attempt, idle);
  const stream = new ReadableStream<Chunk>({
    async pull(controller): Promise<void> {
      const piece = await reader.read();
      if (piece) controller.enqueue(piece);
      else controller.close();
    },
    cancel: (reason) => reader.close(reason),
  }, { highWaterMark: 0 });
  return withBody(response, stream);
}

/** The response with another body in place of its own. */
export function withBody(
  { status, statusText, headers, url }: Response,
  body: ReadableStream<Chunk>,
): Response {
  // A record, as the headers may be of another make.
  const response = new Response(body, { status, statusText, headers: [...headers] });
  // A response made by hand has no address.
  return Object.defineProperty(response, "url", { value: url, configurable: true });
}
