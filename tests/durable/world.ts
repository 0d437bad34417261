/** A twin of a durable engine: it keeps the results of steps, runs steps again, and loses processes. */

import type { StepFunctions } from "../../src/durable/mod.ts";
import { sleep } from "../run/world.ts";

/** The end of a process: nothing that it has not kept is left. */
class Crash extends Error {}

/** The options of an engine. */
export interface TwinOptions {
  /** The most attempts of a step. Default 4. */
  attempts?: number;
  /** Ends the process at the end of the work of these steps, before the result is kept: once each. */
  crashAfter?: RegExp;
  /** Ends the process before these steps: once each. */
  crashBefore?: RegExp;
  /** The time after which an attempt is taken for lost, in milliseconds. Default: none. */
  patience?: number;
}

/** An engine whose steps are those of Cloudflare Workflows. */
export class TwinEngine {
  /** The results of the steps, as JSON. */
  readonly journal: Map<string, string> = new Map();
  /** The names of the steps whose work was run, in this order. */
  readonly ran: string[] = [];
  /** The milliseconds of each sleep. */
  readonly sleeps: number[] = [];
  readonly #options: TwinOptions;
  readonly #crashed = new Set<string>();
  readonly #events = new Map<string, () => void>();
  readonly #came = new Set<string>();

  constructor(options: TwinOptions = {}) {
    this.#options = options;
  }

  /** Runs a workflow to its end, in as many processes as that takes. */
  async run<T>(workflow: (step: StepFunctions) => Promise<T>): Promise<T> {
    for (;;) {
      const dead = Promise.withResolvers<never>();
      try {
        return await Promise.race([workflow(this.#process(dead.reject)), dead.promise]);
      } catch (error) {
        if (!(error instanceof Crash)) throw error;
      }
    }
  }

  /** Sends an event, which is kept for who waits later. */
  send(type: string): void {
    this.#came.add(type);
    this.#events.get(type)?.();
  }

  #process(die: (crash: Crash) => void): StepFunctions {
    // A process that is gone says nothing any more.
    const gone = new Promise<never>(() => {});
    const crash = (): Promise<never> => {
      die(new Crash());
      return gone;
    };
    const once = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
      const kept = this.journal.get(name);
      if (kept !== undefined) return JSON.parse(kept);
      if (this.#takes(this.#options.crashBefore, name)) return await crash();
      for (let attempt = 1;; attempt++) {
        try {
          this.ran.push(name);
          const result = JSON.stringify(await this.#patiently(work()) ?? null);
          if (this.#takes(this.#options.crashAfter, name)) return await crash();
          this.journal.set(name, result);
          return JSON.parse(result);
        } catch (error) {
          if (attempt >= (this.#options.attempts ?? 4)) throw error;
          await sleep(1000);
        }
      }
    };
    return {
      do: once,
      sleep: async (name, ms) =>
        await once(name, async () => {
          this.sleeps.push(ms);
          await sleep(ms);
        }),
      waitForEvent: async (name, { type, timeout }) =>
        await once(name, () =>
          Promise.race([
            sleep(timeout),
            new Promise<void>((resolve) => {
              if (this.#came.has(type)) resolve();
              else this.#events.set(type, resolve);
            }),
          ])),
    };
  }

  #takes(pattern: RegExp | undefined, name: string): boolean {
    if (!pattern?.test(name) || this.#crashed.has(name)) return false;
    this.#crashed.add(name);
    return true;
  }

  #patiently<T>(work: Promise<T>): Promise<T> {
    const { patience } = this.#options;
    if (patience === undefined) return work;
    work.catch(() => {});
    const late = sleep(patience).then(() => Promise.reject(new Error("the step took too long")));
    return Promise.race([work, late]);
  }
}
