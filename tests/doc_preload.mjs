/**
 * Loaded before the examples of the documents, on each runtime: they call Replicate as a reader would,
 * and find a fake.
 *
 * @module
 */

import process from "node:process";
import { mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { FakeReplicate } from "@x/replicate/testing";

const fake = new FakeReplicate({
  models: {
    "black-forest-labs/flux-schnell": {
      official: true,
      run: () => [new File(["a fig"], "fig.webp", { type: "image/webp" })],
    },
    "black-forest-labs/flux-dev": { official: true, run: (_, job) => job.fail("out of memory") },
    "meta/meta-llama-3-8b-instruct": { official: true, run: () => ["Rain", " taps"] },
    // Run as its latest version.
    "nightmareai/real-esrgan": { run: () => new File(["a large fig"], "large.png") },
    "ostris/flux-dev-lora-trainer": {
      train: () => ({ weights: "https://example.com/figs.tar" }),
      // What it has trained is run by it.
      run: () => "a fig",
    },
    "acme/figs": { run: () => "a fig" },
  },
  deployments: { "acme/live": { model: "acme/figs" } },
});
process.env.REPLICATE_API_TOKEN = "r8_test";
const platform = globalThis.fetch;
globalThis.fetch = (input, init) => {
  const { hostname } = new URL(input instanceof Request ? input.url : input);
  // The receiver of webhooks.
  if (hostname === "example.com") return Promise.resolve(new Response(null, { status: 204 }));
  const isReplicate = /(^|\.)replicate\.(com|delivery|net)$/.test(hostname);
  return (isReplicate ? fake.fetch : platform)(input, init);
};
// What examples save is not for this folder. All go to one, as they run side by side in one process: a
// folder for each would be taken from under the one that is at work.
const folder = `${tmpdir()}/replicate-docs-${process.pid}`;
mkdirSync(folder, { recursive: true });
process.chdir(folder);
// What examples read.
writeFileSync("photo.png", new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]));
