/** One prediction on a Cog server, with all that is known of it. */

import { onAbort } from "../base/async.ts";
import { isTerminal } from "../base/job.ts";
import { isRecord } from "../base/record.ts";
import type { Refusal } from "./problem.ts";

/** The prediction as the API shows it. */
export type CogRecord = Record<string, unknown> & {
  readonly id: string;
  readonly status: string;
  readonly output: unknown;
  readonly logs: string;
};

/** The fields that a Cog server knows. Others of its answers are not those of Replicate. */
const FIELDS = ["output", "error", "started_at", "completed_at"];
/** The statuses that are news. A server that has taken a prediction calls it `starting` for a while. */
const STATUSES = /^(?:processing|succeeded|failed|canceled)$/;

/** A prediction that waits for its turn, runs, or has ended. */
export class CogJob {
  readonly id: string;
  /** The body of the request that runs it. */
  readonly body: Readonly<Record<string, unknown>>;
  record: CogRecord;
  /** The answer of a server that does not take it, or the error of its connection. */
  refusal: { answer: Refusal } | { error: unknown } | undefined;
  readonly #controller = new AbortController();
  /** Aborts when it is canceled. */
  readonly leaving: AbortSignal = this.#controller.signal;
  readonly #listeners = new Set<() => void>();

  constructor(record: CogRecord, body: Readonly<Record<string, unknown>>) {
    this.id = record.id;
    this.body = body;
    this.record = record;
  }

  get ended(): boolean {
    return isTerminal(this.record) || this.refusal !== undefined;
  }

  /** Takes over what an answer, an event or a webhook of the server says. */
  see(state: Readonly<Record<string, unknown>>): void {
    if (this.ended) return;
    const next: Record<string, unknown> = { ...this.record };
    for (const name of FIELDS) if (state[name] !== undefined) next[name] = state[name];
    // An end may come without the log, and a late webhook with less of it.
    if (typeof state.logs === "string" && state.logs.length > this.record.logs.length) {
      next.logs = state.logs;
    }
    if (isRecord(state.metrics)) next.metrics = { ...next.metrics as object, ...state.metrics };
    if (STATUSES.test(String(state.status))) next.status = state.status;
    if (isTerminal(next as { status: string })) next.completed_at ??= new Date().toISOString();
    else if (next.status === "processing") next.started_at ??= new Date().toISOString();
    this.record = next as CogRecord;
    this.#tell();
  }

  /** The server does not run it. Where its caller has its id already, it has failed. */
  refuse(refusal: { answer: Refusal } | { error: unknown }): void {
    if (this.ended) return;
    this.refusal = refusal;
    this.#tell();
  }

  /** Shows a refusal as the failure of the prediction. */
  failByRefusal(why: string): void {
    this.refusal = undefined;
    this.see({ status: "failed", error: why });
  }

  /** It is to end. One that waits for its turn has ended; the server knows any other. */
  leave(): void {
    this.#controller.abort();
  }

  /** Resolves when the condition holds, after `ms` milliseconds, or when the signal aborts. */
  async until(condition: () => boolean, ms?: number, signal?: AbortSignal): Promise<void> {
    if (condition() || signal?.aborted) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let unlisten = (): void => {};
    let check = (): void => {};
    await new Promise<void>((resolve) => {
      check = () => condition() && resolve();
      this.#listeners.add(check);
      unlisten = onAbort(signal, resolve);
      if (ms !== undefined) timer = setTimeout(resolve, ms);
    });
    this.#listeners.delete(check);
    unlisten();
    clearTimeout(timer);
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
