import { assert, assertEquals } from "@std/assert";
import { type FakeModel, FakeReplicate } from "../../src/testing/mod.ts";

const WORKER = new URL("kill_worker.ts", import.meta.url);

const square: FakeModel = {
  official: true,
  run: async ({ n }, job) => {
    await job.sleep(100);
    return Number(n) ** 2;
  },
};

/** Runs the batch in a process; kills it once it has said so much. */
async function runWorker(
  url: string,
  path: string,
  killAt = Infinity,
): Promise<[number, number][]> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--quiet", "--allow-all", WORKER.href, url, path],
    stdout: "piped",
    stdin: "null",
  }).spawn();
  const lines: string[] = [];
  let rest = "";
  for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts);
    if (lines.length >= killAt) process.kill("SIGKILL");
  }
  const { signal } = await process.status;
  assertEquals(signal, killAt < Infinity ? "SIGKILL" : null);
  return lines.map((line) => JSON.parse(line));
}

Deno.test("batch() with fileStore() goes on after a SIGKILL, and creates nothing twice", async () => {
  await using fake = new FakeReplicate({ models: { "acme/x": square }, latency: 40 });
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    (request) => fake.handle(request),
  );
  const url = `http://127.0.0.1:${server.addr.port}/v1`;
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/batch.jsonl`;
    const before = await runWorker(url, path, 40);
    assert(before.length >= 40 && before.length < 100, `${before.length} results before`);
    const created = fake.predictions.size;
    const results = await runWorker(url, path);
    const expected = Array.from({ length: 100 }, (_, n) => [n, n ** 2]);
    assertEquals(results.sort(([a], [b]) => a - b), expected);
    assertEquals(fake.predictions.size, 100);
    assert(fake.predictions.size - created <= 60, `${fake.predictions.size - created} new ones`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
