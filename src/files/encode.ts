/** The files of an input: found, loaded, and sent in the encoding that was chosen for each. */

import { onAbort, unlessAborted } from "../base/async.ts";
import { InputError } from "../errors.ts";
import type { FileEncoding } from "../http/options.ts";
import { fileEncoding } from "../http/settings.ts";
import type { EncodeOptions, Send } from "../http/types.ts";
import { dataUri } from "./data_uri.ts";
import { fileInputOf, sourceOf } from "./file_input.ts";
import { type Slot, Walk } from "./input_json.ts";
import { load, type LoadedFile, placed } from "./source.ts";
import { uploadOnce } from "./upload.ts";

export { FileInput } from "./file_input.ts";

/** Up to here `"auto"` writes a file into the JSON. */
const SMALL = 256_000;
/** All that `"auto"` writes into one JSON, and from where on a `data:` URL is worth a warning. */
const LARGE = 1_000_000;
/** All that is written into one JSON at all. */
const TOO_LARGE = 10_000_000;

/** One file, which may stand at several places. */
interface Job {
  readonly path: string;
  readonly value: object;
  readonly slots: Slot<object>[];
  file: LoadedFile;
  inline: boolean;
}

/**
 * The input as JSON can hold it: a copy, with each file uploaded, or written into it. Nothing is sent
 * before all of it has been looked at.
 *
 * @throws {TypeError} If something in it cannot be sent; the message says where it is.
 * @throws {InputError} If files of more than 10 MB are to be written into it.
 */
export async function encodeInput(
  send: Send,
  input: object,
  options: EncodeOptions,
): Promise<object> {
  const { request } = options;
  const { fileEncoding: usual, uploads, onWarning } = send.options ?? {};
  const wanted = fileEncoding(options.encoding ?? usual);
  const signal = request?.signal;
  signal?.throwIfAborted();
  const walk = new Walk("input", input);
  if (walk.pending) await unlessAborted(walk.settle(), signal);
  if (walk.files.length === 0) return walk.value as object;
  const leave = new AbortController();
  const unlisten = onAbort(signal, () => leave.abort(signal?.reason));
  try {
    const jobs = await loadAll(walk.files, leave.signal);
    choose(jobs, wanted, onWarning);
    const bound = { ...options, options: { ...request, signal: leave.signal } };
    const inline = ({ path, file: { content, contentType } }: Job): Promise<string> =>
      placed(path, leave.signal, () => dataUri(content, contentType, leave.signal));
    await sideBySide(jobs, uploads?.concurrency ?? 8, async (job) => {
      const { path, value, file, slots } = job;
      const url = job.inline
        ? await inline(job)
        : (await uploadOnce(send, value, file, { ...bound, path })).urls.get;
      for (const slot of slots) slot.set(url);
    });
    return walk.value as object;
  } catch (error) {
    // What the other files are at has no use any more.
    leave.abort(error);
    throw error;
  } finally {
    unlisten();
  }
}

/** What has to be known of each file; a URL is written at its place at once. */
async function loadAll(slots: readonly Slot<object>[], signal: AbortSignal): Promise<Job[]> {
  const byValue = new Map<object, Slot<object>[]>();
  for (const slot of slots) {
    const { value } = slot;
    const input = fileInputOf(value);
    if (input?.kind === "url") slot.set(sourceOf(input).source);
    else byValue.set(value, [...byValue.get(value) ?? [], slot]);
  }
  return await Promise.all(
    [...byValue].map(async ([value, slots]) => {
      const path = slots[0]?.path ?? "input";
      return { path, value, slots, file: await load(value, path, signal), inline: false };
    }),
  );
}

/** Decides which files are written into the JSON. */
function choose(
  jobs: readonly Job[],
  wanted: FileEncoding,
  onWarning: ((message: string) => void) | undefined,
): void {
  let inline = 0;
  for (const job of jobs) {
    const { path, slots, file: { encoding = wanted, content } } = job;
    const size = content.size * slots.length;
    job.inline = encoding === "data-uri" ||
      (encoding === "auto" && content.size <= SMALL && inline + size <= LARGE);
    if (!job.inline) continue;
    inline += size;
    if (inline > TOO_LARGE) throw tooLarge(path, inline);
    if (size > LARGE) {
      onWarning?.(
        `${path} is sent as a data: URL of ${size} bytes; above 1 MB use the encoding "upload"`,
      );
    }
  }
}

function tooLarge(path: string, size: number): InputError {
  const message = `with it, ${size} bytes would be sent within the JSON, and 10 MB is the most`;
  const suggestion = 'use the encoding "upload"';
  return new InputError(`Cannot send ${path}: ${message}; ${suggestion}`, [
    { path, code: "too_large", message, suggestion },
  ]);
}

async function sideBySide<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const worker = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
}
