/** Encodes the files of an input: loads each, and sends it in the encoding that was chosen for it. */

import { onAbort, signalOf, unlessAborted } from "../base/async.ts";
import { InputError, ReplicateError } from "../errors.ts";
import type { FileEncoding } from "../http/options.ts";
import { fileEncoding, UPLOAD_CONCURRENCY } from "../http/settings.ts";
import type { EncodeOptions, Send } from "../http/types.ts";
import { dataUri } from "./data_uri.ts";
import { fileInputOf, sourceOf } from "./file_input.ts";
import { type FileSlot, Walk } from "./input_json.ts";
import { load, type LoadedFile, placed } from "./source.ts";
import { type FileObject, uploadOnce } from "./upload.ts";

/** The largest file, in bytes, that `"auto"` writes into the JSON. */
const SMALL = 256_000;
/** The most bytes that `"auto"` writes into one JSON. A larger `data:` URL gets a warning. */
const LARGE = 1_000_000;
/** The most bytes of files that one JSON can have. */
const TOO_LARGE = 10_000_000;

/** One file that is sent, and every place in the input where it stands. */
interface OutgoingFile {
  readonly slots: readonly [FileSlot, ...FileSlot[]];
  readonly file: LoadedFile;
  /** True if the file is written into the JSON. */
  inline: boolean;
}

/**
 * Returns a copy of the input that is JSON, with a URL in place of each file. Files are uploaded, or
 * written into the JSON. Nothing is sent before the whole input has been checked.
 *
 * @throws {TypeError} If a value cannot be sent; the message names its place.
 * @throws {InputError} If more than 10 MB of files would be written into the JSON.
 */
export async function encodeInput(
  send: Send,
  input: object,
  options: EncodeOptions,
): Promise<object> {
  const { request } = options;
  const { fileEncoding: usual, uploads, onWarning } = send.options ?? {};
  const wanted = fileEncoding(options.encoding ?? usual);
  const signal = signalOf(request?.signal);
  signal?.throwIfAborted();
  const walk = new Walk("input", input);
  const settling = walk.settle();
  if (settling) await unlessAborted(settling, signal);
  if (walk.files.length === 0) return walk.value as object;
  const leave = new AbortController();
  const unlisten = onAbort(signal, () => leave.abort(signal?.reason));
  try {
    const files = await loadAll(walk.files, leave.signal);
    choose(files, wanted, onWarning);
    const bound = { ...options, options: { ...request, signal: leave.signal } };
    const limit = uploads?.concurrency ?? UPLOAD_CONCURRENCY;
    await sideBySide(files, limit, async ({ slots, file, inline }) => {
      const [{ path, value }] = slots;
      const url = inline
        ? await placed(path, leave.signal, () => dataUri(file, leave.signal))
        : urlOf(await uploadOnce(send, value, file, { ...bound, path }), path);
      for (const slot of slots) slot.set(url);
    });
    return walk.value as object;
  } catch (error) {
    // The work on the other files is of no use any more.
    leave.abort(error);
    throw error;
  } finally {
    unlisten();
  }
}

/** The URL that stands for an upload. A server between us and the API may have answered in its place. */
function urlOf({ id, urls }: FileObject, path: string): string {
  if (typeof urls?.get === "string") return urls.get;
  throw new ReplicateError(`Cannot send ${path}: its upload (file ${id}) has no URL`);
}

/** Loads each file once. A URL needs no loading: it is put in its place at once. */
async function loadAll(slots: readonly FileSlot[], signal: AbortSignal): Promise<OutgoingFile[]> {
  const byValue = new Map<object, [FileSlot, ...FileSlot[]]>();
  for (const slot of slots) {
    const input = fileInputOf(slot);
    const same = byValue.get(slot.value);
    if (input?.kind === "url") slot.set(sourceOf(input).source);
    else if (same) same.push(slot);
    else byValue.set(slot.value, [slot]);
  }
  return await Promise.all(
    [...byValue.values()].map(async (slots) => ({
      slots,
      file: await load(slots[0], signal),
      inline: false,
    })),
  );
}

/** Decides which files are written into the JSON. */
function choose(
  files: readonly OutgoingFile[],
  wanted: FileEncoding,
  onWarning: ((message: string) => void) | undefined,
): void {
  let total = 0;
  for (const outgoing of files) {
    const { slots, file: { encoding = wanted, size } } = outgoing;
    const [{ path }] = slots;
    const bytes = size * slots.length;
    outgoing.inline = encoding === "data-uri" ||
      (encoding === "auto" && size <= SMALL && total + bytes <= LARGE);
    if (!outgoing.inline) continue;
    total += bytes;
    if (total > TOO_LARGE) throw tooLarge(path, total);
    if (bytes > LARGE) {
      onWarning?.(
        `${path} is sent as a data: URL of ${bytes} bytes; above 1 MB use the encoding "upload"`,
      );
    }
  }
}

function tooLarge(path: string, size: number): InputError {
  const message = `${size} bytes of files would be in the JSON, and 10 MB is the most`;
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
