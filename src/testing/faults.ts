/** Faults: a description of what goes wrong with a request, and the answers that it makes. */

import { checkKeys } from "../base/check.ts";

/** A failure of a request. It happens once, unless `times` says otherwise. */
export interface Fault {
  /** The requests that fail. Default: any. */
  match?: {
    /** The method, such as `POST`. */
    method?: string;
    /** The path below `/v1`: exact, with a `*` at the end for any rest, or a pattern. */
    path?: string | RegExp;
    /** The first of the matching requests that fails, counted from 1. Default 1. */
    nth?: number;
  };
  /** Answers with this status. The request has no effect, unless `accept` is set. */
  status?: number;
  /** Headers to add to the answer. */
  headers?: Record<string, string>;
  /** The `Retry-After` header: a number of seconds, or a date. */
  retryAfter?: number | string;
  /** Answers with this body: text and bytes unchanged, anything else as JSON. */
  body?: unknown;
  /** The content type of the answer. */
  contentType?: string;
  /** Lets the request have its effect before the answer set here is sent, or before it hangs. */
  accept?: boolean;
  /** Drops the connection before or after the request has had its effect. */
  drop?: "before" | "after";
  /** With `drop: "before"`: refuses the connection, so that nothing is sent. */
  refused?: boolean;
  /** Sends no answer, ever. */
  hang?: boolean;
  /** The delay of the headers of the answer, in milliseconds. */
  delay?: number;
  /** Breaks the connection off after this many bytes of the body. */
  cut?: number;
  /** Splits the body into chunks of this many bytes, or at these offsets. */
  split?: number | readonly number[];
  /** The number of requests that fail. Default 1; `Infinity` for all. */
  times?: number;
}

/** The names of {@linkcode Fault}. */
const KEYS: readonly string[] =
  "match status headers retryAfter body contentType accept drop refused hang delay cut split times"
    .split(" ");

interface QueuedFault {
  readonly fault: Fault;
  seen: number;
  used: number;
}

/** The faults that have not happened yet. */
export class FaultQueue {
  readonly #entries: QueuedFault[] = [];

  /** Adds faults behind those that are there. */
  push(...faults: readonly Fault[]): void {
    for (const fault of faults) {
      checkKeys(fault, KEYS, "make a fault");
      checkKeys(fault.match, ["method", "path", "nth"], "use match of a fault");
    }
    for (const fault of faults) this.#entries.push({ fault, seen: 0, used: 0 });
  }

  /** Takes the fault for this request, if there is one. */
  take(method: string, path: string): Fault | undefined {
    const open = this.#entries.filter(({ fault }) => matches(fault, method, path));
    for (const entry of open) entry.seen++;
    const next = open.find(({ fault, seen, used }) =>
      seen >= (fault.match?.nth ?? 1) && used < (fault.times ?? 1)
    );
    if (next) next.used++;
    return next?.fault;
  }

  /** The faults that requests have not used up. */
  unused(): Fault[] {
    const isOpen = ({ fault, used }: QueuedFault): boolean => {
      const times = fault.times ?? 1;
      return Number.isFinite(times) ? used < times : used === 0;
    };
    return this.#entries.filter(isOpen).map(({ fault }) => fault);
  }
}

function matches({ match }: Fault, method: string, path: string): boolean {
  if (match?.method !== undefined && match.method.toUpperCase() !== method) return false;
  const wanted = match?.path;
  if (wanted === undefined) return true;
  // `search()` keeps no state between calls, where `test()` would for a global pattern.
  if (typeof wanted !== "string") return path.search(wanted) !== -1;
  const plain = wanted.replace(/^\/v1(?=\/)/, "");
  return plain.endsWith("*") ? path.startsWith(plain.slice(0, -1)) : path === plain;
}

/** The error with which `fetch` rejects when a connection is lost or refused, as Node words it. */
export function networkError(code: "ECONNRESET" | "ECONNREFUSED"): TypeError {
  const text = code === "ECONNRESET" ? "read ECONNRESET" : "connect ECONNREFUSED 127.0.0.1:443";
  return new TypeError("fetch failed", { cause: Object.assign(new Error(text), { code }) });
}

/** The error with which a body breaks off, as Node words it. */
export function brokenOff(): TypeError {
  return Object.assign(new TypeError("terminated"), { cause: networkError("ECONNRESET").cause });
}

/** Tells whether a fault has an answer of its own. */
export function replaces(fault: Fault): boolean {
  return fault.status !== undefined || fault.body !== undefined;
}

/** The answer of a fault. */
export function faultAnswer(fault: Fault): Response {
  const status = fault.status ?? 200;
  const { body } = fault;
  const isRaw = typeof body === "string" || body instanceof Uint8Array;
  const seconds = typeof fault.retryAfter === "number" ? { retry_after: fault.retryAfter } : {};
  const detail = status === 429
    ? `Request was throttled. Your rate limit resets in ~${fault.retryAfter ?? 1}s.`
    : `The server answered ${status}.`;
  const content = body === undefined
    ? { detail, status, ...(status === 429 ? seconds : {}) }
    : body;
  const type = body === undefined ? "application/problem+json" : "application/json";
  const isEmpty = [101, 204, 205, 304].includes(status);
  // `new Response(bytes)` wants bytes over a plain ArrayBuffer, which a copy is.
  const raw = typeof body === "string"
    ? body
    : body instanceof Uint8Array
    ? new Uint8Array(body)
    : "";
  return new Response(isEmpty ? null : isRaw ? raw : JSON.stringify(content), {
    status,
    headers: { "content-type": isRaw ? "text/html; charset=utf-8" : type },
  });
}

/** Applies a fault to an answer: other headers, the body in pieces or broken off. */
export function reshape(response: Response, fault: Fault): Response {
  const headers = new Headers(response.headers);
  if (fault.contentType !== undefined) headers.set("content-type", fault.contentType);
  if (fault.retryAfter !== undefined) headers.set("retry-after", String(fault.retryAfter));
  for (const [name, value] of Object.entries(fault.headers ?? {})) headers.set(name, value);
  const { status, statusText } = response;
  const isWhole = fault.cut === undefined && fault.split === undefined;
  const body = response.body && !isWhole ? reshapeBody(response.body, fault) : response.body;
  return new Response(body, { status, statusText, headers });
}

function reshapeBody(body: ReadableStream<Uint8Array>, fault: Fault): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let offset = 0;
  return new ReadableStream<Uint8Array>({
    async pull(controller): Promise<void> {
      if (offset === fault.cut) {
        reader.cancel().catch(() => {});
        return controller.error(brokenOff());
      }
      const { done, value } = await reader.read();
      if (done) return controller.close();
      const end = offset + value.length;
      for (let from = offset; from < end;) {
        const to = Math.min(end, nextOffset(from, fault));
        controller.enqueue(value.slice(from - (end - value.length), to - (end - value.length)));
        offset = from = to;
        if (offset === fault.cut) return;
      }
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}

/** The offset of the next cut behind `from`. */
function nextOffset(from: number, { cut, split }: Fault): number {
  const stops = typeof split === "number"
    ? [(Math.floor(from / Math.max(1, split)) + 1) * Math.max(1, split)]
    : (split ?? []).filter((offset) => offset > from);
  if (cut !== undefined && cut > from) stops.push(cut);
  return Math.min(Infinity, ...stops);
}
