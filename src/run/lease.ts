/** A caller's hold on a job: one signal, one deadline, and at most one cancel. */

import { LONGEST_TIMER, uptime } from "../base/clock.ts";
import { onAbort, signalOf, unlessAborted } from "../base/async.ts";
import { type Duration, toMs } from "../base/duration.ts";
import { TimeoutError } from "../errors.ts";

/** A moment by which something must be done, and the error for a caller if it is not. */
export interface Deadline {
  /** The moment, by the clock of durations: see `uptime()`. */
  readonly at: number;
  /** Makes the error, which names the job as far as it is known by then. */
  readonly error: (id?: string) => TimeoutError;
}

/**
 * The deadline that an option sets from now on; none for `undefined`.
 *
 * @param subject Makes the start of the message: what cannot be done, and what did not end.
 */
export function deadlineIn(
  time: Duration | undefined,
  option: "timeout" | "maxWait",
  subject: (id?: string) => string,
): Deadline | undefined {
  if (time === undefined) return undefined;
  const ms = toMs(time, option, 1);
  const phase = option === "timeout" ? "deadline" : "wait";
  const error = (id?: string): TimeoutError =>
    new TimeoutError(`Cannot ${subject(id)} did not end within ${ms} ms (${option})`, {
      phase,
      id,
    });
  return { at: uptime() + ms, error };
}

/** The terms of a lease: what ends it, besides its holder. */
export interface LeaseTerms {
  /** The caller's signal. */
  readonly signal?: AbortSignal | undefined;
  readonly deadline?: Deadline | undefined;
}

/**
 * A caller's hold on a job.
 *
 * Its `signal` aborts when the caller's does, when the deadline passes, or when the holder leaves. From
 * `own` on, each of these cancels the job, unless the lease was closed before.
 */
export class Lease {
  readonly #controller = new AbortController();
  /** Ends every request and wait of the job. */
  readonly signal: AbortSignal = this.#controller.signal;
  /** The id of the job, for the error of the deadline. */
  id: string | undefined;
  /** The moment by which the job must have ended. */
  deadline: Deadline | undefined;
  #unlisten = (): void => {};
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watchers = 0;
  #over = false;
  #ended = false;
  #cancel: (() => Promise<unknown>) | undefined;

  /** Opens the lease, if there are terms already. */
  constructor(terms?: LeaseTerms) {
    if (terms) this.open(terms);
  }

  /** The lease runs from now on, and somebody waits. One that was left before stays over. */
  open({ signal: given, deadline }: LeaseTerms): void {
    if (this.#over) return;
    const signal = signalOf(given);
    this.deadline = deadline;
    this.#unlisten = onAbort(signal, () => this.leave(signal?.reason));
    this.watch();
  }

  /** The error of the deadline, if it has passed. */
  get expired(): TimeoutError | undefined {
    const { deadline } = this;
    return deadline && uptime() >= deadline.at ? deadline.error(this.id) : undefined;
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
    if (this.#timer === undefined && !this.#over) this.#arm();
  }

  /** Somebody stopped waiting. The clock of a job that nobody watches must not keep a process alive. */
  unwatch(): void {
    if (--this.#watchers > 0) return;
    this.#stop();
    if (this.#ended) this.close();
  }

  /** From now on, leaving cancels. A job that comes to be when its caller has left is canceled at once. */
  own(cancel: () => Promise<unknown>): void {
    if (this.#over) cancel().catch(() => {});
    else this.#cancel = cancel;
  }

  /** The job has ended: there is nothing to cancel. Who still waits, for a callback, can yet leave. */
  end(): void {
    this.#ended = true;
    this.#cancel = undefined;
    if (this.#watchers <= 0) this.close();
  }

  /** The caller goes: everything ends, and the job is canceled if it is ours and still runs. */
  leave(reason?: unknown): void {
    const cancel = this.#cancel;
    this.close();
    this.#controller.abort(reason);
    cancel?.().catch(() => {});
  }

  /** The job is somebody else's now, or nobody waits any more. */
  close(): void {
    this.#over = true;
    this.#cancel = undefined;
    this.#stop();
    this.#unlisten();
  }

  #arm(): void {
    const { deadline } = this;
    if (!deadline) return;
    const left = deadline.at - uptime();
    this.#timer = setTimeout(() => {
      // A deadline beyond the longest timer takes several.
      if (left > LONGEST_TIMER) this.#arm();
      else this.leave(deadline.error(this.id));
    }, Math.min(Math.max(0, left), LONGEST_TIMER));
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
