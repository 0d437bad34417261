import { ReplicateError } from "../errors.ts";
import { unlessAborted } from "../base/async.ts";
import type { UploadOptions, UploadProgress } from "../http/options.ts";
import { path } from "../base/path.ts";
import type { RequestOptions, RequestSpec, Send } from "../http/types.ts";
import { readable } from "../base/text.ts";
import { formBody } from "./form.ts";
import type { LoadedFile } from "./source.ts";

/** A file that was uploaded. Only a model that the same account runs can read it. */
export interface FileObject {
  /** What it is got and deleted by. */
  id: string;
  /** What it is called. */
  name?: string;
  /** Its media type. */
  content_type: string;
  /** In bytes. */
  size: number;
  /** The MD5 of its content. */
  etag?: string;
  /** Of its content, in hexadecimal. */
  checksums: { sha256: string; md5?: string };
  /** What was given as `metadata`. */
  metadata: Record<string, unknown>;
  /** RFC 3339, in UTC. */
  created_at: string;
  /** When it will be deleted: usually a day after its upload. */
  expires_at?: string | null;
  /** `get` is what stands for the file in an input. */
  urls: { get: string };
}

/** How a file is uploaded. */
export interface UploadRequest {
  path: string;
  options?: RequestOptions | undefined;
  /** The moment, as of `Date.now()`, after which it is of no use. */
  deadline?: number | undefined;
  onUpload?: ((progress: UploadProgress) => void) | undefined;
}

/** Lines are taken to carry as much, in bytes per millisecond: 100 kB a second. */
const SLOWEST_LINE = 100;
/** A reference must be good until the model has fetched the file. */
const MARGIN = 5 * 60_000;

/**
 * Uploads a file. The clocks that wait for an answer are given more time by its size.
 *
 * @throws {ReplicateError} If what the server has is not what was sent. It is deleted there.
 */
export async function upload(
  send: Send,
  file: LoadedFile,
  { path, options, deadline, onUpload }: UploadRequest,
): Promise<FileObject> {
  const { filename, size } = file;
  const failure: { error?: unknown } = {};
  const body = formBody(file, {
    loaded: (loaded) => onUpload?.({ path, filename, loaded, total: size }),
    failed: (error) => void (failure.error ??= error),
  });
  try {
    const answer = await send<FileObject>({
      method: "POST",
      path: "/files",
      action: `upload ${path} (${filename})`,
      headers: body.headers,
      body: () => {
        if ("error" in failure) throw failure.error;
        return body.open();
      },
      allow: size / SLOWEST_LINE,
      deadline,
      // What can be read once cannot be sent again.
      options: file.once ? { ...options, retry: false } : options,
    });
    const wrong = difference(answer, size, await body.digest());
    if (!wrong) return answer;
    const { id } = answer;
    const { signal, ...rest } = options ?? {};
    // Tried once: that it fails is no news, and who leaves meanwhile does not wait for it.
    const once = { ...rest, retry: false } as const;
    const deletion = deleteFile(send, id, { options: once, deadline }).catch(() => {});
    await unlessAborted(deletion, signal);
    throw new ReplicateError(`Cannot use the upload of ${path} (file ${id}): ${wrong}`);
  } catch (error) {
    if (!("error" in failure) || options?.signal?.aborted) throw error;
    const cause = failure.error;
    throw new ReplicateError(`Cannot upload ${path}: ${readable(cause)}`, { cause });
  } finally {
    await body.close();
  }
}

/** Uploads a file, or finds that an earlier call did. `value` is the object that it was given as. */
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
  if (entry && entry.stamp === stamp && isFresh(entry.uploaded)) return entry.uploaded;
  const uploaded = await upload(send, file, request);
  known.set(value, { uploaded, stamp });
  return uploaded;
}

interface CacheEntry {
  uploaded: FileObject;
  stamp: string | undefined;
}

let caches: WeakMap<UploadOptions, WeakMap<object, CacheEntry>> | undefined;

/** One for all clients that share the object of options, which those of one account do. */
function cacheOf(uploads: UploadOptions): WeakMap<object, CacheEntry> {
  caches ??= new WeakMap();
  const known = caches.get(uploads) ?? new WeakMap<object, CacheEntry>();
  caches.set(uploads, known);
  return known;
}

function isFresh({ expires_at }: FileObject): boolean {
  return !expires_at || Date.parse(expires_at) - MARGIN > Date.now();
}

/** What the server has otherwise than it was sent, if anything. */
function difference(
  { size, checksums }: FileObject,
  sent: number,
  digest: string | undefined,
): string | undefined {
  const theirs = checksums?.sha256?.toLowerCase();
  if (typeof size === "number" && size !== sent) return `${size} bytes arrived, and not ${sent}`;
  return digest && theirs && theirs !== digest
    ? `its sha256 is ${theirs} at the server, and not ${digest}`
    : undefined;
}

/** Deletes a file that was uploaded. */
export async function deleteFile(
  send: Send,
  id: string,
  how: Pick<RequestSpec, "options" | "deadline">,
): Promise<void> {
  await send({ method: "DELETE", path: path`/files/${id}`, action: `delete file ${id}`, ...how });
}
