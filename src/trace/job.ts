/** Jobs that are started and resumed, with a span for each wait. */

import { isTerminal } from "../base/job.ts";
import type { Job } from "../run/job.ts";
import type { JobEvent } from "../run/events.ts";
import type { StartOptions } from "../run/options.ts";
import type { Ref } from "../run/ref.ts";
import type { ResumeOptions, SavedJob } from "../run/resume.ts";
import type { TraceClient } from "./client.ts";
import { savedTraceparent, traceparentOf } from "./parent.ts";
import { modelOf, RunSpan, type Subject, subjectOf } from "./run_span.ts";
import { handedOn, listening } from "./listening.ts";
import type { TraceOptions } from "./types.ts";

/** The span that is open for a job, if there is one: the steps of its calls are events of that. */
class Current {
  span: RunSpan | undefined;
  readonly step: RunSpan["step"] = (step) => this.span?.step(step);
}

/** Starts a job. Its span ends when the job exists, as nobody can know how long its handle is kept. */
export async function startTraced(
  client: TraceClient,
  options: TraceOptions,
  ref: Ref,
  startOptions: StartOptions,
): Promise<Job> {
  const current = new Current();
  const subject = subjectOf(client, ref, startOptions);
  return await RunSpan.start(options, subject, async (span) => {
    current.span = span;
    span.input(startOptions?.input);
    try {
      const listened = listening(client, current.step);
      const job = await listened.start(ref, handedOn(startOptions, span));
      span.end(job.prediction);
      const parent = traceparentOf(span.span);
      return watched(job, current, options, { ...subject, parent });
    } catch (error) {
      span.fail(error);
      throw error;
    }
  });
}

/** Resumes a job, in the trace in which it was started. */
export async function resumeTraced(
  client: TraceClient,
  options: TraceOptions,
  saved: SavedJob,
  ref: Ref | undefined,
  more: ResumeOptions | undefined,
): Promise<Job> {
  const current = new Current();
  const job = await listening(client, current.step).resume(saved, ref, more);
  const parent = savedTraceparent(saved) ?? savedTraceparent(job.prediction);
  const subject = subjectOf(client, ref ?? modelOf(job.prediction), undefined, parent);
  return watched(job, current, options, subject);
}

/** Puts a span around each wait of a job, and the span that it goes on from into its JSON. */
function watched(job: Job, current: Current, options: TraceOptions, subject: Subject): Job {
  const { output, events, cancel, toJSON } = job;
  const spanning = async <T>(work: () => Promise<T>): Promise<T> =>
    await RunSpan.start(options, subject, async (span) => {
      current.span = span;
      try {
        const result = await work();
        span.end(job.prediction);
        return result;
      } catch (error) {
        span.fail(error, job.prediction);
        throw error;
      }
    });
  async function* spannedEvents(): AsyncGenerator<JobEvent, void, undefined> {
    const span = RunSpan.start(options, subject, (it) => it);
    current.span = span;
    try {
      for await (const event of events.call(job)) yield event;
    } catch (error) {
      span.fail(error, job.prediction);
      throw error;
    } finally {
      // A loop that is left has not failed.
      if (isTerminal(job.prediction)) span.end(job.prediction);
      else span.leave(job.prediction);
    }
  }
  const own = {
    output: () => spanning(() => output.call(job)),
    events: spannedEvents,
    // While another span is open, a cancel is one of its events.
    cancel: () => current.span?.open ? cancel.call(job) : spanning(() => cancel.call(job)),
    toJSON: () => ({
      ...toJSON.call(job),
      ...(subject.parent !== undefined && { traceparent: subject.parent }),
    }),
  };
  for (const [name, value] of Object.entries(own)) {
    Object.defineProperty(job, name, { value, configurable: true, writable: true });
  }
  return job;
}
