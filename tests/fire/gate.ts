/** The gate of the servers: what a request may carry, and the refusals of a server that does nothing. */

import { BEFORE } from "./faults.ts";
import type { Model } from "./model.ts";
import { real } from "./real.ts";
import type { WireAnswer, WireRequest } from "./wire.ts";

/** The token of every client of a program. */
export const TOKEN = "r8_FireTokenFireTokenFireTokenFireToken0";

const SERVER_ERRORS: Record<string, WireAnswer> = {
  "503-before": { status: 503, body: '{"detail":"Service unavailable"}' },
  "502-html": {
    status: 502,
    headers: { "content-type": "text/html" },
    body: "<html><title>502 Bad gateway</title></html>",
  },
  "404": { status: 404, body: '{"detail":"no such thing","status":404}' },
  "410": { status: 410, body: '{"detail":"gone"}' },
  "413": {
    status: 413,
    headers: { "content-type": "text/html" },
    body: "<html><title>413 Too large</title></html>",
  },
};

/** The token and the caller's headers go to the API, and nowhere else. */
export function checkCredentials(model: Model, request: WireRequest, isApi: boolean): void {
  const { method, target, headers } = request;
  const what = `${method} ${target.split("?")[0]}`;
  if (request.text.includes(TOKEN)) model.offend("token elsewhere", what);
  if (isApi && headers.authorization !== `Bearer ${TOKEN}`) {
    model.offend("token missing", what);
  }
  if (isApi) return;
  if (headers.authorization !== undefined && !target.startsWith("/s/")) {
    model.offend("token elsewhere", what);
  }
  const far = request.port === Number(new URL(model.far).port);
  if (far && headers.authorization !== undefined) model.offend("token elsewhere", what);
  if (far && headers["x-call"] !== undefined) model.offend("headers elsewhere", what);
  if (target.startsWith("/stolen")) model.offend("redirect followed", what);
}

/** The answer of a server that does nothing. */
export function refusal(model: Model, kind: string): WireAnswer | undefined {
  const known = SERVER_ERRORS[kind];
  if (known) return known;
  if (kind === "redirect") {
    return { status: 302, headers: { location: `${model.origin}/stolen` }, body: "" };
  }
  if (!kind.startsWith("429")) return undefined;
  const body = JSON.stringify({
    detail: "slow down, resets in ~1s.",
    status: 429,
    ...(kind === "429-body" && { retry_after: 1 }),
  });
  const wait: Record<string, string> = {
    "429-zero": "0",
    "429-second": "1",
    "429-date": new real.Date(model.now() + 1000).toUTCString(),
    "429-nonsense": "soon, -5",
  };
  return { status: 429, headers: wait[kind] ? { "retry-after": wait[kind] } : {}, body };
}

/** Tells whether a server with this fault does nothing. */
export function isRefusal(kind: string): boolean {
  return (BEFORE as readonly string[]).includes(kind) || kind in SERVER_ERRORS;
}

/** An answer of JSON. */
export function json(body: unknown, status = 200, more: Partial<WireAnswer> = {}): WireAnswer {
  return { status, body: JSON.stringify(body), ...more };
}
