/** Reads a download over as many requests as it takes. */

import { ConnectionError, ReplicateError } from "../errors.ts";
import { readerOf } from "../http/body.ts";
import { lengthOf, type Reading } from "./bytes.ts";

/** The way a transfer goes on when it breaks. */
interface TransferOptions {
  /** The verb phrase for messages. */
  action: string;
  /** The most requests in a row that may bring nothing. */
  resumes: number;
}

/**
 * Reads a download from its first response on. When it breaks, `again` is called for the rest of it.
 * Each response is held to the length that it states: not every `fetch` notices that bytes are missing.
 */
export function transfer(
  first: Response,
  again: (headers: Record<string, string>) => Promise<Response>,
  { action, resumes }: TransferOptions,
): Reading {
  const validator = validatorOf(first);
  /** The size of the file, as far as it is known. */
  let size = lengthOf(first);
  let reading: Reading = readerOf(first);
  /** The number of bytes that were passed on. */
  let received = 0;
  /** The offset of the next piece: less than `received` if the server has started again from 0. */
  let position = 0;
  /** The offset at which the present response ends, if it states one. */
  let end = size;
  let fails = 0;
  /** True once the reader has left, although a read may still be waiting. */
  let left = false;

  const resume = async (cause: ConnectionError): Promise<void> => {
    if (left || validator === undefined || fails++ >= resumes) throw cause;
    const response = await again({ range: `bytes=${received}-`, "if-range": validator });
    reading = readerOf(response);
    if (left) reading.close();
    const part = partOf(response);
    // A server without support for ranges starts again from 0.
    position = part ? received : 0;
    const length = lengthOf(response);
    const total = (part ? part.size : length) ?? size;
    const isSame = part
      ? part.from === received
      : response.status === 200 && validatorOf(response) === validator;
    if (!isSame || total !== (size ?? total)) {
      reading.close();
      throw new ReplicateError(
        `Cannot ${action}: the file has changed meanwhile`,
        { cause },
      );
    }
    size = total;
    end = length === undefined ? size : position + length;
  };

  const next = async (): Promise<Uint8Array | undefined> => {
    const piece = await reading.read();
    if (!piece) {
      const least = Math.max(received, end ?? 0, size ?? 0);
      if (position >= least) return undefined;
      throw new ConnectionError(
        `Cannot ${action}: it ended after ${position} of ${size ?? least} bytes`,
      );
    }
    const known = received - position;
    position += piece.length;
    if (position > (end ?? Infinity)) {
      reading.close();
      throw new ReplicateError(`Cannot ${action}: it has more than ${end} bytes`);
    }
    if (position > received) {
      received = position;
      fails = 0;
    }
    // Empty, if all of it was passed on before.
    return piece.subarray(known);
  };

  const read = async (): Promise<Uint8Array | undefined> => {
    for (;;) {
      try {
        const piece = await next();
        if (piece?.length !== 0) return piece;
      } catch (error) {
        if (!(error instanceof ConnectionError)) throw error;
        await resume(error);
      }
    }
  };
  const close = (reason?: unknown): void => {
    left = true;
    reading.close(reason);
  };
  return { read, close };
}

/** The part of the file that a response has: its first byte, and the size of the whole, if it is known. */
function partOf(
  { status, headers }: Response,
): { from: number; size: number | undefined } | undefined {
  const range = headers.get("content-range") ?? "";
  const [, from, size] = /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15}|\*)$/.exec(range) ?? [];
  if (status !== 206 || !from) return undefined;
  return { from: Number(from), size: size === "*" ? undefined : Number(size) };
}

/** The validator of a content: it tells whether the file at the URL is still the same one. */
function validatorOf({ headers }: Response): string | undefined {
  const etag = headers.get("etag");
  return etag?.startsWith('"') ? etag : undefined;
}
