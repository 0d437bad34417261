/**
 * Measures memory and time of files, each scenario in a process of its own.
 *
 *     deno run -A bench/files_memory.ts               # on Deno
 *     deno run -A bench/files_memory.ts node bun      # commands of other runtimes
 *
 * @module
 */
const SCENARIOS = [
  "300 MB from memory",
  "1 GB from disk",
  "1 GB from disk, plain fetch of the runtime's own file body",
  "300 MB saved",
  "300 MB kept in a folder",
  "300 MB kept by PUT",
  "300 MB of unknown length",
  "8 MB as a data: URL",
];

async function serve(): Promise<void> {
  const chunk = new Uint8Array(1_000_000);
  const onListen = ({ port }: { port: number }): void => console.log(`http://127.0.0.1:${port}.`);
  await Deno.serve({ port: 0, hostname: "127.0.0.1", onListen }, async (request) => {
    if (request.method === "GET") {
      let left = 300;
      const body = new ReadableStream<Uint8Array>({
        pull: (controller) => left-- > 0 ? controller.enqueue(chunk.slice()) : controller.close(),
      }, { highWaterMark: 0 });
      const headers = { "content-length": "300000000" };
      return new Response(body, request.url.endsWith("/unknown") ? {} : { headers });
    }
    if (!request.headers.has("content-length") && !request.url.endsWith("/raw")) {
      return new Response(null, { status: 411 });
    }
    const reader = request.body!.getReader();
    while (!(await reader.read()).done);
    return Response.json({ id: "1", urls: {} });
  }).finished;
}

async function startServer(): Promise<{ url: string; stop: () => void }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", import.meta.filename!, "--serve"],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const found = /http:\/\/127\.0\.0\.1:\d+(?=\.)/.exec(text);
    if (found) return { url: found[0], stop: () => (reader.cancel(), child.kill()) };
    text += (await reader.read()).value ?? "";
  }
}

async function run(command: string, args: string[]): Promise<string> {
  const { stdout, stderr, success } = await new Deno.Command(command, { args }).output();
  const decoder = new TextDecoder();
  return success ? decoder.decode(stdout).trim() : decoder.decode(stderr).trim();
}

if (Deno.args.includes("--serve")) {
  await serve();
} else {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/big.bin`;
  await Deno.writeFile(file, new Uint8Array());
  await Deno.truncate(file, 1_000_000_000);
  const worker = new URL("files_worker.ts", import.meta.url).pathname;
  const bundle = `${folder}/worker.mjs`;
  await run(Deno.execPath(), ["bundle", "--platform", "browser", "-o", bundle, worker]);
  const { url, stop } = await startServer();
  try {
    for (const command of Deno.args.length > 0 ? Deno.args : [Deno.execPath()]) {
      const start = command === Deno.execPath() ? ["run", "-A", bundle] : [bundle];
      for (const scenario of SCENARIOS) {
        console.log(command.split("/").at(-1), await run(command, [...start, scenario, url, file]));
      }
    }
  } finally {
    stop();
    await Deno.remove(folder, { recursive: true });
  }
}
