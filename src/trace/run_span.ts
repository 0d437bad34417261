/** The span of one run, from its first request to its end. */

import type { Meter } from "../base/meter.ts";
import type { Ref } from "../base/ref.ts";
import { isTerminal } from "../base/job.ts";
import type { DebugEvent } from "../http/options.ts";
import type { JobRecord } from "../run/reader.ts";
import {
  contentAttributes,
  costAttributes,
  errorType,
  jobAttributes,
  spanOf,
  stepOf,
} from "./attributes.ts";
import type { TraceClient } from "./client.ts";
import { startSpan } from "./parent.ts";
import type { TraceOptions, TraceSpan } from "./types.ts";

/** The longest time for which the span of a run that was left waits for its cancel, in milliseconds. */
const PATIENCE = 2000;
/** The kind of a span that calls a server. */
const CLIENT = 2;
/** The status of a span that failed. */
const ERROR = 2;

/** The run or the batch that a span is of. */
export interface Subject {
  /** The kind of operation: by default the convention's word for models of every kind. */
  readonly operation?: "batch" | undefined;
  /** The model; `undefined` if only a job is known. */
  readonly ref: Ref | undefined;
  readonly baseUrl: unknown;
  /** The meter that counts it. */
  readonly meter: Meter | undefined;
  /** The span that this one goes on from. */
  readonly parent?: string | undefined;
}

/** The span of one run. */
export class RunSpan {
  readonly span: TraceSpan;
  readonly #options: TraceOptions;
  readonly #subject: Subject;
  readonly #began = performance.now();
  #open = true;
  /** `true` once the server has a job that a cancel may be sent for. */
  #created = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Goes on with a span that has been started. */
  constructor(span: TraceSpan, options: TraceOptions, subject: Subject) {
    this.span = span;
    this.#options = options;
    this.#subject = subject;
  }

  /** `true` until the span has ended. */
  get open(): boolean {
    return this.#open;
  }

  /** Starts the span of a run, which is active while `work` runs. */
  static start<T>(
    options: TraceOptions,
    subject: Subject,
    work: (run: RunSpan) => T,
  ): T {
    const { operation = "generate_content", ref, baseUrl, parent } = subject;
    const [name, attributes] = spanOf(operation, ref, baseUrl);
    return startSpan(
      options,
      name,
      { kind: CLIENT, attributes },
      parent,
      (span) => work(new RunSpan(span, options, subject)),
    );
  }

  /** Adds a step of a call as an event. */
  readonly step = (step: DebugEvent): void => {
    const event = this.#open ? stepOf(step) : undefined;
    if (!event) return;
    this.span.addEvent(...event);
    if (event[0] === "replicate.create" && step.status === 201) this.#created = true;
    if (event[0] !== "replicate.cancel") return;
    // It may come before the caller hears of the failure: then nothing is waited for.
    if (this.#timer === undefined) this.#created = false;
    else this.#close();
  };

  /** The input of the run. */
  input(input: unknown): void {
    if (this.#options.content) this.span.setAttributes(contentAttributes("input", input));
  }

  /** The first output has come. */
  firstOutput(): void {
    const ms = Math.round(performance.now() - this.#began);
    this.span.addEvent("replicate.first_output", { "replicate.ms": ms });
  }

  /** Ends the span with the job as it was last seen. */
  end(job: JobRecord | undefined): void {
    if (!this.#open || this.#timer !== undefined) return;
    if (job) this.#describe(job);
    this.#close();
  }

  /** Ends the span with an error. */
  fail(error: unknown, job: JobRecord | undefined = jobOf(error)): void {
    if (!this.#open || this.#timer !== undefined) return;
    if (job) this.#describe(job);
    this.span.setAttributes({ "error.type": errorType(error) });
    const { message } = (error ?? {}) as { message?: unknown };
    const mayTell = this.#options.content && typeof message === "string";
    // The message of a model may quote the input.
    this.span.setStatus({ code: ERROR, ...(mayTell && { message: message as string }) });
    this.leave(job);
  }

  /** Ends the span of a run that its caller has left: after the cancel, if there is something to cancel. */
  leave(job: JobRecord | undefined): void {
    if (!this.#open || this.#timer !== undefined) return;
    const runs = job ? !isTerminal(job) : this.#created;
    // The caller hears of it before the cancel is on its way.
    if (runs) this.#timer = setTimeout(() => this.#close(), PATIENCE);
    else this.#close();
  }

  #describe(job: JobRecord): void {
    const { content } = this.#options;
    const { meter, ref } = this.#subject;
    this.span.setAttributes(jobAttributes(job));
    if (isTerminal(job)) this.span.setAttributes(costAttributes(meter, job, ref));
    if (content) this.span.setAttributes(contentAttributes("output", job.output));
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#open = false;
    this.span.end();
  }
}

/** A run of a client. */
export function subjectOf(
  { options }: TraceClient,
  ref: Ref | undefined,
  given?: { meter?: Meter | undefined },
  parent?: string,
): Subject {
  const { baseUrl, meter } = options;
  return { ref, baseUrl, meter: given?.meter ?? meter, parent };
}

/** The model of a job that is known by its record only. */
export function modelOf({ model }: JobRecord): Ref | undefined {
  return /^[\w.-]+\/[\w.-]+$/.test(model) ? model : undefined;
}

/** The job that an error is of. */
function jobOf(error: unknown): JobRecord | undefined {
  const { prediction } = (error ?? {}) as { prediction?: JobRecord };
  return prediction;
}
