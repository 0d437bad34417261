/** Keeps the files of one output: side by side, with retries, and with what was kept before. */

import { delay } from "@std/async/delay";
import { turns } from "../base/async.ts";
import { ConnectionError, isApiError, ReplicateError } from "../errors.ts";
import { filesIn } from "../files/files_in.ts";
import { suggestedName } from "../files/names.ts";
import type { FileOutput } from "../files/output.ts";
import type { StoredFile } from "../files/stored.ts";
import type { SinkJob } from "../run/sink.ts";
import { attempt, type FileFacts, type Keeping } from "./attempt.ts";
import { SinkError } from "./error.ts";

/**
 * The files of one output that are kept at a time. Each has two connections, and a Worker has six for
 * all that it does.
 */
const AT_ONCE = 2;

/** The first wait between two attempts, and the longest one, in milliseconds. */
const FIRST_WAIT = 1000;
const LONGEST_WAIT = 30_000;

/**
 * Keeps each file of an output, and sets its `stored`.
 *
 * @throws {SinkError} If not all of them could be kept. Every one is tried before.
 */
export async function keep(
  keeping: Keeping,
  output: unknown,
  job: SinkJob,
): Promise<StoredFile[]> {
  const { prediction, signal, known = [], onStored } = job;
  const files = filesIn(output);
  const stored = files.map((_, index) => known[index] ?? null);
  const errors: unknown[] = [];
  const inTurn = turns();
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index; (index = next++) < files.length;) {
      if (stored[index]) continue;
      signal?.throwIfAborted();
      const facts = factsOf(files[index]!, index, prediction);
      try {
        stored[index] = await tried(keeping, files[index]!, facts, signal);
      } catch (error) {
        signal?.throwIfAborted();
        errors[index] = error;
        continue;
      }
      await inTurn(async () => await onStored?.([...stored]));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  files.forEach((file, index) => {
    const place = stored[index];
    if (place) (file as { stored?: StoredFile }).stored = place;
  });
  const first = stored.indexOf(null);
  if (first < 0) return stored as StoredFile[];
  throw new SinkError({
    prediction,
    name: files[first]!.filename,
    missing: stored.filter((place) => !place).length,
    stored,
    cause: errors[first],
  });
}

function factsOf(file: FileOutput, index: number, prediction: SinkJob["prediction"]): FileFacts {
  const name = file.filename;
  // The id may be anything where the API is another one.
  const id = suggestedName(prediction.id) ?? "prediction";
  return { name, key: `${id}-${index}-${name}`, index, prediction };
}

/** Keeps a file, in as many attempts as may help. */
async function tried(
  keeping: Keeping,
  file: FileOutput,
  facts: FileFacts,
  signal: AbortSignal | undefined,
): Promise<StoredFile> {
  for (let number = 1;; number++) {
    try {
      return await attempt(keeping, file, facts, signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (number >= keeping.attempts || isFinal(error)) throw error;
    }
    const wait = Math.min(FIRST_WAIT * 2 ** (number - 1), LONGEST_WAIT);
    // Half of it by chance, so that a store that was down is not met by all at once.
    await delay(wait * (1 - Math.random() / 2), signal && { signal });
  }
}

/** Errors of a disk that stay: what is in the way, or what is not allowed. A full disk may pass. */
const STAYS = /^(?:EACCES|EPERM|EROFS|ENOENT|EEXIST|ENOTDIR|EISDIR|ENAMETOOLONG|NotCapable)$/;

/** True for an error that another attempt would meet again. What others throw may pass. */
function isFinal(error: unknown): boolean {
  if (isApiError(error)) {
    return error.status < 500 && !/^4(?:08|29)$/.test(`${error.status}`);
  }
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  if (STAYS.test(`${code ?? name}`)) return true;
  return error instanceof ReplicateError && !(error instanceof ConnectionError);
}
