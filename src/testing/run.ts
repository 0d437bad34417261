import type { FakeInput, FakeRun, FakeStatus, Place, StreamEvent } from "./types.ts";
import type { VersionEntry } from "./models.ts";

/** What a run is made from. */
export interface RunInit {
  readonly id: string;
  readonly kind: "prediction" | "training";
  readonly model: string;
  /** The version as the API shows it: 64 hex digits, or `hidden`. */
  readonly version: string;
  readonly entry: VersionEntry;
  readonly input: FakeInput;
  readonly created: number;
  readonly place: Place;
  readonly source: "api" | "web";
  readonly deployment?: string | undefined;
  readonly destination?: string | undefined;
  readonly deadline?: number | undefined;
  readonly streamKey?: string | undefined;
  readonly webhook?: string | undefined;
  readonly webhookEvents?: readonly string[] | undefined;
}

/** A prediction or training of the fake, as it is at the moment. */
export class Run implements FakeRun {
  /** What it was made from. */
  readonly init: RunInit;
  /** Its state. */
  status: FakeStatus = "starting";
  /** Its logs so far. */
  logs = "";
  /** Why it failed; an object when the model threw one. */
  error: unknown = null;
  /** When it began to work, on the fake's clock. */
  started: number | undefined;
  /** When it ended, on the fake's clock. */
  completed: number | undefined;
  /** Its output so far; files are still the fake's own objects. */
  output: unknown = null;
  /** Whether the output is complete, even though the run may go on. */
  outputDone = false;
  /** What the model measured. */
  readonly metrics: Record<string, unknown> = {};
  /** The events of its stream so far. */
  readonly events: StreamEvent[] = [];
  #second = -1;
  #inSecond = 0;
  readonly #controller = new AbortController();
  readonly #listeners = new Set<() => void>();

  constructor(init: RunInit) {
    this.init = init;
  }

  /** Its id. */
  get id(): string {
    return this.init.id;
  }

  /** What kind of run it is. */
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

  /** The deployment it runs on, if any. */
  get deployment(): string | undefined {
    return this.init.deployment;
  }

  /** Its input, as it was sent. */
  get input(): FakeInput {
    return this.init.input;
  }

  /** Aborts when it is stopped from outside. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether it has ended. */
  get terminal(): boolean {
    return this.completed !== undefined;
  }

  /** Ends it. Later calls change nothing. */
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

  /** Adds an event to its stream. */
  emit(event: string, data: string, now: number): void {
    const second = Math.floor(now / 1000);
    this.#inSecond = second === this.#second ? this.#inSecond + 1 : 0;
    this.#second = second;
    this.events.push({ id: `${second}:${this.#inSecond}`, event, data });
  }

  /** Tells those who watch that something has changed. */
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
