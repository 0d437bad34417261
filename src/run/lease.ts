/** A caller's hold on a job: one signal, one deadline, and at most one cancel. */

import { uptime } from "../base/clock.ts";
import { onAbort, unlessAborted } from "../base/async.ts";
import type { TimeoutError } from "../errors.ts";

/** A moment by which something must be done, and the error for a caller if it is not. */
export interface Deadline {
  /** The moment in milliseconds since 1970. */
  readonly at: number;
  readonly error: () => TimeoutError;
}

/** The deadline that is `ms` milliseconds away; none for `undefined`. */
export function deadlineIn(
  ms: number | undefined,
  error: (ms: number) => TimeoutError,
): Deadline | undefined {
  return ms === undefined ? undefined : { at: uptime() + ms, error: () => error(ms) };
}

/** The terms of a lease: what ends it, besides its holder. */
export interface LeaseTerms {
  /** The caller's signal. */
  readonly signal?: AbortSignal | undefined;
  readonly deadline?: Deadline | undefined;
}

/** The longest timer that runtimes know; a longer one would fire at once. */
const LONGEST = 2 ** 31 - 1;

/**
 * A caller's hold on a job.
 *
 * Its `signal` aborts when the caller's does, when the deadline passes, or when the holder leaves. From
 * `own` on, each of these cancels the job, unless the lease was closed before.
 */
export class Lease {
  /** Ends every request and wait of the job. */
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  #deadline: Deadline | undefined;
  #unlisten = (): void => {};
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watchers = 0;
  #over = false;
  #cancel: (() => Promise<unknown>) | undefined;

  /** Opens the lease, if there are terms already. */
  constructor(terms?: LeaseTerms) {
    this.signal = this.#controller.signal;
    if (terms) this.open(terms);
  }

  /** The lease runs from now on, and somebody waits. One that was left before stays over. */
  open({ signal, deadline }: LeaseTerms): void {
    if (this.#over) return;
    this.#deadline = deadline;
    this.#unlisten = onAbort(signal, () => this.leave(signal?.reason));
    this.watch();
  }

  /** The moment of the deadline, in milliseconds since 1970. */
  get deadline(): number | undefined {
    return this.#deadline?.at;
  }

  /** The error of the deadline, if it has passed. */
  get expired(): TimeoutError | undefined {
    const deadline = this.#deadline;
    return deadline && uptime() >= deadline.at ? deadline.error() : undefined;
  }

  /** The result of `work`, unless the lease ends first. A failure closes the lease. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    try {
      this.signal.throwIfAborted();
      return await unlessAborted(work(), this.signal);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Somebody waits from now on: the deadline's clock runs. */
  watch(): void {
    this.#watchers++;
    const deadline = this.#deadline;
    if (!deadline || this.#timer !== undefined || this.#over) return;
    const left = Math.max(0, deadline.at - uptime());
    this.#timer = setTimeout(() => this.leave(deadline.error()), Math.min(left, LONGEST));
  }

  /** Somebody stopped waiting. The clock of a job that nobody watches must not keep a process alive. */
  unwatch(): void {
    this.#watchers--;
    if (this.#watchers <= 0) this.#stop();
  }

  /** From now on, leaving cancels. */
  own(cancel: () => Promise<unknown>): void {
    this.#cancel = cancel;
  }

  /** The caller goes: everything ends, and the job is canceled if it is ours and still runs. */
  leave(reason?: unknown): void {
    const cancel = this.#cancel;
    this.close();
    this.#controller.abort(reason);
    cancel?.().catch(() => {});
  }

  /** The job has ended, or is somebody else's now. */
  close(): void {
    this.#over = true;
    this.#cancel = undefined;
    this.#stop();
    this.#unlisten();
  }

  #stop(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
