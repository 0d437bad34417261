/** The state of one prediction or training, and its changes. */

import type { VersionEntry } from "./models.ts";
import type { Origins } from "./origins.ts";
import type { FakeInput, FakeRun, FakeStatus, StreamEvent } from "./types.ts";

/** The properties of a run that never change. */
export interface RunInit {
  readonly id: string;
  readonly kind: "prediction" | "training";
  readonly model: string;
  /** The version as the API shows it: 64 hex digits, or `hidden`. */
  readonly version: string;
  readonly entry: VersionEntry;
  readonly input: FakeInput;
  readonly created: number;
  readonly origins: Origins;
  readonly source: "api" | "web";
  readonly deployment?: string | undefined;
  readonly destination?: string | undefined;
  readonly deadline?: number | undefined;
  readonly streamKey?: string | undefined;
  readonly webhook?: string | undefined;
  readonly webhookEvents?: readonly string[] | undefined;
}

/** The current state of a prediction or training. */
export class RunState implements FakeRun {
  /** The properties that never change. */
  readonly init: RunInit;
  /** The status that the API shows. */
  status: FakeStatus = "starting";
  /** The logs so far. */
  logs = "";
  /** The error of a failed run: a message, or the value that the model threw. */
  error: unknown = null;
  /** The time at which it started, in milliseconds since 1970 on the fake's clock. */
  started: number | undefined;
  /** The time at which it ended, in milliseconds since 1970 on the fake's clock. */
  completed: number | undefined;
  /** The output so far, with a `ServedFile` for each file. */
  output: unknown = null;
  /** True when the output is complete, even if the run goes on. */
  outputDone = false;
  /** The metrics that the model has set. */
  readonly metrics: Record<string, unknown> = {};
  /** The events of the stream so far. */
  readonly events: StreamEvent[] = [];
  #second = -1;
  #inSecond = 0;
  readonly #controller = new AbortController();
  readonly #listeners = new Set<() => void>();

  constructor(init: RunInit) {
    this.init = init;
  }

  /** The id of the run. */
  get id(): string {
    return this.init.id;
  }

  /** The kind of run. */
  get kind(): "prediction" | "training" {
    return this.init.kind;
  }

  /** The model, as `owner/name`. */
  get model(): string {
    return this.init.model;
  }

  /** The version, as the API shows it. */
  get version(): string {
    return this.init.version;
  }

  /** The deployment that runs it, as `owner/name`, if there is one. */
  get deployment(): string | undefined {
    return this.init.deployment;
  }

  /** The input as it was sent. */
  get input(): FakeInput {
    return this.init.input;
  }

  /** Aborts when the run is canceled, or aborted at its deadline. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** True when the run has ended. */
  get terminal(): boolean {
    return this.completed !== undefined;
  }

  /** Ends the run, and tells whether it was this call that did so. */
  finish(status: FakeStatus, now: number): boolean {
    if (this.terminal) return false;
    this.status = status;
    this.completed = now;
    this.outputDone = true;
    if (status !== "succeeded") this.output = null;
    const end = status === "succeeded"
      ? {}
      : { reason: status === "failed" ? "error" : "canceled" };
    if (status === "failed") this.emit("error", JSON.stringify({ detail: this.error }), now);
    this.emit("done", JSON.stringify(end), now);
    if (status === "canceled" || status === "aborted") {
      this.#controller.abort(new DOMException(`The job was ${status}`, "AbortError"));
    }
    this.touch();
    return true;
  }

  /** Adds an event to the stream. */
  emit(event: string, data: string, now: number): void {
    const second = Math.floor(now / 1000);
    this.#inSecond = second === this.#second ? this.#inSecond + 1 : 0;
    this.#second = second;
    this.events.push({ id: `${second}:${this.#inSecond}`, event, data });
  }

  /** Tells everything that waits in {@link until} that the run has changed. */
  touch(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  /** Resolves when the condition holds; rejects when the signal aborts. */
  until(condition: () => boolean, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      if (condition()) return resolve();
      const look = (): void => {
        if (!condition()) return;
        stop();
        resolve();
      };
      const abort = (): void => {
        stop();
        reject(signal?.reason);
      };
      const stop = (): void => {
        this.#listeners.delete(look);
        signal?.removeEventListener("abort", abort);
      };
      this.#listeners.add(look);
      signal?.addEventListener("abort", abort, { once: true });
    });
  }
}
