/** Runs the code of a model, and keeps its output, logs and error in the state of its run. */

import type { Clock } from "./clock.ts";
import { withDefaults } from "./models.ts";
import { type Outputs, render, ServedFile } from "./outputs.ts";
import type { RunState } from "./run_state.ts";
import type { FakeJob, FakeModel, FakeStatus } from "./types.ts";

/** The parts of a fake that a running job uses. */
export interface Host {
  readonly clock: Clock;
  readonly outputs: Outputs;
  changed(run: RunState, event: "start" | "output" | "logs"): void;
  finish(run: RunState, status: FakeStatus): void;
  addTrained(run: RunState): string;
  fileAt(url: string): Blob;
}

/** Runs a job to its end. It never rejects. */
export async function execute(host: Host, run: RunState): Promise<void> {
  const { definition, schemas } = run.init.entry;
  try {
    // Even without a boot this yields, so the answer to the create still says `starting`.
    await (definition.boot ? host.clock.sleep(definition.boot, run.signal) : Promise.resolve());
    if (run.terminal) return;
    run.status = "processing";
    run.started = host.clock.now();
    host.changed(run, "start");
    const input = withDefaults(schemas, run.input);
    const job = jobOf(host, run);
    if (run.init.kind === "training") await train(host, run, definition, input, job);
    else await predict(host, run, definition, input, job);
    if (run.terminal) return;
    run.outputDone = true;
    if (definition.linger) {
      host.changed(run, "output");
      await host.clock.sleep(definition.linger, run.signal);
    }
    host.finish(run, "succeeded");
  } catch (error) {
    // A job that was stopped throws, but has not failed.
    if (run.terminal || run.signal.aborted) return;
    run.error = error instanceof Error ? error.message || error.name : error ?? "unknown error";
    host.finish(run, "failed");
  }
}

/** Runs the model of a prediction. */
async function predict(
  host: Host,
  run: RunState,
  model: FakeModel,
  input: Record<string, unknown>,
  job: FakeJob,
): Promise<void> {
  if (!model.run) throw new Error("Cannot run the model: it has no `run`");
  const made = await orStopped(run, model.run(input, job));
  if (isAsyncIterable(made)) {
    const output: unknown[] = [];
    run.output = output;
    const iterator = made[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await orStopped(run, iterator.next());
        if (next.done || run.terminal) break;
        const chunk = await keep(host, run, next.value);
        output.push(chunk);
        show(host, run, chunk);
      }
    } finally {
      // A generator that awaits something else cannot be interrupted, so nobody waits for its end.
      Promise.resolve(run.terminal ? iterator.return?.() : undefined).catch(() => {});
    }
  } else {
    const output = await keep(host, run, made);
    if (run.terminal) return;
    run.output = output;
    for (const chunk of Array.isArray(output) ? output : [output]) show(host, run, chunk);
  }
}

/** Runs the trainer of a training. */
async function train(
  host: Host,
  run: RunState,
  model: FakeModel,
  input: Record<string, unknown>,
  job: FakeJob,
): Promise<void> {
  const made = await keep(host, run, await orStopped(run, model.train?.(input, job)));
  if (run.terminal) return;
  const extra = typeof made === "object" && made !== null ? made : {};
  run.output = { version: host.addTrained(run), ...extra };
}

/** Stores the files in an output. */
function keep(host: Host, run: RunState, value: unknown): Promise<unknown> {
  const inline = run.init.entry.definition.inline ?? false;
  return host.outputs.keep(value, { id: run.id, now: host.clock.now(), inline });
}

/** Sends a part of the output to the stream of the run. */
function show(host: Host, run: RunState, chunk: unknown): void {
  const value = chunk instanceof ServedFile
    ? chunk.url(run.init.origins)
    : render(chunk, run.init.origins);
  const data = typeof value === "string" ? value : JSON.stringify(value);
  run.emit("output", data, host.clock.now());
  host.changed(run, "output");
}

/** Makes the object that a model gets beside its input. */
function jobOf(host: Host, run: RunState): FakeJob {
  const log = (text: string): void => {
    if (run.terminal) return;
    run.logs += text;
    if (run.init.entry.definition.streamLogs) run.emit("logs", text, host.clock.now());
    host.changed(run, "logs");
  };
  return {
    id: run.id,
    signal: run.signal,
    log,
    progress: (done, total) => log(progressBar(done, total)),
    metric: (name, value) => void (run.metrics[name] = value),
    sleep: (ms) => host.clock.sleep(ms, run.signal),
    fail: (message) => {
      throw new Error(message);
    },
    file: (url) => host.fileAt(url),
  };
}

/** Writes a line like tqdm. It begins with a carriage return, as it draws over the line before. */
function progressBar(done: number, total: number): string {
  const share = total > 0 ? Math.min(1, done / total) : 1;
  const percent = String(Math.floor(share * 100)).padStart(3);
  const bar = "█".repeat(Math.floor(share * 10)).padEnd(10);
  return `\r${percent}%|${bar}| ${done}/${total} [00:00<00:00,  1.00it/s]${
    done >= total ? "\n" : ""
  }`;
}

/** Waits for the code of a model, or for the stop of its job. */
function orStopped<T>(run: RunState, work: T | PromiseLike<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(run.signal.reason);
    if (run.signal.aborted) stop();
    run.signal.addEventListener("abort", stop, { once: true });
    Promise.resolve(work).then(resolve, reject).finally(() => {
      run.signal.removeEventListener("abort", stop);
    });
  });
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
