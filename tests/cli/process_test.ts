/**
 * The program as a process, against the fake behind a socket: on Deno from source, and on Node and Bun
 * from the built package, in pipes and in a real pseudo-terminal.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { type FakeModel, FakeReplicate } from "../../src/testing/mod.ts";
import { inFolder } from "./world.ts";

const ROOT = new URL("../../", import.meta.url);
const PROGRAM = new URL("npm/cli/bin.js", ROOT).pathname;

const MODELS: Record<string, FakeModel> = {
  "acme/poet": {
    official: true,
    schema: {
      Input: { properties: { prompt: { type: "string" } } },
      Output: {
        type: "array",
        items: { type: "string" },
        "x-cog-array-type": "iterator",
        "x-cog-array-display": "concatenate",
      },
    },
    async *run(_, job) {
      for (let n = 0; n < 200; n++) {
        yield `word ${n}\n`;
        await job.sleep(5);
      }
    },
  },
  "acme/slow": {
    official: true,
    async run(_, job) {
      for (let step = 1; step <= 100; step++) {
        job.progress(step, 100);
        await job.sleep(100);
      }
    },
  },
  "acme/square": {
    official: true,
    async run({ n }, job) {
      await job.sleep(150);
      return Number(n) ** 2;
    },
  },
  "acme/picky": { official: true, run: (_, job) => job.fail("no") },
};

interface Runtime {
  name: string;
  command: string[];
}

/** Deno from source; Node and Bun where the package is built. */
async function runtimes(): Promise<Runtime[]> {
  const source = new URL("src/cli/mod.ts", ROOT).pathname;
  const config = new URL("deno.json", ROOT).pathname;
  const deno = [Deno.execPath(), "run", "-A", "--quiet", "--no-check", "--config", config, source];
  const list: Runtime[] = [{ name: "Deno", command: deno }];
  if (!await Deno.stat(PROGRAM).catch(() => undefined)) return list;
  list.push({ name: "Node", command: ["node", PROGRAM] });
  // Not by `deno x` itself: signals would come to both, and twice to the program.
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["x", "-q", "bun@1.4.5", "-e", "console.log(process.execPath)"],
  }).output();
  list.push({ name: "Bun", command: [new TextDecoder().decode(stdout).trim(), PROGRAM] });
  return list;
}

interface Served {
  fake: FakeReplicate;
  env: Record<string, string>;
}

async function served(test: (served: Served) => Promise<void>): Promise<void> {
  await using fake = new FakeReplicate({ models: MODELS });
  const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
  const server = Deno.serve(options, (request) => fake.handle(request));
  const REPLICATE_BASE_URL = `http://127.0.0.1:${server.addr.port}/v1`;
  await test({
    fake,
    env: { REPLICATE_BASE_URL, REPLICATE_API_TOKEN: "r8_test", LANG: "C.UTF-8", NO_COLOR: "" },
  });
  await server.shutdown();
}

/** Runs a line of a shell, in which `replicate` is the program. */
async function sh(line: string, { command }: Runtime, env: Record<string, string>, cwd?: string) {
  const program = command.map((it) => `'${it}'`).join(" ");
  const { code, stdout, stderr } = await new Deno.Command("bash", {
    args: ["-c", `replicate() { ${program} "$@"; }\n${line}`],
    env: { ...env, DENO_NO_UPDATE_CHECK: "1" },
    ...(cwd && { cwd }),
    stdin: "null",
  }).output();
  const [out, err] = [stdout, stderr].map((it) => new TextDecoder().decode(it));
  return { code, stdout: out!, stderr: err! };
}

/** A program of Python that runs a command in a pseudo-terminal, and types Ctrl-C once it sees a text. */
const PTY = `
import os, pty, sys, fcntl, termios, struct, signal, select, time
wanted, times, command = sys.argv[1].encode(), int(sys.argv[2]), sys.argv[3:]
pid, fd = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
def size(columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    os.kill(pid, signal.SIGWINCH)
size(60)
seen, end = b"", time.time() + 40
narrow = False
while time.time() < end:
    ready, _, _ = select.select([fd], [], [], 0.2)
    if ready:
        try: data = os.read(fd, 4096)
        except OSError: break
        if not data: break
        seen += data
        os.write(1, data)
    if not narrow and b"%" in seen:
        narrow = True
        size(30)
        seen += b""
    if times > 0 and wanted in seen:
        seen = b""
        times -= 1
        os.write(fd, b"\\x03")
        time.sleep(0.2)
        wanted = b"Interrupted"
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status))
`;

