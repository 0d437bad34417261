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
    name: "upload",
    reason: "the answer to an upload that is no record ends in a TypeError",
    is: ({ rule }, call) => rule === "a foreign error" && has(call, /upload/, NO_RECORD),
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
