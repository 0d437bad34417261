/** A clock that aborts when nothing has moved for some time. */

import { onAbort } from "../base/async.ts";
import { uptime } from "../base/clock.ts";
import { TimeoutError } from "../errors.ts";

/** Aborts its signal when the caller leaves, or when nothing has moved for some time. */
export class IdleClock {
  readonly #controller = new AbortController();
  readonly #unlisten: () => void;
  readonly #idle: number;
  #movedAt = uptime();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * Starts the clock.
   *
   * @param outer The signal of the caller.
   * @param idle The longest time without a move, in milliseconds.
   */
  constructor(outer: AbortSignal | undefined, idle: number) {
    this.#idle = idle;
    this.#unlisten = onAbort(outer, () => this.#controller.abort(outer?.reason));
    this.#wait(idle);
  }

  /** Aborts when the caller leaves, when time is up, and when the attempt is given up. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Something has moved. */
  moved(): void {
    this.#movedAt = uptime();
  }

  /** Ends it. Its signal stays as it is: who has kept the file may still read an answer by it. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#unlisten();
  }

  /** Lets go of whatever still works by its signal. */
  giveUp(): void {
    this.#controller.abort();
  }

  /** One timer for all moves: a new one for each piece of a file would cost more than its hash. */
  #wait(ms: number): void {
    this.#timer = setTimeout(() => {
      const left = this.#movedAt + this.#idle - uptime();
      if (left > 0) this.#wait(left);
      else this.#controller.abort(this.#late());
    }, ms);
  }

  #late(): TimeoutError {
    const message = `Cannot keep the file: nothing of it moved for ${this.#idle} ms (timeout)`;
    return new TimeoutError(message, { phase: "idle" });
  }
}
