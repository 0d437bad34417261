/** The steps around each request, which see all of it but what is the API's alone. */

import { isApi } from "./call.ts";
import type { Call } from "./types.ts";

/** Sends a request of ours. */
type Last = (url: string, init: RequestInit, toApi: boolean) => Promise<Response>;

/**
 * Sends a request through the steps of the client. What the last one hands on is copied to a request of
 * our own, so that the token, the caller's headers and the mode for redirects are ours to decide,
 * whatever the steps did, and so that a `fetch` of another make gets a URL and plain values.
 */
export function throughSteps(call: Call, init: RequestInit, last: Last): Promise<Response> {
  const { settings, url } = call;
  const first = new Request(url, init);
  const send = async (request: Request): Promise<Response> => {
    const own: RequestInit = {
      ...init,
      method: request.method,
      headers: Object.fromEntries(request.headers),
    };
    if (request !== first) own.body = await bodyOf(request);
    return await last(request.url, own, !call.spec.bare && isApi(settings, request.url));
  };
  return settings.middleware.reduceRight<(request: Request) => Promise<Response>>(
    (next, step) => async (request) => await step(request, next),
    send,
  )(first);
}

/** The body of a request that a step has made. As a `Blob`, which has a length, and is sent once. */
async function bodyOf(request: Request): Promise<Blob | null> {
  if (/^(?:GET|HEAD)$/.test(request.method) || request.body === null) return null;
  return await request.blob();
}
