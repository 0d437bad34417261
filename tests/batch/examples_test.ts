import { assert, assertEquals } from "@std/assert";
import worker from "../../examples/batch_cloudflare_queue/worker.ts";
import type { Env, Message } from "../../examples/batch_cloudflare_queue/worker.ts";
import { FakeReplicate } from "../../src/testing/fake.ts";
import { runOnFake } from "../example.ts";

const ORIGIN = "https://covers.example.workers.dev";

/** Cloudflare's queue and KV, as far as the example uses them. */
class Cloudflare {
  readonly env: Env;
  readonly results = new Map<string, string>();
  /** The number of times a message came back, and the waits before. */
  readonly retries: number[] = [];
  readonly #messages: Message["body"][] = [];

  constructor(baseUrl: string) {
    this.env = {
      REPLICATE_API_TOKEN: "r8_test",
      REPLICATE_BASE_URL: baseUrl,
      ORIGIN,
      INPUTS: {
        sendBatch: (messages) =>
          Promise.resolve(void this.#messages.push(...messages.map(({ body }) => body))),
      },
      RESULTS: {
        get: (key) => {
          if (!key) throw new TypeError("Key name cannot be empty.");
          return Promise.resolve(this.results.get(key) ?? null);
        },
        put: (key, value) => Promise.resolve(void this.results.set(key, value)),
      },
    };
  }

  /** Delivers messages until there are none, one of them twice. */
  async drain(): Promise<void> {
    const [first] = this.#messages;
    if (first) this.#messages.push(first);
    while (this.#messages.length > 0) {
      let settled = 0;
      const messages = this.#messages.splice(0, 10).map((body) => ({
        body,
        ack: () => void settled++,
        retry: ({ delaySeconds }: { delaySeconds: number }) => {
          settled++;
          this.retries.push(delaySeconds);
          this.#messages.push(body);
        },
      }));
      await worker.queue({ messages }, this.env);
      assertEquals(settled, messages.length);
    }
  }
}

Deno.test("examples/batch_cloudflare_queue spreads a batch over a queue and webhooks", async () => {
  const deliver = (request: Request): Promise<Response> => worker.fetch(request, env);
  await using fake = new FakeReplicate({
    models: {
      "black-forest-labs/flux-schnell": {
        official: true,
        run: ({ prompt }) => {
          if (prompt === "prompt 7") throw new Error("NSFW content detected");
          return `https://example.com/${prompt}.png`;
        },
      },
    },
    faults: [{ match: { method: "POST", path: "/models/*", nth: 3 }, status: 429, retryAfter: 2 }],
    webhooks: { deliver },
  });
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    (request) => fake.handle(request),
  );
  const cloudflare = new Cloudflare(`http://127.0.0.1:${server.addr.port}/v1`);
  const { env } = cloudflare;

  const inputs = Array.from({ length: 120 }, (_, n) => ({ prompt: `prompt ${n}` }));
  const body = JSON.stringify(inputs);
  const answer = await worker.fetch(new Request(ORIGIN, { method: "POST", body }), env);
  const ids: string[] = await answer.json();
  assertEquals([answer.status, ids.length], [202, 120]);
  await cloudflare.drain();
  await fake.webhooksSettled();

  assertEquals([fake.predictions.size, cloudflare.retries], [120, [2]]);
  for (const [n, id] of ids.entries()) {
    const result = await (await worker.fetch(new Request(`${ORIGIN}/${id}`), env)).json();
    if (n === 7) assertEquals([result.status, result.error], ["failed", "NSFW content detected"]);
    else assertEquals(result.output, `https://example.com/prompt ${n}.png`);
  }
  const unknown = await worker.fetch(new Request(`${ORIGIN}/nothing`), env);
  assertEquals([unknown.status, await unknown.text()], [404, '{"status":"unknown"}']);
  // A KV refuses a key without letters.
  assertEquals((await worker.fetch(new Request(`${ORIGIN}/`), env)).status, 404);
});

Deno.test("examples/batch_pg_boss runs each input of its queue", async () => {
  const { code, text: output } = await runOnFake("batch_pg_boss");
  assertEquals(code, 0, output);
  const names = ["Ada", "Bob", "Cyd", "Dan", "Eve", "Fay", "Gus", "Hal", "Ida", "Jon"];
  const lines = output.trim().split("\n").filter((line) => line.includes(": "));
  assertEquals(lines.sort(), names.map((name) => `${name}: Rain taps the roof`));
});

Deno.test("examples/batch_progress draws its progress, and names what failed", async () => {
  const { code, text: output } = await runOnFake("batch_progress");
  assertEquals(code, 0, output);
  assert(output.includes("16/16 | 0 running, 2 failed"), output);
  assertEquals(
    output.match(/^figs, take \d: PredictionError: .* no rhyme was found$/gm)?.length,
    2,
  );
});
