/** Serves a worker by workerd, on a port of this machine. */

/** The worker to serve. */
export interface Worker {
  /** Its module, in the folder. */
  file: string;
  /** The compatibility date. */
  date: string;
  flags: string[];
  /** Names of its environment, and what they hold. */
  bindings: Record<string, string>;
}

const config = ({ file, date, flags, bindings }: Worker): string => `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker.js", esModule = embed ${JSON.stringify(file)})],
      compatibilityDate = "${date}",
      compatibilityFlags = ${JSON.stringify(flags)},
      bindings = [${
  Object.entries(bindings).map(([name, text]) =>
    `(name = ${JSON.stringify(name)}, text = ${JSON.stringify(text)})`
  ).join()
}],
    )),
    (name = "internet", network = (allow = ["public", "private", "local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`;

/** Starts workerd, hands on the URL of the worker, and ends workerd after that. */
export async function withWorker<T>(
  program: string,
  dir: string,
  worker: Worker,
  limit: number,
  use: (url: string) => Promise<T>,
): Promise<T> {
  const path = `${dir}/${worker.file}_${worker.flags.join() || "plain"}.capnp`;
  await Deno.writeTextFile(path, config(worker));
  const child = new Deno.Command(program, {
    args: ["serve", path, "--control-fd=1"],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(limit),
  }).spawn();
  const stderr = new Response(child.stderr).text();
  const stdout = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  try {
    const { value = "" } = await stdout.read();
    const port = /"port":(\d+)/.exec(value)?.[1];
    if (!port) throw new Error(`Cannot start workerd\n${value}\n${await stderr}`);
    return await use(`http://127.0.0.1:${port}`);
  } finally {
    try {
      child.kill();
    } catch { /* ended by then */ }
    await Promise.all([child.status, stdout.cancel(), stderr]);
  }
}
