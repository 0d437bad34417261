/** A program of callers: made from a seed, run, and made smaller when it shows something. */

import { type Fault, faultsOf, type Op } from "./faults.ts";
import { Random } from "./random.ts";

/** The form of a job's output. */
export type Shape = "text" | "list" | "object" | "file" | "files";

/** The thing that the server makes of a job. */
export interface JobPlan {
  /** Milliseconds until it starts, and until it has ended after that. */
  startMs: number;
  runMs: number;
  tokens: string[];
  shape: Shape;
  fate: "succeeded" | "failed" | "canceled" | "aborted";
  /** A status that the API does not have yet; `"skip"` leaves `processing` out. */
  odd?: string;
  /** `false` for a stream without ids; `undefined` for a job without a stream. */
  ids?: boolean;
  /** `true` if the stream is on the API's own origin. */
  near?: boolean;
}

/** The way in which a caller leaves. */
export interface Leave {
  how: "abort" | "break" | "throw" | "deadline" | "dispose" | "cancel" | "detach" | "pre-aborted";
  /** Milliseconds after the start of the call; with `op`, after the request was answered. */
  ms: number;
  /** The request on whose answer the caller leaves, so many microtasks later. */
  op?: Op;
  micro?: number;
}

/** The things that a caller can do. */
export const KINDS = [
  "run",
  "run",
  "run",
  "start",
  "start",
  "stream",
  "stream",
  "stream",
  "batch",
  "resume",
  "wait",
  "training",
  "upload",
  "upload",
  "download",
  "download",
  "list",
  "deployment",
  "request",
  "webhook",
  "misc",
] as const;

export type Kind = typeof KINDS[number];

/** One call of a program. */
export interface CallPlan {
  n: number;
  kind: Kind;
  /** Milliseconds from the start of the program. */
  at: number;
  ref: "official" | "community" | "version" | "deployment";
  job: JobPlan;
  /** A number that varies the call in ways of its own. */
  vary: number;
  leave?: Leave;
  /** Milliseconds that the caller takes over each item. */
  slowMs: number;
  /** The number of inputs of a batch. */
  inputs: number;
  /** The moments of a batch's process at which it is killed. */
  kills: number[];
  faults: Fault[];
}

/** A jump of the program's clock. */
export interface Jump {
  at: number;
  by: number;
}

/** A whole program. */
export interface Program {
  seed: number;
  calls: CallPlan[];
  jumps: Jump[];
  /** The difference of the server's clock. */
  skew: number;
  /** The limiter's `concurrency`. */
  concurrency: number | undefined;
  /** The size of the server's budget for creating, which `ratelimit-*` headers tell. */
  budget: number | undefined;
}

/** The requests that each kind of call sends. */
const OPS: Record<Kind, Op[]> = {
  run: ["create", "get", "cancel", "other"],
  start: ["create", "get", "cancel"],
  stream: ["create", "stream", "stream", "stream", "get", "cancel"],
  batch: ["create", "create", "get", "list", "cancel"],
  resume: ["create", "get", "get"],
  wait: ["create", "get", "get"],
  training: ["create", "get", "cancel"],
  upload: ["upload", "upload", "create", "get"],
  download: ["output", "output", "output", "create", "get"],
  list: ["list"],
  deployment: ["other", "create"],
  request: ["create"],
  webhook: ["create"],
  misc: ["other"],
};

const LEAVES: Partial<Record<Kind, Leave["how"][]>> = {
  run: ["abort", "abort", "throw", "deadline", "pre-aborted"],
  start: ["abort", "dispose", "cancel", "detach", "break", "deadline"],
  stream: ["abort", "abort", "break", "throw", "dispose", "deadline"],
  batch: ["abort", "break", "throw"],
  resume: ["abort"],
  wait: ["abort", "deadline"],
  training: ["abort", "cancel"],
  upload: ["abort"],
  download: ["abort", "break"],
  list: ["abort", "break"],
};

/** Makes the program of a seed. */
export function programOf(seed: number, size = 40): Program {
  const random = new Random(seed);
  return {
    seed,
    calls: Array.from({ length: size }, (_, n) => callOf(n, random)),
    jumps: random.chance(0.4)
      ? Array.from({ length: random.int(1, 3) }, () => ({
        at: random.int(50, 800),
        by: random.pick([-3_600_000, -10_000, -500, 500, 10_000, 3_600_000]),
      }))
      : [],
    skew: random.pick([0, 0, 0, 2_000, -60_000, 3_600_000]),
    concurrency: random.pick([undefined, undefined, 4, 12]),
    budget: random.chance(0.3) ? random.int(30, 80) : undefined,
  };
}

function callOf(n: number, random: Random): CallPlan {
  const kind = random.pick(KINDS);
  const leave = random.chance(0.35) ? leaveOf(kind, random) : undefined;
  const count = random.pick([0, 0, 1, 1, 1, 2, 3]);
  const faults = Array.from({ length: count }, () => faultsOf(random.pick(OPS[kind]), random));
  return {
    n,
    kind,
    at: random.int(0, 400),
    ref: random.pick(["official", "official", "version", "community", "deployment"]),
    job: jobOf(kind, leave, random),
    vary: random.int(0, 999),
    ...(leave && { leave }),
    slowMs: random.chance(0.2) ? random.int(1, 20) : 0,
    inputs: random.int(3, 8),
    kills: kind === "batch" && !leave && random.chance(0.6)
      ? Array.from({ length: random.int(1, 3) }, () => random.int(2, 200))
      : [],
    faults: faults.flat(),
  };
}

function leaveOf(kind: Kind, random: Random): Leave | undefined {
  const hows = LEAVES[kind];
  if (!hows) return undefined;
  const how = random.pick(hows);
  // The second result of a batch may never come, nor the second change of a run that is held.
  if (/^(?:batch|run)$/.test(kind) && /^(?:break|throw)$/.test(how)) return { how, ms: 0 };
  if (how !== "abort" || random.chance(0.5)) return { how, ms: random.int(0, 250) };
  const op = random.pick(OPS[kind]);
  return { how, ms: 0, op, micro: random.int(0, 40) };
}

function jobOf(kind: Kind, leave: Leave | undefined, random: Random): JobPlan {
  const count = random.int(leave ? 3 : 1, 12);
  const tokens = Array.from(
    { length: count },
    (_, i) => random.pick([" tap", "é☃", "\n\n", `w${i}`, "🙂", "a\nb", " "]) + i,
  );
  const shape = kind === "download"
    ? random.pick(["file", "files"] as const)
    : kind === "stream"
    ? random.pick(["list", "list", "text"] as const)
    : random.pick(["list", "list", "text", "object"] as const);
  const odd = random.chance(0.15) ? random.pick(["queued", "booting", "skip"]) : undefined;
  return {
    startMs: random.int(0, 40),
    // Whoever leaves does so before the end, mostly: else nobody would see that the job runs on.
    runMs: leave && kind !== "list" && kind !== "download" && random.chance(0.8)
      ? 60_000
      : random.int(5, 160),
    tokens,
    shape,
    fate: leave
      ? "succeeded"
      : random.pick(["succeeded", "succeeded", "succeeded", "succeeded", "failed", "aborted"]),
    ...(odd && { odd }),
    ...(kind !== "training" && random.chance(0.9) && { ids: random.chance(0.8) }),
    near: random.chance(0.3),
  };
}
