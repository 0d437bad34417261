/**
 * Runs the model of `predict.py` in a real Cog server, which no test can start by itself:
 *
 * ```sh
 * deno run --allow-all tests/cog/real.ts http://localhost:5000 [http://host.docker.internal:8788]
 * ```
 *
 * The second address is that of this machine as the container sees it, for progress by webhooks.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { ApiError, Client, PredictionError } from "../../mod.ts";
import { cog } from "../../src/cog/mod.ts";

const [url, webhook] = Deno.args;
if (!url) throw new Error("Cannot run: give the address of the Cog server");
const local = cog(url, { webhook });
const listener = webhook && Deno.serve({ port: Number(new URL(webhook).port) }, local.handle);
const client = new Client(local);
const ref = "acme/poet";

const CHECKS: Record<string, () => Promise<unknown>> = {
  ready: () => local.ready(),

  async run() {
    const output = await client.run(ref, { input: { prompt: "a" } });
    assertEquals(output, ["a 0", "a 1", "a 2"]);
  },

  async "a file in the input"() {
    const image = new Blob(["12345"], { type: "image/png" });
    const output = await client.run(ref, { input: { prompt: "a", image, steps: 1 } });
    assertEquals(output, ["5 bytes"]);
  },

  async "an input that does not fit"() {
    const error = await assertRejects(() => client.run(ref, { input: { steps: 99 } }), ApiError);
    const fields = error.invalidFields.map(({ type, field }) => `${type} ${field}`);
    assertEquals(fields.sort(), ["number_lte input.steps", "required input"]);
  },

  async "a model that fails"() {
    const input = { prompt: "a", fail: true };
    const error = await assertRejects(() => client.run(ref, { input }), PredictionError);
    assertEquals(error.prediction.error, "out of paint");
  },

  async "a stream and its logs"() {
    const texts: string[] = [];
    for await (const text of client.stream(ref, { input: { prompt: "a" } }).text()) {
      texts.push(text);
    }
    assertEquals(texts, ["a 0", "a 1", "a 2"]);
    const shares = new Set<unknown>();
    await client.run(ref, {
      input: { prompt: "a", steps: 10 },
      interval: 50,
      onProgress: (_, progress) => void shares.add(progress?.percentage),
    });
    assert(shares.has(1));
    if (listener) assert(shares.size > 3, "there was no progress by webhooks");
  },

  async "a cancel, after which the server is free"() {
    const job = await client.start(ref, { input: { prompt: "a", steps: 40 } });
    await job.cancel();
    await assertRejects(() => client.wait(job.id), PredictionError);
    const health = await (await client.request("/health-check")).json();
    assertEquals(health.status, "READY");
  },

  async "a server that is busy with the run of another client"() {
    const other = new Client(cog(url));
    const outputs = await Promise.all(
      [client, other].map((it) => it.run(ref, { input: { prompt: "a" } })),
    );
    assertEquals(outputs, Array(2).fill(["a 0", "a 1", "a 2"]));
  },
};

for (const [name, check] of Object.entries(CHECKS)) {
  await check();
  console.log(`ok  ${name}`);
}
if (listener) await listener.shutdown();
