/** Issue number 19.2: the example for Inngest, on its real SDK. */

import { assertEquals } from "@std/assert";
import { Client } from "../../mod.ts";
import { durableRun, type DurableStep } from "../../src/durable/mod.ts";
import { FakeReplicate, type Fault } from "../../src/testing/mod.ts";
import { execute, type ExecutorOptions, type FunctionEnd } from "./inngest.ts";

// By names that are put together here: a type checker would load the types of Node with them.
const INNGEST = "npm:inngest@4.24.0";
const EXAMPLE = "../../examples/durable_inngest.js";

const LOST: Fault = { match: { method: "POST", path: /predictions$/ }, drop: "after" };
const url = "https://replicate.delivery/fig.png";
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

interface Context {
  event: { data: { prompt: string } };
  step: DurableStep & { run(name: string, work: () => Promise<unknown>): Promise<unknown> };
  attempt: number;
}

interface World {
  fake: FakeReplicate;
  client: Client;
  /** Runs the function of the example. */
  paint: (prompt: string, options?: ExecutorOptions) => Promise<FunctionEnd>;
  /** Runs another function. */
  run: (
    work: (context: Context) => Promise<unknown>,
    options?: ExecutorOptions,
  ) => Promise<FunctionEnd>;
}

async function inInngest(test: (world: World) => Promise<void>): Promise<void> {
  const sent = new Set<string>();
  const { Inngest } = await import(INNGEST);
  const { serve } = await import(`${INNGEST}/edge`);
  const { app } = await import(EXAMPLE);
  await using fake: FakeReplicate = new FakeReplicate({
    models: {
      "acme/painter": {
        official: true,
        run: ({ prompt }) => {
          if (prompt === "fail") throw new Error("CUDA out of memory");
          return [url];
        },
      },
    },
    webhooks: { deliver: (request) => webhooks(request) },
  });
  const client = new Client({ auth: "r8_test", fetch: fake.fetch });
  // The address of Inngest's events, which the SDK sends to.
  const send = (_: unknown, init?: { body?: string }): Promise<Response> => {
    for (const { data } of JSON.parse(init?.body ?? "[]")) sent.add(data.id);
    return Promise.resolve(Response.json({ ids: ["event"], status: 200 }));
  };
  const options = { isDev: true, eventKey: "key", fetch: send, logger: quiet };
  const { inngest, functions, webhooks } = app({
    client,
    origin: "https://app.example",
    ...options,
  });
  const other = new Inngest({ id: "studio", ...options });
  const call = (served: object, prompt: string, more?: ExecutorOptions): Promise<FunctionEnd> =>
    execute(serve(served), "studio-paint", { name: "studio/paint", data: { prompt } }, {
      events: sent,
      waits: async () => {
        while (sent.size === 0) await new Promise((resolve) => setTimeout(resolve, 10));
      },
      ...more,
    });
  await test({
    fake,
    client,
    paint: (prompt, more) => call({ client: inngest, functions }, prompt, more),
    run: (work, more) => {
      const fn = other.createFunction({ id: "paint", triggers: [{ event: "studio/paint" }] }, work);
      return call({ client: other, functions: [fn] }, "a fig", more);
    },
  });
}

Deno.test("19.2 durableRun() in a function of Inngest creates once, and wakes by the webhook", () =>
  inInngest(async ({ fake, paint }) => {
    const { data, calls } = await paint("a fig");
    assertEquals(data, [url]);
    assertEquals(fake.predictions.size, 1);
    // The claim, the create, the wait, the read, and the end.
    assertEquals(calls, 5);
  }));

Deno.test("19.2 durableRun() in a function of Inngest creates once where the naive step creates twice", () =>
  inInngest(async ({ fake, client, paint, run }) => {
    fake.fault(LOST);
    const input = { prompt: "a fig" };
    await run(({ step }) => step.run("run", () => client.run("acme/painter", { input }).json()));
    assertEquals(fake.predictions.size, 2, "the naive step");
    fake.fault(LOST);
    assertEquals((await paint("another fig")).data, [url]);
    assertEquals(fake.predictions.size, 3);
    assertEquals((await paint("a lost fig", { loses: /create$/ })).data, [url]);
    assertEquals(fake.predictions.size, 4);
  }));

Deno.test("19.2 durableRun() in a function of Inngest fails without a retry, with and without nonRetryable", () =>
  inInngest(async ({ fake, client, paint, run }) => {
    const { error, calls } = await paint("fail");
    assertEquals(error?.name, "NonRetriableError");
    assertEquals(error?.message.startsWith("Cannot run acme/painter: prediction "), true);
    assertEquals([fake.predictions.size, calls], [1, 5]);
    const plain = await run(({ step, attempt }) =>
      durableRun(step, client, "acme/painter", { input: { prompt: "fail" }, retried: attempt > 0 })
    );
    assertEquals(plain.error?.name, "NonRetriableError");
    assertEquals([fake.predictions.size, plain.calls], [2, 5]);
  }));

Deno.test("19.2 durableRun() in a function of Inngest says at once that it needs retried", () =>
  inInngest(async ({ fake, client, run }) => {
    const { error } = await run(({ step }) =>
      durableRun(step, client, "acme/painter", { input: { prompt: "a fig" } })
    );
    assertEquals(error?.message.includes("give retried, as in ({ step, attempt })"), true);
    assertEquals(fake.requests.length, 0);
  }));
