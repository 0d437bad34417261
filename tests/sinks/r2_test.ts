/** R2 in workerd, by Miniflare, where a stream without a known size is refused. */

import { assertEquals } from "@std/assert";
import { FakeReplicate } from "../../src/testing/mod.ts";
import { sha256Of } from "./world.ts";

const MINIFLARE = "4.20260730.0";
/** More than the buffers of streams hold. */
const SIZE = 3_000_000;

interface Miniflare {
  ready: Promise<URL>;
  dispose(): Promise<void>;
}

/** Starts a Worker with a bucket. */
async function serve(script: string, bindings: Record<string, string>): Promise<Miniflare> {
  // By a name that is put together here: a type checker would load the types of Node with it.
  const { Miniflare } = await import(`npm:miniflare@${MINIFLARE}`);
  return new Miniflare({
    // Written out, as it looks for the modules of an `import()` of a variable in vain.
    modules: [{ type: "ESModule", path: "worker.js", contents: script }],
    bindings,
    r2Buckets: ["COVERS"],
    compatibilityDate: "2026-07-01",
    host: "127.0.0.1",
    port: 0,
  });
}

/** Bundles a program, as one for Workers is. */
async function bundled(path: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform", "browser", path],
  }).output();
  if (!success) throw new Error(`Cannot bundle:\n${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

Deno.test("examples/worker_r2 keeps in R2 the image that its webhook brings, with its type", async () => {
  const bytes = Uint8Array.from({ length: SIZE }, (_, index) => index * 31 % 251);
  const run = () => [new File([bytes], "out-0.webp", { type: "image/webp" })];
  await using fake = new FakeReplicate({
    models: { "black-forest-labs/flux-schnell": { official: true, run } },
  });
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => fake.handle(request),
  );
  const script = await bundled(`${import.meta.dirname}/../../examples/worker_r2/worker.ts`);
  const worker = await serve(script, {
    REPLICATE_API_TOKEN: "r8_test",
    REPLICATE_BASE_URL: `http://127.0.0.1:${server.addr.port}/v1`,
  });
  try {
    const url = await worker.ready;
    const covers = new URL("covers", url);
    const started = await fetch(covers, {
      method: "POST",
      body: JSON.stringify({ prompt: "a fig" }),
    });
    const { id } = await started.json();
    await fake.webhooksSettled();
    assertEquals(fake.deliveries.map(({ status }) => status), [204]);
    const file = await fetch(`${covers}/${id}`);
    assertEquals([file.status, file.headers.get("content-type")], [200, "image/webp"]);
    assertEquals(await sha256Of(await file.arrayBuffer()), await sha256Of(bytes));
  } finally {
    await worker.dispose();
  }
});
