/** Runs the code of a model, and shows what it makes as the API would. */

import type { Clock } from "./clock.ts";
import { withDefaults } from "./models.ts";
import { type Outputs, render, ServedFile } from "./outputs.ts";
import type { Run } from "./run.ts";
import type { FakeJob, FakeModel, FakeStatus } from "./types.ts";

/** What running a job needs of the fake that it runs on. */
export interface Host {
  readonly clock: Clock;
  readonly outputs: Outputs;
  changed(run: Run, event: "start" | "output" | "logs"): void;
  finish(run: Run, status: FakeStatus): void;
  addTrained(run: Run): string;
  fileAt(url: string): Blob;
}

/** Runs a job to its end. Never rejects. */
export async function execute(host: Host, run: Run): Promise<void> {
  const { definition, schemas } = run.init.entry;
  try {
    // The answer to the create is made before this goes on, so it shows `starting`.
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
    // What a job throws because it was stopped is no failure.
    if (run.terminal || run.signal.aborted) return;
    run.error = error instanceof Error ? error.message || error.name : error ?? "unknown error";
    host.finish(run, "failed");
  }
}

async function predict(
  host: Host,
  run: Run,
  model: FakeModel,
  input: Record<string, unknown>,
  job: FakeJob,
): Promise<void> {
  if (!model.run) throw new Error("The model has no code to run");
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
      // A generator that waits for something else cannot be made to hear of the stop.
      Promise.resolve(run.terminal ? iterator.return?.() : undefined).catch(() => {});
    }
  } else {
    const output = await keep(host, run, made);
    if (run.terminal) return;
    run.output = output;
    for (const chunk of Array.isArray(output) ? output : [output]) show(host, run, chunk);
  }
}

async function train(
  host: Host,
  run: Run,
  model: FakeModel,
  input: Record<string, unknown>,
  job: FakeJob,
): Promise<void> {
  const made = await keep(host, run, await orStopped(run, model.train?.(input, job)));
  if (run.terminal) return;
  const extra = typeof made === "object" && made !== null ? made : {};
  run.output = { version: host.addTrained(run), ...extra };
}

function keep(host: Host, run: Run, value: unknown): Promise<unknown> {
  const inline = run.init.entry.definition.inline ?? false;
  return host.outputs.keep(value, { id: run.id, now: host.clock.now(), inline });
}

function show(host: Host, run: Run, chunk: unknown): void {
  const value = chunk instanceof ServedFile
    ? chunk.url(run.init.place)
    : render(chunk, run.init.place);
  const data = typeof value === "string" ? value : JSON.stringify(value);
  run.emit("output", data, host.clock.now());
  host.changed(run, "output");
}

function jobOf(host: Host, run: Run): FakeJob {
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

/** A line as tqdm writes it: it begins with a return, as it draws over the one before. */
function progressBar(done: number, total: number): string {
  const share = total > 0 ? Math.min(1, done / total) : 1;
  const percent = String(Math.floor(share * 100)).padStart(3);
  const bar = "█".repeat(Math.floor(share * 10)).padEnd(10);
  return `\r${percent}%|${bar}| ${done}/${total} [00:00<00:00,  1.00it/s]${
    done >= total ? "\n" : ""
  }`;
}

/** What a model makes, unless its job is stopped first. */
function orStopped<T>(run: Run, work: T | PromiseLike<T>): Promise<T> {
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
