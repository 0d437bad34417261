/** The faults that the server can have, and the requests that each of them fits. */

import type { Random } from "./random.ts";

/** The kind of a request, as far as faults go. */
export type Op = "create" | "get" | "cancel" | "stream" | "output" | "upload" | "list" | "other";

/** A fault of one request: the `nth` of its kind that its call sends, from 0. */
export interface Fault {
  op: Op;
  nth: number;
  kind: string;
  /** Milliseconds, bytes or a share: by the kind. */
  arg: number;
}

/** The server does not act; the client may know that. */
export const BEFORE = [
  "reset-before",
  "close-before",
  "silent-before",
  "refused",
  "redirect",
  "429-plain",
  "429-zero",
  "429-second",
  "429-date",
  "429-body",
  "429-nonsense",
  "503-before",
  "502-html",
] as const;

/** The server acts, and its answer does not come, or cannot be read. */
const LOST = [
  "reset-after",
  "close-after",
  "silent-after",
  "500-after",
  "504-html-after",
  "cut",
  "cut-chunked",
  "cut-json",
  "long-length",
  "html-ok",
  "empty",
  "null",
  "list",
  "number",
  "object",
  "number-id",
  "204",
  "bad-gzip",
] as const;

/** The answer is whole, and comes in an unusual way. */
const ODD = ["slow-headers", "drip", "good-gzip", "wrong-type", "chunked"] as const;

/** The faults of each kind of request. */
export const FAULTS: Readonly<Record<Op, readonly string[]>> = {
  create: [...BEFORE, ...LOST, ...ODD],
  get: [...BEFORE, ...LOST, ...ODD, "404", "404", "stale", "stale"],
  cancel: [...BEFORE, ...LOST, ...ODD, "404", "404", "404"],
  list: [...BEFORE, ...LOST, ...ODD, "next-null-text", "next-elsewhere"],
  other: [...BEFORE, ...LOST, ...ODD],
  upload: [...BEFORE, ...LOST, ...ODD, "wrong-digest", "413"],
  stream: [
    "reset-before",
    "refused",
    "silent-before",
    "503-before",
    "404",
    "html-ok",
    "slow-headers",
    "drip",
    "cut",
    "cut",
    "cut-reset",
    "no-done",
    "doubled",
    "replay",
    "stall",
    "error-event",
    "good-gzip",
  ],
  output: [
    "reset-before",
    "refused",
    "silent-before",
    "503-before",
    "404",
    "410",
    "cut",
    "cut-reset",
    "range-ignored",
    "wrong-range",
    "long-length",
    "slow-headers",
    "drip",
    "stall",
    "chunked",
  ],
};

/** The argument of a fault. */
function argOf(kind: string, random: Random): number {
  if (kind === "slow-headers") return random.pick([20, 60, 120, 900]);
  if (kind === "drip") return random.int(1, 40);
  return Math.round(random.next() * 100) / 100;
}

/** A fault for a kind of request; storms are the same fault several times. */
export function faultsOf(op: Op, random: Random): Fault[] {
  const kind = random.pick(FAULTS[op]);
  const nth = random.chance(0.6) ? 0 : random.int(1, 3);
  const isStorm = /^(?:50|429-(?:zero|plain)|reset|refused)/.test(kind) && random.chance(0.3);
  const count = isStorm ? random.int(2, 5) : kind === "404" ? random.int(1, 2) : 1;
  return Array.from({ length: count }, (_, i) => ({
    op,
    nth: nth + i,
    kind,
    arg: argOf(kind, random),
  }));
}
