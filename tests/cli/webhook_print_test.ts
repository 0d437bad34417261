/** What `replicate webhook` says to a person: lines in a terminal, and what is wrong with a call. */

import { assertEquals, assertMatch } from "@std/assert";
import { FakeReplicate, withFakeTime } from "../../src/testing/mod.ts";
import { signWebhook } from "../../src/webhooks/mod.ts";
import type { HttpListener, HttpServer } from "../../src/cli/node.ts";
import { type CallOptions, replicate, type Running } from "./world.ts";

const SECRET = "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0";
const ENV = { REPLICATE_API_TOKEN: "", REPLICATE_WEBHOOK_SECRET: SECRET, FORCE_COLOR: "1" };
const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
};

/** Runs `webhook listen`, posts these predictions to it, and gives what it prints and answers. */
async function listening(
  jobs: object[],
  args: string[] = [],
  options: CallOptions = {},
): Promise<{ stdout: string; stderr: string; statuses: number[] }> {
  let running: Running | undefined;
  let address = "";
  const call = replicate(["webhook", "listen", "--port", "0", ...args], {
    env: ENV,
    tty: true,
    ...options,
    onOutput(text, it) {
      running = it;
      address ||= /http:\/\/127[\d.:]+/.exec(text)?.[0] ?? "";
    },
  });
  await until(() => address !== "");
  const statuses: number[] = [];
  for (const job of jobs) {
    const body = new TextEncoder().encode(JSON.stringify(job));
    const headers = await signWebhook(body, { secret: SECRET });
    const response = await fetch(address, { method: "POST", headers, body });
    await response.body?.cancel();
    statuses.push(response.status);
  }
  running?.signal("SIGINT");
  const { stdout, stderr } = await call;
  return { stdout, stderr, statuses };
}

const job = (status: string) => ({ id: "h57pag03m5rm", status, model: "acme/x", output: null });

Deno.test("webhook listen prints a line for each delivery in a terminal, in the colour of its status", async () => {
  const { stdout, stderr, statuses } = await listening([
    job("processing"),
    job("succeeded"),
    job("failed"),
  ]);
  assertEquals(statuses, [200, 200, 200]);
  const lines = stdout.trimEnd().split("\n").map((line) => JSON.stringify(line));
  assertMatch(lines[0]!, / {2}processing {2}acme\/x {2}h57pag03m5rm"$/);
  assertMatch(lines[1]!, /\\u001b\[32msucceeded\\u001b/);
  assertMatch(lines[2]!, /\\u001b\[31mfailed\\u001b/);
  assertEquals(stderr.includes("passing on"), false);
});

Deno.test("webhook listen prints JSON with --json, also in a terminal", async () => {
  const { stdout } = await listening([job("succeeded")], ["--json"]);
  assertEquals(JSON.parse(stdout).status, "succeeded");
});

Deno.test("webhook listen answers 502, and says so, where it cannot pass a delivery on", async () => {
  const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const forward = `http://127.0.0.1:${closed.addr.port}/hook`;
  closed.close();
  const { stdout, stderr, statuses } = await listening([job("succeeded")], ["--forward", forward]);
  assertEquals(statuses, [502]);
  assertMatch(stdout, /h57pag03m5rm {2}-> 502\n$/);
  assertMatch(stderr, /passing on to http[^]*Cannot reach http:\/\/127/);
});

Deno.test("webhook listen refuses a port that is none, and says why it cannot listen", async () => {
  const port = await replicate(["webhook", "listen", "--port", "70000"], { env: ENV });
  assertEquals(port.code, 2);
  assertMatch(port.stderr, /70000 is no port/);
  // A port of the system, which only an administrator may take.
  const error = Object.assign(new Error("permission denied"), { code: "EACCES" });
  let fail = (_: Error): void => {};
  const listener: HttpListener = {
    once: (event: string, then: (error: Error) => void) =>
      void (event === "error" && (fail = then)),
    listen: () => fail(error),
    address: () => null,
    close() {},
  };
  const http = (): Promise<HttpServer> => Promise.resolve({ createServer: () => listener });
  const taken = await replicate(["webhook", "listen", "--port", "80"], { env: ENV, io: { http } });
  assertEquals(taken.code, 2);
  assertMatch(
    taken.stderr,
    /Cannot listen at port 80 of 127\.0\.0\.1: permission denied\nGive another/,
  );
});

/** Runs `webhook watch` for a prediction of a model, and gives the events that it posts. */
async function watching(
  run: () => unknown,
  args: string[] = [],
  options: CallOptions = {},
): Promise<{ code: number; stdout: string; posted: string[] }> {
  await using fake = new FakeReplicate({ models: { "acme/x": { run } } });
  const posted: string[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      posted.push((await request.json()).status);
      return new Response();
    },
  );
  const { id } = fake.predict("acme/x", {});
  const forward = `http://127.0.0.1:${server.addr.port}/hook`;
  const call = ["webhook", "watch", id, "--forward", forward, ...args];
  const { code, stdout } = await replicate(call, { fake, ...options });
  await server.shutdown();
  return { code, stdout, posted };
}

Deno.test("webhook watch prints a line for each event in a terminal", async () => {
  const { code, stdout } = await watching(() => "a", [], { tty: true, env: { NO_COLOR: "1" } });
  assertEquals(code, 0);
  assertMatch(stdout, /completed {2}succeeded {2}acme\/x {2}\w+ {2}-> 200\n$/);
});

Deno.test("webhook watch posts the end of a prediction that failed, and exits with 0", async () => {
  const { code, posted } = await watching(() => {
    throw new Error("no GPU");
  });
  assertEquals([code, posted.at(-1)], [0, "failed"]);
});

Deno.test("webhook watch posts the start and the logs where --events names them", async () => {
  async function* run(
    _: unknown,
    job: { log(text: string): void; sleep(ms: number): Promise<void> },
  ) {
    await job.sleep(600);
    job.log("step 1\n");
    await job.sleep(600);
    yield "a";
  }
  const args = ["--events", "start,logs", "--json"];
  const { stdout } = await watching(run as () => unknown, args);
  const events = stdout.trim().split("\n").map((line) => JSON.parse(line).event);
  assertEquals(new Set(events), new Set(["start", "logs"]));
});

Deno.test("webhook watch exits with 1 for a prediction that is not there", () =>
  withFakeTime(async () => {
    await using fake = new FakeReplicate({ models: {} });
    const args = ["webhook", "watch", "none", "--forward", "http://127.0.0.1:9/"];
    const { code, stderr } = await replicate(args, { fake });
    assertEquals(code, 1);
    assertMatch(stderr, /404/);
  }));
