/**
 * A twin of Temporal, written from its documentation, as its server cannot be had here. After each command
 * the workflow is run from its start again, with the results in its history. Activities are functions with
 * a name whose arguments and results are JSON; they are tried again when they throw, or when the worker
 * dies. Only a failure of the kind `TemporalFailure` fails a workflow.
 */

import { sleep } from "../run/world.ts";

interface Entry {
  command: string;
  result?: string;
  error?: unknown;
}

/** The failures of `@temporalio/common`, as far as they are used. */
export interface Failures {
  TemporalFailure: new (message: string) => Error;
  CancelledFailure: new (message: string) => Error;
}

type Activity = (args?: unknown) => Promise<unknown>;

/** The names that a workflow imports from `@temporalio/workflow`, and an activity its `Context`. */
export class TemporalTwin {
  /** The commands of the workflow, in this order. */
  readonly history: Entry[] = [];
  /** The attempt of the activity that runs. */
  attempt: number = 0;
  /** Activities whose worker dies before it has answered, once each. */
  dies: RegExp | undefined;
  /** The number of sleeps after which the workflow is canceled. */
  cancelAfter: number = Infinity;
  /** The activities that the worker has registered. */
  activities: Record<string, Activity> = {};
  readonly #failures: Failures;
  #at = 0;
  #isCanceled = false;
  #isShielded = false;
  #next: ((work: () => Promise<void>) => void) | undefined;

  constructor(failures: Failures) {
    this.#failures = failures;
  }

  /** Gives every name, as that of Temporal does. */
  readonly proxyActivities = (_options: object): Record<string, Activity> =>
    new Proxy({}, {
      get: (_, name) => (args: unknown) => this.#activity(String(name), args),
    });

  readonly sleep = (ms: number): Promise<unknown> =>
    this.#command(`sleep ${ms}`, async () => {
      await sleep(ms);
      if (--this.cancelAfter <= 0) throw new this.#failures.CancelledFailure("canceled");
    });

  readonly CancellationScope = {
    nonCancellable: async <T>(work: () => Promise<T>): Promise<T> => {
      this.#isShielded = true;
      return await work().finally(() => this.#isShielded = false);
    },
  };

  /** Runs a workflow to its end. */
  async run<T>(workflow: () => Promise<T>): Promise<T> {
    for (;;) {
      this.#at = 0;
      this.#isCanceled = false;
      const pending = Promise.withResolvers<() => Promise<void>>();
      this.#next = pending.resolve;
      const end = workflow().then((value) => ({ value }), (error) => ({ error }));
      const first = await Promise.race([end, pending.promise]);
      if (typeof first === "function") await first();
      else if ("value" in first) return first.value;
      else if (first.error instanceof this.#failures.TemporalFailure) throw first.error;
      else throw new Error(`the workflow task would fail for ever: ${first.error}`);
    }
  }

  #activity(name: string, args: unknown): Promise<unknown> {
    const given = args === undefined ? undefined : JSON.parse(JSON.stringify(args));
    return this.#command(name, async () => {
      if (!Object.hasOwn(this.activities, name)) throw new Error(`no activity ${name}`);
      for (this.attempt = 1;; this.attempt++) {
        try {
          const result = await this.activities[name]!(given);
          if (!this.dies?.test(name) || this.attempt > 1) return result;
        } catch (error) {
          if (this.attempt >= 5) throw error;
        }
        await sleep(1000);
      }
    });
  }

  async #command(command: string, work: () => Promise<unknown>): Promise<unknown> {
    if (this.#isCanceled && !this.#isShielded) throw new this.#failures.CancelledFailure(command);
    const at = this.#at++;
    const known = this.history[at];
    if (!known) {
      this.#next!(async () => {
        const entry: Entry = { command };
        try {
          entry.result = JSON.stringify(await work() ?? null);
        } catch (error) {
          entry.error = error;
        }
        this.history.push(entry);
      });
      // The process is gone: the workflow goes on from its history.
      return await new Promise(() => {});
    }
    if (known.command !== command) {
      throw new Error(`not deterministic: ${known.command} was ${command}`);
    }
    if (known.error === undefined) return JSON.parse(known.result!);
    this.#isCanceled = known.error instanceof this.#failures.CancelledFailure;
    throw known.error;
  }
}
