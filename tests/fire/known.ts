/** Violations that are known, and are not fixed yet: each with its reason. The list only gets shorter. */

import type { CallPlan, Program } from "./program.ts";
import type { Violation } from "./simulate.ts";

/** A violation that does not fail the run. */
export interface Known {
  name: string;
  reason: string;
  /** Tells whether this is the one. `all` are those of the same program. */
  is(violation: Violation, call: CallPlan | undefined, program: Program, all: Violation[]): boolean;
}

const has = (call: CallPlan | undefined, op: RegExp, kind: RegExp): boolean =>
  call?.faults.some((it) => op.test(it.op) && kind.test(it.kind)) ?? false;

const NO_RECORD = /^(?:null|list|number|object|number-id|204)$/;

export const KNOWN: readonly Known[] = [
  {
    name: "download",
    reason: "a download from the origin of the API carries the token",
    is: ({ rule, detail }) => rule === "token elsewhere" && /^GET \/out\//.test(detail),
  },
  {
    name: "no record",
    reason: "an answer that is JSON but no record ends in a TypeError, or passes",
    is: ({ rule, detail }, call) =>
      has(call, /create|get|upload/, NO_RECORD) &&
      (rule === "a foreign error" || rule === "listener left" || /no record/.test(detail)),
  },
  {
    name: "cut create",
    reason: "a create whose answer is cut leaves the prediction running",
    is: ({ rule }, call) =>
      rule === "runs on" && has(call, /create/, /^(?:cut|long|number-id|drip|slow)/),
  },
  {
    name: "cancel",
    reason: "a cancel that failed is not tried again",
    is: ({ rule }, call) =>
      (rule === "runs on" || rule === "listener left") && has(call, /cancel/, /./),
  },
  {
    name: "late owner",
    reason: "an abort in the microtasks after the create is answered leaves the prediction running",
    is: ({ rule }, call) => rule === "runs on" && call?.leave?.op === "create",
  },
  {
    name: "ledger's clock",
    reason: "a batch that starts again looks for its creates by the program's clock",
    is: ({ rule }, call, { skew, jumps }) =>
      rule === "created twice" && call?.kind === "batch" && (skew !== 0 || jumps.length > 0),
  },
  {
    name: "excerpt",
    reason: "the excerpt of an answer that is cut shows the prompt",
    is: ({ detail }, call) => /shows a prompt/.test(detail) && has(call, /get|list/, /./),
  },
];

/** The entry of a violation that is known. */
export function knownAs(
  violation: Violation,
  program: Program,
  all: Violation[],
): Known | undefined {
  const call = program.calls.find(({ n }) => n === violation.call);
  return KNOWN.find((it) => it.is(violation, call, program, all));
}
