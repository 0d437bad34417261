/** The judgement of errors: whose they are, and what they show. */

import { inspect } from "node:util";
import { ReplicateError } from "../../src/errors.ts";
import { type Caller, CallersError, PROMPT } from "./callers.ts";
import { TOKEN } from "./gate.ts";

/** Judges an error that a call ended with. */
export function judgeError(caller: Caller, error: unknown): void {
  const { plan, reason } = caller;
  for (const leak of leaksIn(error)) caller.wrong(`an error shows ${leak}`);
  if (error === reason || error instanceof CallersError) return;
  // Whoever leaves a stream without a reason gets the platform's own one.
  if (plan.leave?.how === "dispose" && (error as Error | null)?.name === "AbortError") return;
  if (!(error instanceof ReplicateError)) {
    return caller.wrong(`a foreign error: ${inspect(error).slice(0, 400)}`);
  }
  // Nothing happened that could excuse a failure. Neighbors may have used up the time or the limit.
  const isQuiet = plan.faults.length === 0 && !plan.leave && plan.kills.length === 0;
  const mayHappen = /^(?:TimeoutError|ConnectionError|RateLimitError)$/.test(error.name);
  if (!isQuiet || mayHappen) return;
  if (error.name === "PredictionError" && plan.job.fate !== "succeeded") return;
  caller.wrong(`an error without a reason: ${error}`);
}

/** The secrets that are seen in an error in any of the forms in which it is printed. */
export function leaksIn(error: unknown): string[] {
  const texts = [String(error), inspect(error, { depth: 8 })];
  for (let at = error, depth = 0; at instanceof Error && depth < 6; at = at.cause, depth++) {
    texts.push(at.message, at.stack ?? "", inspect(at, { depth: 8 }));
    try {
      texts.push(JSON.stringify(at));
    } catch { /* it goes round in circles */ }
  }
  const text = texts.join("\n");
  return [[TOKEN, "the token"], [PROMPT, "a prompt"]].filter(([secret]) => text.includes(secret!))
    .map(([, name]) => name!);
}
