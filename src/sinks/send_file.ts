/** Sends a file by PUT, with its length, and with no more of it in memory than is under way. */

import { fetchOptionsOf, streamedBody } from "../base/runtime.ts";
import { streamingBlob } from "../base/streaming_blob.ts";
import { fixedLengthStream } from "../base/worker_streams.ts";
import { ApiError, ConnectionError } from "../errors.ts";
import { discard, readerOf } from "../http/body.ts";
import { reasonOf, withoutSecret } from "../http/network.ts";
import type { SinkFile } from "./types.ts";

/** The most bytes that are read of an answer that is an error. */
const MOST = 8192;

/**
 * Sends a file.
 *
 * @throws {ApiError} If the answer is an error.
 * @throws {ConnectionError} If there is no answer.
 */
export async function sendFile(
  send: typeof fetch,
  file: SinkFile,
  url: URL,
  headers: Record<string, string> | undefined,
): Promise<void> {
  const { contentType, signal } = file;
  const { own, ...body } = await bodyOf(file);
  let response: Response;
  try {
    response = await send(url.href, {
      method: "PUT",
      headers: { "content-type": contentType, ...own, ...headers },
      // A store that sends it elsewhere cannot have it twice; and Node 20 would keep a copy for that.
      redirect: fetchOptionsOf().redirect,
      signal,
      ...body,
    } as RequestInit);
  } catch (thrown) {
    signal.throwIfAborted();
    // Its query is a signature, by which others could write there.
    const cause = withoutSecret(thrown, url.search);
    throw new ConnectionError(
      `Cannot put ${file.name} to ${url.host}: the connection failed (${reasonOf(cause)})`,
      { method: "PUT", url: url.href, cause },
    );
  }
  if (response.ok) return discard(response);
  throw new ApiError({
    action: `put ${file.name} to ${url.host}`,
    method: "PUT",
    url: url.href,
    status: response.status,
    headers: response.headers,
    body: await startOf(response),
    attempts: 1,
  });
}

/** The body that states the length of the file, which S3 and its like insist on. */
async function bodyOf(
  { stream, size, contentType, signal }: SinkFile,
): Promise<{ body: BodyInit; duplex?: "half"; own?: Record<string, string> }> {
  const kind = streamedBody();
  if (kind === "stream") {
    return { body: stream, duplex: "half", own: { "content-length": `${size}` } };
  }
  if (kind !== "form") return { body: streamingBlob(() => stream, size, contentType) };
  const fixed = fixedLengthStream(size);
  // A page can send no stream: its browser keeps the file, on disk if it is large.
  if (!fixed) return { body: await new Response(stream).blob() };
  // If it breaks, the request does, which is waited for.
  stream.pipeTo(fixed.writable, { signal }).catch(() => {});
  return { body: fixed.readable };
}

async function startOf(response: Response): Promise<string> {
  const reader = readerOf(response);
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (let piece; text.length < MOST && (piece = await reader.read());) {
      text += decoder.decode(piece, { stream: true });
    }
  } catch { /* what came of it has to do */ }
  reader.close();
  return text.slice(0, MOST);
}
