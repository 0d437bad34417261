/**
 * One measurement of files in a process of its own: `files_worker.ts <scenario> <url> <file>`.
 * Prints `{ scenario, aboveMb, ms }` as JSON: the peak of the memory above what was there before.
 *
 * @module
 */
import { encodeBase64 } from "@std/encoding/base64";
import { memoryContent } from "../src/files/content.ts";
import { dataUri } from "../src/files/data_uri.ts";
import { FileInput } from "../src/files/file_input.ts";
import { FileOutput } from "../src/files/output.ts";
import { builtinModule } from "../src/base/runtime.ts";
import { createSend } from "../src/http/send.ts";
import { FilesApi } from "../src/resources/files.ts";
import type { Prediction } from "../src/resources/predictions.ts";
import { folderSink, putSink, type Sink } from "../src/sinks/mod.ts";

interface Fs {
  readFileSync(path: string, encoding: string): string;
  openAsBlob?(path: string): Promise<Blob>;
}

const fs = builtinModule<Fs>("node:fs")!;
const runtime = globalThis as unknown as {
  Deno?: { args: string[]; open(path: string): Promise<{ readable: ReadableStream }> };
  Bun?: { file(path: string): Blob };
  Buffer?: { from(bytes: ArrayBuffer): { toString(encoding: string): string } };
  process: { argv: string[] };
};

/** The peak of this process's memory, in MB. */
function peak(): number {
  const line = /VmHWM:\s*(\d+)/.exec(fs.readFileSync("/proc/self/status", "utf8"));
  return Math.round(Number(line?.[1]) / 1024);
}

function filled(megabytes: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(megabytes * 1_000_000);
  for (let at = 0; at < bytes.length; at += 1024) bytes[at] = (at >> 10) & 255;
  return bytes;
}

const [scenario = "", url = "", file = ""] = runtime.Deno?.args ?? runtime.process.argv.slice(2);
const send = createSend({ auth: "r8_test", baseUrl: url, timeout: null });
const files = new FilesApi(send);

async function fastestBase64(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
  const native = bytes as Uint8Array<ArrayBuffer> & { toBase64?(): string };
  const ways: (() => unknown)[] = [() => encodeBase64(bytes)];
  if (native.toBase64) ways.push(() => native.toBase64!());
  if (runtime.Buffer) ways.push(() => runtime.Buffer!.from(bytes.buffer).toString("base64"));
  return Math.min(...await Promise.all(ways.map((way) => best(way))));
}

async function best(work: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < 15; round++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return Math.min(...times);
}

/** Keeps a file of 300 MB in a sink. */
const kept = (sink: Sink) => () => {
  const prediction = { id: "a", status: "succeeded" } as Prediction;
  return sink.keep(new FileOutput(send, `${url}/300`), { prediction });
};

/** Prepares, and gives what is measured. */
const SCENARIOS: Record<string, () => Promise<() => Promise<unknown>>> = {
  "300 MB from memory": async () => {
    const bytes = await Promise.resolve(filled(300));
    return () => files.create(bytes, { filename: "a.bin" });
  },
  "1 GB from disk": () => Promise.resolve(() => files.create(FileInput.fromPath(file))),
  "1 GB from disk, plain fetch of the runtime's own file body": async () => {
    const body = runtime.Deno
      ? (await runtime.Deno.open(file)).readable
      : runtime.Bun?.file(file) ?? await fs.openAsBlob!(file);
    return () => fetch(`${url}/raw`, { method: "POST", body, redirect: "error" });
  },
  "300 MB saved": () => {
    const output = new FileOutput(send, `${url}/300`);
    return Promise.resolve(() => output.save(`${file}.saved`));
  },
  "300 MB kept in a folder": () => Promise.resolve(kept(folderSink(`${file}.kept`))),
  "300 MB kept by PUT": () => Promise.resolve(kept(putSink(() => `${url}/put`))),
  "300 MB of unknown length": () => {
    const output = new FileOutput(send, `${url}/unknown`);
    return Promise.resolve(() => output.bytes());
  },
  "8 MB as a data: URL": async () => {
    const bytes = filled(8);
    const ours = () => dataUri({ ...memoryContent([bytes]), contentType: "image/png" });
    const fastest = await fastestBase64(bytes);
    return async () => ({ fastest, ours: await best(ours) });
  },
};

const work = await SCENARIOS[scenario]!();
const before = peak();
const start = performance.now();
const result = await work();
const more = scenario.includes("data:") ? result : {};
const ms = Math.round(performance.now() - start);
console.log(JSON.stringify({ scenario, aboveMb: peak() - before, ms, ...more as object }));
