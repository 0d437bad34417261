/**
 * The examples of the documents, run as a reader pastes them: each as a file of its own, on every runtime
 * that it is shown for, and compared with the output that its comments promise.
 *
 * A block of `ts` is also JavaScript, and runs on Deno, Node and Bun. One of `ts typed` has types, so that
 * it runs where they are understood: not on Node 20. One of `js ignore workerd` is a Worker, and one of
 * `js ignore deno`, `bun`, `node` or `next` is a server: see `servers.ts`. Others that are `ignore`d are no
 * programs.
 */

import { loadEsbuild } from "../../scripts/esbuild.ts";
import { FakeReplicate } from "../../src/testing/mod.ts";
import type { Result } from "./checks.ts";
import { withWorker } from "./workerd.ts";

const ROOT = new URL("../../", import.meta.url);
const LIMIT = 60_000;

/** A block of code in a document. */
export interface Example {
  /** Such as `README.md:52`. */
  place: string;
  /** A name for its file, with an ending. */
  file: string;
  /** The host of a server, such as `workerd`; absent for a program that ends by itself. */
  host?: string | undefined;
  code: string;
}

/** The hosts of servers, as the blocks name them. */
const HOSTS = ["workerd", "deno", "bun", "node", "next"];

/** The examples of README.md and docs/ that are programs. */
export async function readExamples(): Promise<Example[]> {
  const docs = [...Deno.readDirSync(new URL("docs/", ROOT))].map(({ name }) => `docs/${name}`);
  const examples: Example[] = [];
  for (const path of ["README.md", ...docs.sort()]) {
    const text = await Deno.readTextFile(new URL(path, ROOT));
    for (const { index, 1: info, 2: code } of text.matchAll(/^```([tj]s.*)\n([^]*?)^```$/gm)) {
      const words = info!.split(" ");
      const host = HOSTS.find((name) => words.includes(name));
      if (words.includes("ignore") && !host) continue;
      const line = text.slice(0, index).split("\n").length + 1;
      const ending = words.includes("typed") ? "mts" : "mjs";
      const file = `${path.replaceAll(/\W/g, "_")}_${line}.${ending}`;
      examples.push({ place: `${path}:${line}`, file, host, code: code! });
    }
  }
  return examples;
}

/** The lines that an example says it prints. */
export function promised(code: string): string {
  return [...code.matchAll(/\/\/ => (.*)$/gm)].map(([, line]) => line).join("\n");
}

/** Writes each example beside the package, with what it finds in place of Replicate. */
export async function writeExamples(dir: string): Promise<void> {
  const preload = new URL("../doc_preload.mjs", import.meta.url);
  await Deno.copyFile(preload, `${dir}/doc_preload.mjs`);
  for (const { file, code } of await readExamples()) {
    await Deno.writeTextFile(`${dir}/${file}`, code);
  }
}

/** Runs the examples of some endings in a program, which takes `args` before the name of a file. */
export async function runExamples(
  program: string,
  args: string[],
  cwd: string,
  endings: RegExp,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const { place, file, host, code } of await readExamples()) {
    if (host || !endings.test(file)) continue;
    const { code: exit, stdout, stderr } = await new Deno.Command(program, {
      args: [...args, `${cwd}/${file}`],
      cwd,
      stdin: "null",
      env: { NO_COLOR: "1" },
      signal: AbortSignal.timeout(LIMIT),
    }).output();
    const [out, err] = [stdout, stderr].map((it) => new TextDecoder().decode(it).trim());
    const expected = promised(code);
    const wrong = exit !== 0 || err !== ""
      ? `it ended with code ${exit}\n${out}\n${err}`
      : out !== expected
      ? `it printed\n${out}\nand not\n${expected}`
      : "";
    results.push({ name: place, ok: wrong === "", error: wrong });
  }
  return results;
}

/** The text that the model of the Worker says. */
const SAID = "Rain taps the roof";

/** Bundles each Worker as its tools would, and asks it for a page as a visitor would. */
export async function runWorkers(program: string, date: string, dir: string): Promise<Result[]> {
  const run = () => SAID.split(/(?= )/);
  const models = { "meta/meta-llama-3-8b-instruct": { official: true, run } };
  await using fake = new FakeReplicate({ models });
  // Its path begins with the host that is meant.
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { pathname, search } = new URL(request.url);
    const { method, headers, body } = request;
    return fake.handle(new Request(`https:/${pathname}${search}`, { method, headers, body }));
  });
  const results: Result[] = [];
  for (const { place, file, host, code } of await readExamples()) {
    if (host !== "workerd") continue;
    const bundled = `bundled_${file.replace(/mjs$/, "js")}`;
    await bundleWorker(dir, code, bundled, `http://127.0.0.1:${server.addr.port}`);
    const bindings = { REPLICATE_API_TOKEN: "r8_test" };
    const worker = { file: bundled, date, flags: [], bindings };
    const text = await withWorker(program, dir, worker, LIMIT, async (url) => {
      return await (await fetch(`${url}/?prompt=rain`)).text();
    });
    results.push({ name: place, ok: text === SAID, error: `it answered\n${text}` });
  }
  return results;
}

/** A Worker with a `fetch` that leads to the fake. */
async function bundleWorker(
  dir: string,
  code: string,
  file: string,
  origin: string,
): Promise<void> {
  const detour = `
    const platform = globalThis.fetch;
    globalThis.fetch = (url, init) =>
      platform(String(url).replace("https:/", ${JSON.stringify(origin)}), init);
  `;
  await Deno.writeTextFile(`${dir}/detour.js`, detour);
  const esbuild = await loadEsbuild();
  await esbuild.build({
    stdin: { contents: `import "./detour.js";\n${code}`, resolveDir: dir },
    outfile: `${dir}/${file}`,
    format: "esm",
    platform: "neutral",
    conditions: ["workerd", "worker"],
    target: "es2022",
  });
  await esbuild.stop();
}
