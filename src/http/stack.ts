/** The stacks of errors: they begin at the line of the caller, and not in a timer of ours. */

import { ReplicateError } from "../errors.ts";

/**
 * Gives an error of ours the stack of this moment, from the caller of `above` on. Where it was made is of
 * no use to a caller: by then no engine knows any more which line of theirs has asked. What `signal`
 * aborted with is the caller's own, and stays as it is.
 */
export function retrace(error: unknown, above: unknown, signal?: AbortSignal): void {
  if (isOurs(error, signal)) capture(error, above);
}

/** The same, but with the stack of the moment at which the tracer was made. */
export function tracer(above: unknown, signal?: AbortSignal): (error: unknown) => void {
  const moment = { stack: "" };
  capture(moment, above);
  return (error) => {
    if (!isOurs(error, signal)) return;
    try {
      // Not before there is an error: a stack costs little until it is turned into text.
      const frames = /\n[^]*/.exec(moment.stack);
      if (frames) error.stack = `${error}${frames[0]}`;
    } catch { /* it is frozen, or a hook of the program cannot write stacks */ }
  };
}

function isOurs(error: unknown, signal: AbortSignal | undefined): error is ReplicateError {
  return error instanceof ReplicateError && error !== signal?.reason;
}

function capture(target: object, above: unknown): void {
  const engine = Error as { captureStackTrace?: (target: object, above: unknown) => void };
  try {
    engine.captureStackTrace?.(target, above);
  } catch { /* it is frozen, and keeps the stack that it has */ }
}
