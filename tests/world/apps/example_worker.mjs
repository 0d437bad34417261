/** 20.7 The Worker of the examples on workerd, with an R2 of miniflare. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { build } from "esbuild";
import { Miniflare } from "miniflare";

const FOLDER = join(import.meta.dirname, "examples/worker_r2");
const { REPLICATE_API_TOKEN, REPLICATE_BASE_URL } = process.env;

test("20.7 examples/worker_r2 keeps the image that its webhook brings in R2", async () => {
  const { outputFiles } = await build({
    entryPoints: [join(FOLDER, "worker.ts")],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    conditions: ["workerd", "worker"],
  });
  const wrangler = await readFile(join(FOLDER, "wrangler.toml"), "utf8");
  const [, compatibilityDate] = /compatibility_date = "([^"]+)"/.exec(wrangler);
  const [, binding] = /binding = "(\w+)"/.exec(wrangler);
  const worker = new Miniflare({
    // Told apart by hand, as miniflare would look for imports and refuse those of computed names.
    modules: [{ type: "ESModule", path: "worker.js", contents: outputFiles[0].text }],
    compatibilityDate,
    bindings: { REPLICATE_API_TOKEN, REPLICATE_BASE_URL },
    r2Buckets: [binding],
  });
  try {
    const { origin } = await worker.ready;
    const body = JSON.stringify({ prompt: "a fig" });
    const started = await fetch(`${origin}/covers`, { method: "POST", body });
    assert.equal(started.status, 202);
    const { id } = await started.json();
    let cover;
    do cover = await fetch(`${origin}/covers/${id}`);
    while (cover.status === 202);
    assert.equal(cover.status, 200);
    assert.equal(cover.headers.get("content-type"), "image/svg+xml");
    assert.match(await cover.text(), /^<svg/);
    const { objects } = await (await worker.getR2Bucket(binding)).list();
    assert.deepEqual(objects.map(({ key }) => key), [id]);
    const forged = await fetch(`${origin}/webhook`, { method: "POST", body });
    assert.equal(forged.status, 401);
  } finally {
    await worker.dispose();
  }
});
