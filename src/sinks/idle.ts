/** A clock that aborts when nothing has moved for some time. */

import { onAbort } from "../base/async.ts";
import { uptime } from "../base/clock.ts";
import { TimeoutError } from "../errors.ts";

/** A clock of one attempt. */
export interface IdleClock {
  /** Aborts when the caller leaves, when time is up, and when the attempt is given up. */
  readonly signal: AbortSignal;
  /** Something has moved. */
  moved(): void;
  /** Ends it. Its signal stays as it is: who has kept the file may still read an answer by it. */
  stop(): void;
  /** Lets go of whatever still works by its signal. */
  giveUp(): void;
}

/**
 * Starts a clock that aborts when the caller leaves, or when nothing has moved for some time.
 *
 * @param outer The signal of the caller.
 * @param idle The longest time without a move, in milliseconds.
 */
export function idleClock(outer: AbortSignal | undefined, idle: number): IdleClock {
  const controller = new AbortController();
  const { signal } = controller;
  const unlisten = onAbort(outer, () => controller.abort(outer?.reason));
  let movedAt = uptime();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = (): TimeoutError => {
    const message = `Cannot keep the file: nothing of it moved for ${idle} ms (timeout)`;
    return new TimeoutError(message, { phase: "idle" });
  };
  // One timer for all moves: a new one for each piece of a file would cost more than its hash.
  const wait = (ms: number): void => {
    timer = setTimeout(() => {
      const left = movedAt + idle - uptime();
      if (left > 0) wait(left);
      else controller.abort(late());
    }, ms);
  };
  wait(idle);
  return {
    signal,
    moved: () => {
      movedAt = uptime();
    },
    stop: () => {
      clearTimeout(timer);
      unlisten();
    },
    giveUp: () => controller.abort(),
  };
}
