/**
 * A batch with a progress bar. Stop it with Ctrl-C, or kill it, and start it again: it resumes where it
 * was.
 */

import cliProgress from "npm:cli-progress@3.12.0";
import { type BatchProgress, Client } from "@x/replicate";
import { fileStore } from "@x/replicate/stores";

const MODEL = "meta/meta-llama-3-8b-instruct";
const FILE = "batch_progress.jsonl";

const client = new Client();

const subjects = ["rain", "figs", "the sea", "a lamp", "night trains", "salt", "owls", "tin roofs"];
const inputs = Array.from({ length: 16 }, (_, n) => ({
  prompt: `${subjects[n % subjects.length]}, take ${Math.floor(n / subjects.length) + 1}`,
}));

const interrupt = new AbortController();
Deno.addSignalListener(
  "SIGINT",
  () => interrupt.abort(new Error("stopped: start it again to resume")),
);

const bar = new cliProgress.SingleBar({
  format: "{bar} {value}/{total} | {running} running, {failed} failed | {rate}/s | {left} left",
  hideCursor: true,
  barsize: 30,
  noTTYOutput: true,
  notTTYSchedule: 1000,
}, cliProgress.Presets.shades_classic);

function show({ done, total = 0, running, failed, rate, etaMs }: BatchProgress): void {
  const left = etaMs === undefined ? "?" : `${Math.ceil(etaMs / 1000)} s`;
  bar.setTotal(total);
  bar.update(done, { running, failed, rate: rate.toFixed(1), left });
}

const failures: string[] = [];
bar.start(inputs.length, 0, { running: 0, failed: 0, rate: "0.0", left: "?" });
try {
  const { signal } = interrupt;
  const options = { store: fileStore(FILE), onProgress: show, signal };
  for await (const result of client.batch(MODEL, inputs, options)) {
    if (result.status === "rejected") failures.push(`${result.input.prompt}: ${result.reason}`);
  }
  bar.stop();
  for (const failure of failures) console.error(failure);
  await Deno.remove(FILE);
} catch (error) {
  bar.stop();
  console.error(error instanceof Error ? error.message : error);
  Deno.exitCode = 1;
}
// The listener for Ctrl-C would keep the process alive.
Deno.exit();