async function inTerminal(
  args: string[],
  wanted: string,
  times: number,
  runtime: Runtime,
  env: Record<string, string>,
) {
  const { code, stdout } = await new Deno.Command("python3", {
    args: ["-c", PTY, wanted, String(times), ...runtime.command, ...args],
    env: { ...env, TERM: "xterm" },
    stdin: "null",
  }).output();
  return { code, text: new TextDecoder().decode(stdout) };
}

for (const runtime of await runtimes()) {
  const { name } = runtime;

  Deno.test(`${name}: each exit code that does not need a terminal`, () =>
    inFolder((folder) =>
      served(async ({ env }) => {
        const codes: [line: string, code: number][] = [
          ["replicate run acme/square n:=3", 0],
          ["replicate run acme/none", 1],
          ["replicate rnu", 2],
          ["replicate run acme/square n=@- <&-", 2],
          ["replicate run acme/picky", 3],
          ["replicate run acme/slow --timeout 300ms", 4],
        ];
        const all = codes.map(([line]) => sh(line, runtime, env, folder));
        for (const [index, { code, stderr }] of (await Promise.all(all)).entries()) {
          assertEquals([codes[index]![0], code], codes[index]!, stderr);
        }
      })
    ));

  Deno.test(`${name}: a broken pipe ends it quietly, and cancels what it has started`, () =>
    served(async ({ fake, env }) => {
      const line = "replicate run acme/poet | head -n 1; echo ${PIPESTATUS[0]}";
      const { stdout, stderr } = await sh(line, runtime, env);
      assertEquals([stdout, stderr], ["word 0\n0\n", ""]);
      assertEquals(fake.cancels.length, 1);
    }));

  Deno.test(`${name}: Ctrl-C in a terminal cancels, says so, and leaves no bar behind`, () =>
    served(async ({ fake, env }) => {
      const { code, text } = await inTerminal(["run", "acme/slow"], "6%", 1, runtime, env);
      const [id] = fake.predictions.keys();
      assertEquals([code, fake.cancels], [130, [id]], text);
      assertMatch(text, /[█░]{5,} +\d+% processing/);
      // The terminal was made narrow in the middle.
      const frames = text.split("\r\x1b[K").filter((frame) => frame.includes("%"));
      assert(frames.at(-1)!.replace(/\^C/, "").length < 30, frames.at(-1));
      assertMatch(
        text,
        new RegExp(`\\r\\x1b\\[K.*Interrupted: canceling .*\\r\\nCanceled ${id}\\r\\n$`),
      );
    }));

  Deno.test(`${name}: a second Ctrl-C ends it at once, and prints the id`, () =>
    served(async ({ fake, env }) => {
      fake.fault({ match: { path: /cancel$/ }, delay: 5000 });
      const { code, text } = await inTerminal(["run", "acme/slow"], "%", 2, runtime, env);
      const [id] = fake.predictions.keys();
      assertEquals(code, 130, text);
      assert(text.includes(`${id} may still run; cancel it: replicate cancel ${id}\r\n`), text);
    }));

  Deno.test(`${name}: a batch that was killed goes on, and creates nothing twice`, () =>
    inFolder((folder) =>
      served(async ({ fake, env }) => {
        const inputs = Array.from({ length: 12 }, (_, n) => `{"n":${n}}\n`).join("");
        await Deno.writeTextFile(`${folder}/in.jsonl`, inputs);
        const args = ["batch", "acme/square", "in.jsonl", "--store", "runs.jsonl", "-c", "2"];
        const [program = "", ...rest] = runtime.command;
        const first = new Deno.Command(program, {
          args: [...rest, ...args, "--out", "out.jsonl"],
          env,
          cwd: folder,
          stdin: "null",
          stdout: "null",
          stderr: "null",
        }).spawn();
        while (fake.predictions.size < 5) await new Promise((resolve) => setTimeout(resolve, 10));
        first.kill("SIGKILL");
        await first.status;
        const line = `replicate ${args.join(" ")} --out out.jsonl`;
        const { code, stderr } = await sh(line, runtime, env, folder);
        assertEquals([code, fake.predictions.size], [0, 12], stderr);
        const results = (await Deno.readTextFile(`${folder}/out.jsonl`)).trim().split("\n");
        const outputs = results.map((it) => JSON.parse(it).output).sort((a, b) => a - b);
        assertEquals(outputs, Array.from({ length: 12 }, (_, n) => n ** 2));
      })
    ));
}
