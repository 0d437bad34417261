/** The requests that a handler sends to the API on behalf of a page. */

import { onAbort } from "../base/async.ts";
import { path } from "../base/path.ts";
import type { ServeClient, ServeRequest } from "./types.ts";

/**
 * The longest wait for the account's rate limit, in milliseconds. A page that waits holds a connection
 * here, and one answer of the API can ask for an hour: the page is better off with a 503.
 */
const MAX_WAIT = 5000;

/** Reads from the API, for as long as the page is there. */
export async function readApi(
  client: ServeClient,
  target: string,
  page?: AbortSignal,
): Promise<Response> {
  return await client.request(target, { maxWait: MAX_WAIT, ...(page && { signal: page }) });
}

/** Cancels a run, whether or not the page stays for the answer. */
export async function cancelRun(
  client: ServeClient,
  id: string,
  kind: "predictions" | "trainings" = "predictions",
): Promise<Response> {
  return await client.request(path`/${kind}/${id}/cancel`, { method: "POST", maxWait: MAX_WAIT });
}

/**
 * Sends something that costs money once, unless the page leaves before it is its turn. What is on its way
 * is not cut off: it may have been accepted, and its answer says what there is to cancel.
 */
export async function createOnce(
  client: ServeClient,
  target: string,
  { body, ...options }: ServeRequest & { body: Blob },
  page: AbortSignal,
): Promise<Response> {
  const waiting = new AbortController();
  const unlisten = onAbort(page, () => waiting.abort(page.reason));
  try {
    return await client.request(target, {
      ...options,
      method: "POST",
      body: () => {
        unlisten();
        return body;
      },
      // The client in the page does the retries, so that none of them holds a connection here.
      retry: false,
      signal: waiting.signal,
      maxWait: MAX_WAIT,
    });
  } finally {
    unlisten();
  }
}
