/** Downloads files: checks each redirect, and resumes a transfer that broke. */

import { fileSystem } from "../base/runtime.ts";
import { ApiError, ConnectionError, ReplicateError } from "../errors.ts";
import { withBody } from "../http/body.ts";
import { retryPolicy } from "../http/retry.ts";
import type { RequestOptions, Send } from "../http/types.ts";
import { checkAddress } from "./address.ts";
import { lengthOf, piecesOf, readerOf, type Reading, streamOf } from "./bytes.ts";
import { parseDataUri } from "./data_uri.ts";

const MOST_REDIRECTS = 10;

/**
 * Fetches a file, or decodes a `data:` URL.
 *
 * @throws {ReplicateError} If the address may not be fetched.
 * @throws {ApiError} 404 or 410 if the file is gone.
 */
export async function download(
  send: Send,
  href: string,
  name: string,
  options: RequestOptions = {},
): Promise<Response> {
  if (href.startsWith("data:")) return decoded(href, options);
  const action = `download ${name}`;
  const get = async (headers: Record<string, string> = {}): Promise<Response> => {
    let url = new URL(href);
    for (let redirects = 0;; redirects++) {
      checkAddress(send, url, action);
      try {
        return await send<Response>({
          method: "GET",
          path: url.href,
          action,
          // An encoded body has another length, and cannot be resumed.
          headers: { accept: "*/*", "accept-encoding": "identity", ...headers },
          as: "response",
          redirect: "manual",
          anonymous: true,
          options,
        });
      } catch (error) {
        const next = redirects < MOST_REDIRECTS ? redirectOf(error, url) : undefined;
        if (!next) throw explained(error, action);
        url = next;
      }
    }
  };
  const first = await get();
  if (!first.body) return first;
  const { maxRetries } = retryPolicy(options.retry ?? send.options?.retry);
  return withBody(first, streamOf(transfer(first, get, action, maxRetries)));
}

// Async, so that bad base64 rejects, like a download that fails.
// deno-lint-ignore require-await
async function decoded(href: string, { signal }: RequestOptions): Promise<Response> {
  signal?.throwIfAborted();
  try {
    const data = parseDataUri(href);
    if (!data) throw new TypeError("it does not begin as one");
    const bytes = data.bytes();
    const headers = { "content-type": data.type, "content-length": String(bytes.length) };
    return new Response(bytes, { headers });
  } catch (cause) {
    throw new ReplicateError("Cannot read the file: its data: URL is not base64", { cause });
  }
}

function redirectOf(error: unknown, url: URL): URL | undefined {
  if (!(error instanceof ApiError) || ![301, 302, 303, 307, 308].includes(error.status)) {
    return undefined;
  }
  const location = error.headers.get("location");
  return location && URL.canParse(location, url) ? new URL(location, url) : undefined;
}

/** Adds the reason why a file is gone to the error of a 404 or 410. */
function explained(error: unknown, action: string): unknown {
  if (!(error instanceof ApiError) || ![404, 410].includes(error.status)) return error;
  const detail = "it is gone: output files are deleted an hour after the prediction has ended";
  const { headers, body } = error;
  return new ApiError({ ...error, headers, body, action, detail, cause: error });
}

/** Reads a download over as many requests as it takes. */
function transfer(
  first: Response,
  again: (headers: Record<string, string>) => Promise<Response>,
  action: string,
  resumes: number,
): Reading {
  const size = lengthOf(first);
  const validator = validatorOf(first);
  let reading = readerOf(first.body);
  /** The number of bytes that were passed on. */
  let received = 0;
  /** The offset of the next piece: less than `received` if the server has started again from 0. */
  let position = 0;
  let fails = 0;
  /** True once the reader has left, although a read may still be waiting. */
  let left = false;

  const resume = async (cause: ConnectionError): Promise<void> => {
    if (left || validator === undefined || fails++ >= resumes) throw cause;
    const response = await again({ range: `bytes=${received}-`, "if-range": validator });
    reading = readerOf(response.body);
    if (left) reading.close();
    const range = response.headers.get("content-range") ?? "";
    const goesOn = response.status === 206 && range.startsWith(`bytes ${received}-`);
    // A server without support for ranges starts again from 0.
    position = goesOn ? received : 0;
    if (goesOn || (response.status === 200 && validatorOf(response) === validator)) return;
    reading.close();
    throw new ReplicateError(
      `Cannot ${action}: the transfer broke, and the file has changed since`,
      {
        cause,
      },
    );
  };

  const read = async (): Promise<Uint8Array | undefined> => {
    for (;;) {
      try {
        const piece = await reading.read();
        if (!piece) {
          if (position >= Math.max(received, size ?? 0)) return undefined;
          throw new ConnectionError(
            `Cannot ${action}: it ended after ${position} of ${size ?? received} bytes`,
          );
        }
        const known = received - position;
        position += piece.length;
        if (position > (size ?? Infinity)) {
          reading.close();
          throw new ReplicateError(`Cannot ${action}: it has more than ${size} bytes`);
        }
        if (position <= received) continue;
        received = position;
        fails = 0;
        return piece.subarray(known);
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

/** The validator of a content: it tells whether the file at the URL is still the same one. */
function validatorOf({ headers }: Response): string | undefined {
  const etag = headers.get("etag");
  return etag?.startsWith('"') ? etag : undefined;
}

/**
 * Writes a file to disk: to a temporary file beside it, which is renamed when it is complete.
 *
 * @throws {ReplicateError} If there is no file system.
 */
export async function save(path: string | URL, open: () => Promise<Reading>): Promise<void> {
  const fs = fileSystem();
  if (!fs) throw new ReplicateError("Cannot save the file: there is no file system here");
  const part = besides(path);
  // Before the download, so that a path that cannot be written costs nothing.
  const handle = await fs.open(part, "wx");
  try {
    try {
      for await (const piece of piecesOf(await open())) {
        for (let at = 0; at < piece.length;) at += (await handle.write(piece, at)).bytesWritten;
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    await fs.rename(part, path);
  } catch (error) {
    await fs.unlink(part).catch(() => {});
    throw error;
  }
}

/** A temporary name in the same folder, as a file cannot be renamed across disks. */
function besides(path: string | URL): string | URL {
  const ending = `.${crypto.randomUUID().slice(0, 8)}.part`;
  if (typeof path === "string") return path + ending;
  const url = new URL(path);
  url.pathname += ending;
  return url;
}
