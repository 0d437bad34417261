/** Uploads files, and deletes them. */

import { ReplicateError } from "../errors.ts";
import { unlessAborted } from "../base/async.ts";
import { isEmulatedPage } from "../base/runtime.ts";
import type { UploadOptions, UploadProgress } from "../http/options.ts";
import { path } from "../base/path.ts";
import type { RequestOptions, RequestSpec, Send } from "../http/types.ts";
import { readable } from "../base/text.ts";
import { formBody } from "./form.ts";
import type { LoadedFile } from "./source.ts";

/** A file that was uploaded. Only models that the same account runs can read it. */
export interface FileObject {
  /** The id, for `files.get` and `files.delete`. */
  id: string;
  /** The name. */
  name?: string;
  /** The media type. */
  content_type: string;
  /** The size in bytes. */
  size: number;
  /** The MD5 of the content. */
  etag?: string;
  /** The checksums of the content, in hexadecimal. */
  checksums: { sha256: string; md5?: string };
  /** The JSON object that was given as `metadata`. */
  metadata: Record<string, unknown>;
  /** The time of the upload, in UTC, as RFC 3339. */
  created_at: string;
  /** The time of its deletion, in UTC, as RFC 3339: usually a day after the upload. */
  expires_at?: string | null;
  /** `get` is the URL that stands for the file in an input. */
  urls: { get: string };
}

/** The details of one upload. */
export interface UploadRequest {
  path: string;
  options?: RequestOptions | undefined;
  /** The moment after which the upload is of no use, by the clock of durations: see `uptime()`. */
  deadline?: number | undefined;
  onUpload?: ((progress: UploadProgress) => void) | undefined;
}

/** The slowest connection that timeouts allow for, in bytes per millisecond: 100 kB per second. */
const SLOWEST_LINE = 100;
/** The largest file, in bytes, that a `fetch` of another make gets as bytes. */
const PLAIN = 8_000_000;
/** The time, in milliseconds, that a cached upload must still last: the model has yet to fetch it. */
const MARGIN = 300_000;

/**
 * Uploads a file. The timeouts grow with its size.
 *
 * @throws {ReplicateError} If the server has another file than the one sent; it is deleted then.
 */
export async function upload(
  send: Send,
  file: LoadedFile,
  { path, options, deadline, onUpload }: UploadRequest,
): Promise<FileObject> {
  const { filename, size } = file;
  const failures: unknown[] = [];
  const body = formBody(file, {
    loaded: (loaded) => onUpload?.({ path, filename, loaded, total: size }),
    failed: (error) => failures.push(error),
  }, plainSize(send));
  try {
    const answer = await send<FileObject>({
      method: "POST",
      path: "/files",
      action: `upload ${path} (${filename})`,
      headers: body.headers,
      body: () => {
        if (failures.length > 0) throw failures[0];
        return body.open();
      },
      allow: size / SLOWEST_LINE,
      expect: "record",
      deadline,
      // A file that can be read only once cannot be sent again.
      options: file.once ? { ...options, retry: false } : options,
    });
    const wrong = difference(answer, size, await body.digest());
    if (!wrong) return answer;
    const { id } = answer;
    // Tried once: its failure is no news, and a caller who leaves does not wait for it.
    const once = { ...options, signal: undefined, retry: false } as const;
    const deletion = deleteFile(send, id, { options: once, deadline }).catch(() => {});
    await unlessAborted(deletion, options?.signal);
    throw new ReplicateError(`Cannot use the upload of ${path} (file ${id}): ${wrong}`);
  } catch (error) {
    if (failures.length === 0 || options?.signal?.aborted) throw error;
    const [cause] = failures;
    throw new ReplicateError(`Cannot upload ${path}: ${readable(cause)}`, { cause });
  } finally {
    await body.close();
  }
}

/** The largest file that is sent as bytes, for a `fetch` that may know no `Blob`, or another one. */
function plainSize(send: Send): number {
  // The DOM of a test: its own `fetch` knows its own `Blob` only.
  if (isEmulatedPage()) return Infinity;
  return send.options?.fetch ? PLAIN : -1;
}

/** Uploads a file, unless an earlier call has. `value` is the object that the caller gave. */
export async function uploadOnce(
  send: Send,
  value: object,
  file: LoadedFile,
  request: UploadRequest,
): Promise<FileObject> {
  const uploads = send.options?.uploads;
  if (!uploads?.cache || file.once) return await upload(send, file, request);
  const stamp = await file.stamp?.();
  const known = cacheOf(uploads);
  const entry = known.get(value);
  if (entry && entry.stamp === stamp && isFresh(send, entry.uploaded)) return entry.uploaded;
  const uploaded = await upload(send, file, request);
  known.set(value, { uploaded, stamp });
  return uploaded;
}

interface CacheEntry {
  uploaded: FileObject;
  stamp: string | undefined;
}

const caches = /* @__PURE__ */ new WeakMap<UploadOptions, WeakMap<object, CacheEntry>>();

/** One cache for all clients that share the object of options, as those of one account do. */
function cacheOf(uploads: UploadOptions): WeakMap<object, CacheEntry> {
  const known = caches.get(uploads) ?? new WeakMap<object, CacheEntry>();
  caches.set(uploads, known);
  return known;
}

function isFresh({ clock }: Send, { expires_at }: FileObject): boolean {
  return !expires_at || Date.parse(expires_at) - MARGIN > (clock?.now() ?? Date.now());
}

/** The difference between the file at the server and the one that was sent, if there is one. */
function difference(
  { size, checksums }: FileObject,
  sent: number,
  digest: string | undefined,
): string | undefined {
  const theirs = checksums?.sha256?.toLowerCase();
  if (typeof size === "number" && size !== sent) return `${size} bytes arrived, and not ${sent}`;
  return digest && theirs && theirs !== digest
    ? `sha256 ${theirs} arrived, and not ${digest}`
    : undefined;
}

/** Deletes an uploaded file. */
export async function deleteFile(
  send: Send,
  id: string,
  how: Pick<RequestSpec, "options" | "deadline">,
): Promise<void> {
  await send({ method: "DELETE", path: path`/files/${id}`, action: `delete file ${id}`, ...how });
}
