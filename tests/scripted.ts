/** A server that a test writes as one function: what the fake would not do on its own. */

import type { Fetch } from "../src/http/options.ts";

/** A request that came. */
export interface Asked {
  method: string;
  /** From the origin on, without its query. */
  path: string;
  url: URL;
  headers: Headers;
  signal: AbortSignal | undefined;
  text: string;
}

/** A `fetch` that answers by a function, and notes what it was asked. */
export function scripted(
  answer: (asked: Asked) => Response | Promise<Response>,
): { fetch: Fetch; asked: Asked[]; lines: () => string[] } {
  const asked: Asked[] = [];
  return {
    asked,
    lines: () => asked.map(({ method, path }) => `${method} ${path}`),
    fetch: async (input, init = {}) => {
      const url = new URL(String(input));
      const { method = "GET", body, signal } = init;
      const request: Asked = {
        method,
        path: url.pathname,
        url,
        headers: new Headers(init.headers),
        signal: signal ?? undefined,
        text: body ? await new Response(body).text() : "",
      };
      asked.push(request);
      return await answer(request);
    },
  };
}

/** The record of a prediction of `acme/x`. */
export function record(more: Record<string, unknown> = {}): Record<string, unknown> {
  const { id = "p1" } = more;
  const get = `https://api.replicate.com/v1/predictions/${id}`;
  return {
    id,
    model: "acme/x",
    version: "hidden",
    status: "starting",
    input: {},
    logs: "",
    error: null,
    source: "api",
    created_at: new Date().toISOString(),
    urls: { get, cancel: `${get}/cancel`, ...more.urls as object },
    ...Object.fromEntries(Object.entries(more).filter(([key]) => key !== "urls")),
  };
}

/** A body of events that ends after these texts, whether or not they are all. */
export function events(...texts: string[]): Response {
  const bytes = new TextEncoder();
  const body = ReadableStream.from(texts.map((it) => bytes.encode(it)));
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}
