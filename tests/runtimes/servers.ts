/**
 * The examples of the documents that are servers, started as their text says, and asked for a page as a
 * visitor would.
 */

import type { Result } from "./checks.ts";
import { readExamples } from "./documents.ts";

/** The time in milliseconds in which a server has to answer. */
const LIMIT = 30_000;

/** The text that the model says: see `doc_preload.mjs`. */
const SAID = "Rain taps";

/** The modules that stand before some files, by host. */
const ENTRIES: Record<string, string> = {
  // `deno serve` has no modules to load before its own.
  deno: `
    import "./doc_preload.mjs";
    export { default } from "./FILE";
  `,
  // A route of Next, as Next calls it.
  next: `
    import { createServer } from "node:http";
    import { toNodeHandler } from "@x/replicate/serve";
    import { GET } from "./FILE";

    createServer(toNodeHandler(GET)).listen(process.env.PORT);
  `,
};

/**
 * Starts each server of one host, and asks it.
 *
 * @param args Returns the arguments that start a file at a port.
 */
export async function runServers(
  host: string,
  program: string,
  dir: string,
  args: (file: string, port: number) => string[],
): Promise<Result[]> {
  const results: Result[] = [];
  for (const { place, file, ...example } of await readExamples()) {
    if (example.host !== host) continue;
    const code = ENTRIES[host]?.replace("FILE", file);
    const entry = `${dir}/${code ? `entry_${file}` : file}`;
    if (code) await Deno.writeTextFile(entry, code);
    const port = freePort();
    const server = new Deno.Command(program, {
      args: args(entry, port),
      cwd: dir,
      env: { NO_COLOR: "1", PORT: String(port) },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const said = new Response(server.stderr).text();
    const text = await ask(`http://127.0.0.1:${port}/?prompt=rain`).catch(String);
    server.kill();
    await server.status;
    results.push({ name: place, ok: text === SAID, error: `it answered\n${text}\n${await said}` });
  }
  return results;
}

/** The answer of a server, once it listens. */
async function ask(url: string): Promise<string> {
  const end = Date.now() + LIMIT;
  for (;;) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(LIMIT) });
      return await response.text();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}
