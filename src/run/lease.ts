import type { TimeoutError } from "../errors.ts";
import { onAbort } from "../base/async.ts";

/** What a lease is made from. */
export interface LeaseInit {
  /** The caller's. */
  signal?: AbortSignal | undefined;
  /** In milliseconds, from now. */
  timeout?: number | undefined;
  /** What the caller gets when the time is over. */
  timedOut: (ms: number) => TimeoutError;
}

/**
 * A caller's hold on a job: one signal, one deadline, and at most one cancel.
 *
 * `signal` aborts when the caller's does, or when the deadline passes. From `own` on, leaving without
 * `close` cancels the job.
 */
export class Lease {
  /** Ends every request and wait of the job. */
  readonly signal: AbortSignal;
  /** As of `Date.now()`. */
  readonly deadline: number | undefined;
  readonly #init: LeaseInit;
  readonly #controller = new AbortController();
  #unlisten = (): void => {};
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watchers = 0;
  #over = false;
  #cancel: (() => Promise<unknown>) | undefined;

  /** The clock starts at once. */
  constructor(init: LeaseInit) {
    const { signal, timeout } = init;
    this.#init = init;
    this.signal = this.#controller.signal;
    this.deadline = timeout === undefined ? undefined : Date.now() + timeout;
    this.#unlisten = onAbort(signal, () => this.leave(signal?.reason));
    this.watch();
  }

  /** The error of the deadline, if it has passed. */
  get expired(): TimeoutError | undefined {
    if (this.deadline === undefined || Date.now() < this.deadline) return undefined;
    return this.#init.timedOut(this.#init.timeout ?? 0);
  }

  /** Somebody waits from now on: the deadline's clock runs. */
  watch(): void {
    this.#watchers++;
    if (this.deadline === undefined || this.#timer !== undefined || this.#over) return;
    const { timeout = 0, timedOut } = this.#init;
    const end = (): void => this.leave(timedOut(timeout));
    const left = Math.max(0, this.deadline - Date.now());
    this.#timer = setTimeout(end, Math.min(left, 2 ** 31 - 1));
  }

  /** Somebody stopped waiting. A job that nobody watches must not keep a process alive by its clock. */
  unwatch(): void {
    this.#watchers--;
    if (this.#watchers <= 0) this.#stop();
  }

  /** From now on, leaving cancels. */
  own(cancel: () => Promise<unknown>): void {
    this.#cancel = cancel;
  }

  /** The caller goes: everything ends, and the job is canceled if it is ours and still runs. */
  leave(reason: unknown): void {
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
