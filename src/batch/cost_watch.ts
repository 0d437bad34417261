/** The requests of one run, as a meter watches them. */

import { unlessAborted } from "../base/async.ts";
import { isTerminal } from "../base/job.ts";
import type { MeteredJob } from "../base/meter.ts";
import type { ParsedRef } from "../base/ref.ts";
import { readable } from "../base/text.ts";
import { fateOf } from "../http/retry.ts";
import type { RequestSpec, Send } from "../http/types.ts";
import { wrapped } from "../http/wrapped.ts";
import type { CostEntry } from "./cost_types.ts";

/** The steps of a meter that requests lead to. */
export interface MeterSteps {
  /** Sets a run aside. */
  reserve(ref: ParsedRef, tag: string | undefined, now: number | undefined): Promise<CostEntry>;
  /** Counts a job that has ended. */
  settle(job: MeteredJob, key: string | undefined, ref: ParsedRef | undefined): Promise<void>;
}

/** The same `Send`, whose creates are set aside, and whose jobs are counted when they end. */
export function watched(send: Send, steps: MeterSteps): Send {
  const run = new WatchedRun(send, steps);
  const metered = async <T>(spec: RequestSpec): Promise<T> => {
    if (spec.run) return await run.create<T>(spec);
    const answer = await send<T>(spec);
    // A store that does not answer must not keep the caller from leaving.
    await unlessAborted(run.saw(answer), spec.options?.signal);
    return answer;
  };
  return wrapped(send, metered);
}

class WatchedRun {
  readonly #send: Send;
  readonly #steps: MeterSteps;
  /** The run that was set aside last. */
  #entry: CostEntry | undefined;
  #ref: ParsedRef | undefined;
  /** The answer that was noted last: that of a create comes by two ways. */
  #noted: { answer: unknown; done: Promise<void> } | undefined;
  /** The id that was noted last. */
  #id: string | undefined;

  constructor(send: Send, steps: MeterSteps) {
    this.#send = send;
    this.#steps = steps;
  }

  /** Creates a job: not before it is set aside. What was surely not accepted is taken back. */
  async create<T>(spec: RequestSpec): Promise<T> {
    const { onAnswer, onSend, options } = spec;
    const now = this.#send.clock?.now();
    const ref = refOf(spec);
    const entry = await this.#steps.reserve(ref, spec.run?.tag, now);
    this.#ref = ref;
    this.#entry = entry;
    this.#id = undefined;
    let isSent = false;
    try {
      options?.signal?.throwIfAborted();
      const answer = await this.#send<T>({
        ...spec,
        onSend: async () => {
          await onSend?.();
          isSent = true;
        },
        // Also when the caller has left by now: the job that came of it is watched on.
        ...(onAnswer && {
          onAnswer: (answer: unknown) => {
            this.saw(answer);
            onAnswer(answer);
          },
        }),
      });
      await unlessAborted(this.saw(answer), options?.signal);
      return answer;
    } catch (error) {
      if (!isSent || /^(?:not accepted|refused)$/.test(fateOf(error))) {
        await this.#try(() => entry.drop(), "a create that was not accepted");
      }
      throw error;
    }
  }

  /** Notes and counts a job. One that is paid for is not given up because it cannot be counted. */
  saw(answer: unknown): Promise<void> {
    if (this.#noted?.answer !== answer) this.#noted = { answer, done: this.#note(answer) };
    return this.#noted!.done;
  }

  async #note(answer: unknown): Promise<void> {
    const job = answer as MeteredJob | undefined;
    if (typeof job?.id !== "string" || typeof job.status !== "string") return;
    const entry = this.#entry;
    await this.#try(async () => {
      if (isTerminal(job)) return await this.#steps.settle(job, entry?.key, this.#ref);
      if (!entry || this.#id === job.id) return;
      this.#id = job.id;
      await entry.created(job.id);
    }, `job ${job.id}`);
  }

  async #try(work: () => Promise<void>, what: string): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#send.options?.onWarning?.(`Cannot count what ${what} costs: ${readable(error)}`);
    }
  }
}

/** The ref that a request runs, by its address: a deployment may be called as a model is. */
function refOf({ path, run, json }: RequestSpec): ParsedRef {
  const [, area, owner = "", name = ""] = path.split("/").map(decodeURIComponent);
  if (area === "models" || area === "deployments") {
    const kind = area === "models" ? "model" : "deployment";
    return { kind, owner, name, label: `${owner}/${name}` };
  }
  const { version } = json as { version: string };
  return { kind: "version", version, label: run?.of ?? version };
}
