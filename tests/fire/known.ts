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

export const KNOWN: readonly Known[] = [];

/** The entry of a violation that is known. */
export function knownAs(
  violation: Violation,
  program: Program,
  all: Violation[],
): Known | undefined {
  const call = program.calls.find(({ n }) => n === violation.call);
  return KNOWN.find((it) => it.is(violation, call, program, all));
}
