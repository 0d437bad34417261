/** Issue number 14.1: real workerd, where a promise or a timer belongs to the request that made it. */

import { assertEquals } from "@std/assert";
import { FakeReplicate } from "../../src/testing/mod.ts";
import { signWebhook } from "../../src/webhooks/mod.ts";
import { worker } from "../runtimes/programs.ts";

/** Old ones, in which a promise that another request ends goes on in the wrong one, and the newest. */
const DATES = ["2022-01-01", "2024-11-11", ""];
const ROUNDS = 3;

/** Bundles the worker, as a program for Workers is. */
async function bundle(dir: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["bundle", "--quiet", "--platform", "browser"],
      ...["-o", `${dir}/worker.js`, `${import.meta.dirname}/worker.ts`],
    ],
  }).output();
  if (!success) throw new Error(`Cannot bundle:\n${new TextDecoder().decode(stderr)}`);
}

const config = (date: string): string => `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")],
      compatibilityDate = "${date}",
    )),
    (name = "internet", network = (allow = ["local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`;

/** Sends a request to the worker, and gives status and text of its answer. */
type Ask = (path: string, init?: RequestInit) => Promise<string>;

/** Starts the worker, with a fake behind a socket of that latency. */
async function inWorkerd(
  latency: number,
  use: (ask: Ask, fake: FakeReplicate) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir();
  await bundle(dir);
  const program = await worker();
  for (const date of DATES) {
    await using fake = new FakeReplicate({
      models: {
        "acme/poet": { official: true, run: ({ text }) => `poem of ${text}` },
        "acme/painter": { run: ({ text }) => `picture of ${text}` },
      },
      latency,
    });
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (request) => fake.handle(request),
    );
    await Deno.writeTextFile(`${dir}/worker.capnp`, config(date || program.date));
    const child = new Deno.Command(program.path, {
      args: ["serve", `${dir}/worker.capnp`, "--control-fd=1"],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const stderr = new Response(child.stderr).text();
    const stdout = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const { value = "" } = await stdout.read();
    const port = /"port":(\d+)/.exec(value)?.[1];
    const api = `http://127.0.0.1:${server.addr.port}/v1`;
    try {
      await use(async (path, init = {}) => {
        const url = new URL(path, `http://127.0.0.1:${port}`);
        url.searchParams.set("api", api);
        const response = await fetch(url, { signal: AbortSignal.timeout(10_000), ...init });
        return `${response.status} ${await response.text()}`;
      }, fake);
    } finally {
      child.kill();
      await Promise.all([child.status, stdout.cancel()]);
    }
    assertEquals(await stderr, "", `compatibility date ${date || program.date}`);
  }
  await Deno.remove(dir, { recursive: true });
}

Deno.test("14.1 Client, kept between the requests of a worker, makes each of them on its own", async () => {
  await inWorkerd(30, async (ask, fake) => {
    for (let round = 0; round < ROUNDS; round++) {
      for (const [model, name] of [["acme/poet", "poem"], ["acme/painter", "picture"]]) {
        const texts = ["a", "b", "c", "d"].map((letter) => `${letter}${round}`);
        const answers = texts.map((text) => ask(`/?model=${model}&text=${text}`));
        const wanted = texts.map((text) => `200 ${name} of ${text}`);
        assertEquals(await Promise.all(answers), wanted);
      }
    }
    assertEquals(fake.predictions.size, ROUNDS * 8);
  });
});

Deno.test("14.1 webhookHandler() in a worker does not hang on the secret or the work of a request that was canceled", async () => {
  await inWorkerd(200, async (ask, fake) => {
    const send = async (id: string, leave?: AbortSignal): Promise<string> => {
      const body = JSON.stringify({ id, status: "succeeded" });
      const headers = await signWebhook(body, { secret: fake.webhookSecret });
      return await ask("/webhook", {
        method: "POST",
        headers,
        body,
        ...leave && { signal: leave },
      });
    };
    // The first leaves while the secret is asked for, and so does the next.
    await send("p1", AbortSignal.timeout(100)).catch(() => {});
    await send("p1", AbortSignal.timeout(100)).catch(() => {});
    assertEquals(
      await Promise.all(["p2", "p3", "p2"].map((id) => send(id))),
      Array(3).fill("204 "),
    );
  });
});

Deno.test("14.1 Client.run() in a worker does not hang on the look-up of a request that was canceled", async () => {
  await inWorkerd(200, async (ask) => {
    const run = (text: string, leave?: AbortSignal): Promise<string> =>
      ask(`/?model=acme/painter&text=${text}`, leave && { signal: leave });
    for (const text of ["a", "b", "c"]) await run(text, AbortSignal.timeout(300)).catch(() => {});
    assertEquals(await Promise.all([run("d"), run("e")]), ["200 picture of d", "200 picture of e"]);
  });
});
