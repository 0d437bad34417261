/** A client whose runs are spans. */

import type { ClientOptions } from "../http/options.ts";
import type { OnProgress, RunOptions } from "../run/options.ts";
import type { Ref } from "../run/ref.ts";
import type { Run } from "../run/run.ts";
import { batchTraced } from "./batch.ts";
import type { TraceClient } from "./client.ts";
import { resumeTraced, startTraced } from "./job.ts";
import { handedOn, listening } from "./listening.ts";
import { checkTraceOptions } from "./options.ts";
import { RunSpan, subjectOf } from "./run_span.ts";
import { streamTraced } from "./stream.ts";
import type { TraceOptions } from "./types.ts";

/**
 * A client whose runs are spans of OpenTelemetry, by the tracer that the program has. It is the same
 * client in all other respects, and shares the limiter with it.
 *
 * `run` and `stream` are one span each. `start` is a span until the job exists; `job.output()`,
 * `job.events()` and `job.cancel()` are one each, which go on from it, in another process too:
 * `JSON.stringify(job)` has the `traceparent`, and `resume` reads it. The URL of a `webhook` gets it as a
 * query parameter, for {@linkcode tracedHandler}. Attempts, polls, waits, throttles and cancels are events.
 *
 * `batch` is a span around one for each input. Inputs and outputs are on no span, unless `content` is set.
 * Other calls are not traced.
 *
 * @param client The client.
 * @param options The tracer, and more.
 * @throws {TypeError} If the client or the tracer is missing.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { traced } from "@x/replicate/trace";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { trace } from "npm:@opentelemetry/api@1.9.1";
 * import { assertEquals } from "@std/assert";
 *
 * await using fake = new FakeReplicate({ models: { "acme/a": { official: true, run: () => "a" } } });
 * const plain = new Client({ auth: "r8_test", fetch: fake.fetch });
 *
 * const client = traced(plain, { tracer: trace.getTracer("app") });
 * assertEquals(await client.run("acme/a", { input: {} }), "a");
 * ```
 */
export function traced<C extends TraceClient>(client: C, options: TraceOptions): C {
  if (typeof client?.run !== "function" || typeof client.with !== "function") {
    throw new TypeError(
      "Cannot trace: give a client first, as in traced(new Client(), { tracer })",
    );
  }
  checkTraceOptions(options);
  const { meter, ...rest } = options;
  // A client that has it counts all of its jobs, also those of which nobody sees the end but it.
  if (meter) return traced(client.with({ meter }) as C, rest);
  const wrapped = wrappers(client, options);
  // Not an object that inherits: the methods of a class with private fields refuse it.
  const proxy: C = new Proxy(client, {
    get(target, key): unknown {
      if (key === "configure") {
        return (patch: Pick<ClientOptions, "retry" | "timeout">) => {
          target.configure(patch);
          return proxy;
        };
      }
      if (Object.hasOwn(wrapped, key)) return wrapped[key as keyof typeof wrapped];
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" && key !== "constructor" ? value.bind(target) : value;
    },
  });
  return proxy;
}

type Wrapped = Pick<TraceClient, "with" | "run" | "start" | "resume" | "stream" | "batch"> & {
  use(ref: Ref, defaults?: Partial<RunOptions>): (
    input: object,
    options?: Partial<RunOptions>,
  ) => Run;
};

function wrappers(client: TraceClient, options: TraceOptions): Wrapped {
  const run: Wrapped["run"] = (ref, runOptions, onProgress) =>
    runTraced(client, options, ref, runOptions, onProgress);
  return {
    run,
    use: (ref, defaults = {}) => (input, more) =>
      run(ref, { ...defaults, ...more, input: { ...defaults.input, ...input } }),
    start: (ref, startOptions) => startTraced(client, options, ref, startOptions),
    resume: (saved, ref, more) => resumeTraced(client, options, saved, ref, more),
    batch: (ref, inputs, more) => batchTraced(client, options, ref, inputs, more),
    stream: (what, more) => streamTraced(client, options, what, more),
    with: (patch) => traced(client.with(patch), options),
  };
}

function runTraced(
  client: TraceClient,
  options: TraceOptions,
  ref: Ref,
  runOptions: RunOptions,
  onProgress: OnProgress | undefined,
): Run {
  // Which of several models answers shows at the end only.
  const model = Array.isArray(ref) ? undefined : ref;
  return RunSpan.start(options, subjectOf(client, model, runOptions), (span) => {
    span.input(runOptions?.input);
    const run = listening(client, span.step).run(ref, handedOn(runOptions, span), onProgress);
    // By the view, as the record is not to be had else; the caller has the same failure from the run.
    run.prediction().then((job) => span.end(job), (error) => span.fail(error));
    return run;
  });
}
