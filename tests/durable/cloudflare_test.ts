/** Issue number 19.2: Cloudflare Workflows, on real workerd with the engine of Miniflare. */

import { assert, assertEquals } from "@std/assert";
import { FakeReplicate, type Fault } from "../../src/testing/mod.ts";

const MINIFLARE = "4.20260730.0";

/** The answer of a create is an error, although the prediction is made. */
const LOST: Fault = { match: { method: "POST", path: /predictions$/ }, status: 500, accept: true };

interface Miniflare {
  dispatchFetch(url: string, init?: RequestInit): Promise<Response>;
  dispose(): Promise<void>;
}

interface Status {
  status: string;
  output?: { output?: unknown; id?: string };
  error?: { name: string; message: string };
}

interface World {
  fake: FakeReplicate;
  /** Starts a workflow, and gives its end. */
  workflow: (name: string, prompt: string) => Promise<Status>;
}

async function bundle(path: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["bundle", "--quiet", "--platform", "browser", "--external", "cloudflare:workers"],
      ...["-o", path, `${import.meta.dirname}/cloudflare_worker.js`],
    ],
  }).output();
  if (!success) throw new Error(`Cannot bundle:\n${new TextDecoder().decode(stderr)}`);
}

async function inWorkflows(use: (world: World) => Promise<void>, faults: Fault[]): Promise<void> {
  const dir = await Deno.makeTempDir();
  await bundle(`${dir}/worker.js`);
  const ready = Promise.withResolvers<Miniflare>();
  await using fake = new FakeReplicate({
    models: {
      "acme/painter": {
        official: true,
        run: ({ prompt }) => {
          if (prompt === "fail") throw new Error("CUDA out of memory");
          return [`https://replicate.delivery/${prompt}.png`];
        },
      },
    },
    faults,
    webhooks: {
      deliver: async (request) => {
        const { pathname, search } = new URL(request.url);
        const { method, headers } = request;
        const body = await request.text();
        const init = { method, headers: Object.fromEntries(headers), body };
        const worker = await ready.promise;
        const response = await worker.dispatchFetch(`http://app.example${pathname}${search}`, init);
        return new Response(await response.text() || null, { status: response.status });
      },
    },
  });
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => fake.handle(request),
  );
  // By a name that is put together here: a type checker would load the types of Node with it.
  const { Miniflare } = await import(`npm:miniflare@${MINIFLARE}`);
  const worker: Miniflare = new Miniflare({
    modules: [{ type: "ESModule", path: `${dir}/worker.js` }],
    modulesRoot: dir,
    compatibilityDate: "2026-07-01",
    bindings: {
      REPLICATE_API_TOKEN: "r8_test",
      REPLICATE_BASE_URL: `http://127.0.0.1:${server.addr.port}/v1`,
      ORIGIN: "https://app.example",
    },
    workflows: {
      WORKFLOW: { name: "paint", className: "Paint" },
      NAIVE: { name: "naive", className: "Naive" },
      DEAF: { name: "deaf", className: "Deaf" },
      POLLED: { name: "polled", className: "Polled" },
    },
  });
  ready.resolve(worker);
  const ask = async (path: string): Promise<unknown> =>
    await (await worker.dispatchFetch(`http://app.example${path}`)).json();
  try {
    await use({
      fake,
      workflow: async (name, prompt) => {
        const { workflow } = await ask(`/start?class=${name}&prompt=${prompt}`) as {
          workflow: string;
        };
        for (;;) {
          const path = `/status?class=${name}&workflow=${workflow}`;
          const status = await ask(path) as Status;
          if (!/^(queued|running|waiting)$/.test(status.status)) return status;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      },
    });
  } finally {
    await worker.dispose();
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test({
  name:
    "19.2 durableRun() in a workflow of Cloudflare creates once where the naive step creates twice",
  fn: () =>
    inWorkflows(async ({ fake, workflow }) => {
      const naive = await workflow("NAIVE", "a");
      assertEquals(naive.output, { output: ["https://replicate.delivery/a.png"] });
      assertEquals(fake.predictions.size, 2, "the naive step");

      fake.fault(LOST);
      const polled = await workflow("POLLED", "b");
      assertEquals(
        polled.output?.output,
        ["https://replicate.delivery/b.png"],
        JSON.stringify(polled),
      );
      assertEquals(fake.predictions.size, 3);
      assertEquals(fake.predictions.has(polled.output?.id ?? ""), true);

      // Long before the look that there is in case that the webhook is lost.
      const started = performance.now();
      const woken = await workflow("WORKFLOW", "c");
      assertEquals(
        woken.output?.output,
        ["https://replicate.delivery/c.png"],
        JSON.stringify(woken),
      );
      assertEquals(fake.predictions.size, 4);
      assert(performance.now() - started < 25_000);

      const deaf = await workflow("DEAF", "d");
      assertEquals(deaf.output?.output, ["https://replicate.delivery/d.png"], JSON.stringify(deaf));
      assertEquals(fake.predictions.size, 5);

      const failed = await workflow("POLLED", "fail");
      assertEquals(failed.status, "errored");
      assert(failed.error?.message.startsWith("Cannot run acme/painter: prediction "));
      assertEquals(fake.predictions.size, 6);
    }, [LOST]),
});
