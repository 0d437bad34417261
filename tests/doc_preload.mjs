/**
 * Loaded before the examples of the documents, on each runtime: they call Replicate as a reader would,
 * and find a fake.
 *
 * @module
 */

import process from "node:process";
import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { FakeReplicate } from "@x/replicate/testing";

const fake = new FakeReplicate({
  models: {
    "black-forest-labs/flux-schnell": {
      official: true,
      run: () => [new File(["a fig"], "fig.webp", { type: "image/webp" })],
    },
    "meta/meta-llama-3-8b-instruct": { official: true, run: () => ["Rain", " taps"] },
  },
});
process.env.REPLICATE_API_TOKEN = "r8_test";
const platform = globalThis.fetch;
globalThis.fetch = (input, init) => {
  const { hostname } = new URL(input instanceof Request ? input.url : input);
  const isReplicate = /(^|\.)replicate\.(com|delivery|net)$/.test(hostname);
  return (isReplicate ? fake.fetch : platform)(input, init);
};
// What examples save is not for this folder. All go to one, as they run side by side in one process: a
// folder for each would be taken from under the one that is at work.
const folder = `${tmpdir()}/replicate-docs-${process.pid}`;
mkdirSync(folder, { recursive: true });
process.chdir(folder);
