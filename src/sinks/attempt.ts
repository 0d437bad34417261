/** One attempt at keeping a file: opened, counted and hashed while a sink takes it. */

import { unlessAborted, within } from "../base/async.ts";
import { ReplicateError } from "../errors.ts";
import { lengthOf, type Reading, streamOf } from "../files/bytes.ts";
import type { FileOutput } from "../files/output.ts";
import type { StoredFile } from "../files/stored.ts";
import { readerOf } from "../http/body.ts";
import type { Hasher } from "./hash.ts";
import { type IdleClock, idleClock } from "./idle.ts";
import { passing } from "./passing.ts";
import type { SinkFile, SinkPlace } from "./types.ts";

/** Puts a file somewhere, and tells where. */
export type Put = (file: SinkFile) => SinkPlace | Promise<SinkPlace>;

/** The way in which files are kept. */
export interface Keeping {
  readonly put: Put;
  /** Makes a hash for one file. */
  readonly hash: () => Hasher;
  /** The most times that a file is tried. */
  readonly attempts: number;
  /** The longest time without a move, in milliseconds. */
  readonly idle: number;
}

/** The facts about a file that do not change from one attempt to the next. */
export type FileFacts = Pick<SinkFile, "name" | "key" | "index" | "prediction">;

/** The time, in milliseconds, that a sink has to clean up once its caller has left. */
const CLEANUP = 40;

/**
 * Hands a file to a sink.
 *
 * @param outer The signal of the caller.
 */
export async function attempt(
  { put, hash, idle }: Keeping,
  file: FileOutput,
  facts: FileFacts,
  outer: AbortSignal | undefined,
): Promise<StoredFile> {
  const clock = idleClock(outer, idle);
  const { signal } = clock;
  let reading: Reading | undefined;
  try {
    let response = await file.response({ signal });
    let size = lengthOf(response);
    if (size === undefined) {
      // A store has to know the size first. That is a download more, and no memory.
      size = await sizeOf(readerOf(response), clock);
      response = await file.response({ signal });
    }
    reading = readerOf(response);
    const passage = passing(reading, size, hash(), clock.moved);
    const taking = Promise.resolve(
      put({
        ...facts,
        stream: streamOf(passage),
        size,
        contentType: file.contentType ?? "application/octet-stream",
        signal,
      }),
    );
    const place = await unlessAborted(taking, signal).catch(async (error) => {
      // A sink that was cut off removes what it has begun, unless it takes too long for its caller.
      await within(CLEANUP, taking.catch(() => {}));
      signal.throwIfAborted();
      // The store saw a stream that broke, and knows no more than that.
      throw passage.failure() ?? error;
    });
    return { location: locationOf(place), size, sha256: await passage.sha256() };
  } catch (error) {
    clock.giveUp();
    throw error;
  } finally {
    clock.stop();
    reading?.close();
  }
}

/** The size of a file by its content. */
async function sizeOf(reading: Reading, clock: IdleClock): Promise<number> {
  let size = 0;
  for (let piece; (piece = await reading.read());) {
    size += piece.length;
    clock.moved();
  }
  return size;
}

function locationOf(place: SinkPlace): string {
  const { location, url, key, path } = Object(place) as Record<string, unknown>;
  const found = typeof place === "string" ? place : location ?? url ?? key ?? path;
  // Some stores give a `URL`.
  if (typeof found === "string" && found !== "") return found;
  if (found instanceof URL) return found.href;
  throw new ReplicateError(
    "Cannot keep the file: the sink gave no place; return text, or { location }, { url }, { key } or " +
      "{ path }",
  );
}
