/** Downloads files: checks each address, and follows redirects. */

import { signalOf } from "../base/async.ts";
import { parsedUrl } from "../base/text.ts";
import { ApiError, ReplicateError } from "../errors.ts";
import { withBody } from "../http/body.ts";
import { retryPolicy } from "../http/retry.ts";
import type { RequestOptions, Send } from "../http/types.ts";
import { checkAddress, isOwnFile } from "./address.ts";
import { lengthOf, streamOf } from "./bytes.ts";
import { parseDataUri } from "./data_uri.ts";
import { transfer } from "./transfer.ts";

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
      await checkAddress(send, url, action);
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
          // Not after a redirect: where it leads is somebody else's word.
          bare: redirects > 0 || !isOwnFile(send, url),
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
  if (!first.body && !lengthOf(first)) return first;
  const { maxRetries } = retryPolicy(options.retry ?? send.options?.retry);
  return withBody(first, streamOf(transfer(first, get, { action, resumes: maxRetries })));
}

// Async, so that bad base64 rejects, like a download that fails.
// deno-lint-ignore require-await
async function decoded(href: string, { signal }: RequestOptions): Promise<Response> {
  signalOf(signal)?.throwIfAborted();
  let cause: unknown;
  try {
    const data = parseDataUri(href);
    if (data) {
      const bytes = data.bytes();
      const headers = { "content-type": data.type, "content-length": `${bytes.length}` };
      return new Response(bytes, { headers });
    }
  } catch (error) {
    cause = error;
  }
  throw new ReplicateError("Cannot read the file: its data: URL is not base64", { cause });
}

function redirectOf(error: unknown, url: URL): URL | undefined {
  if (!(error instanceof ApiError) || ![301, 302, 303, 307, 308].includes(error.status)) {
    return undefined;
  }
  const location = error.headers.get("location");
  return location ? parsedUrl(location, url) : undefined;
}

/** Adds the reason why a file is gone to the error of a 404 or 410. */
function explained(error: unknown, action: string): unknown {
  if (!(error instanceof ApiError) || ![404, 410].includes(error.status)) return error;
  const detail = "it is gone: output files are deleted an hour after the prediction has ended";
  const { headers, body } = error;
  return new ApiError({ ...error, headers, body, action, detail, cause: error });
}
