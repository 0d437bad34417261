/**
 * Loaded before the examples of the documents: they call Replicate as a reader would, and find a fake.
 *
 * @module
 */

import { FakeReplicate } from "../src/testing/mod.ts";

const fake = new FakeReplicate({
  models: {
    "black-forest-labs/flux-schnell": {
      official: true,
      run: () => [new File(["a fig"], "fig.webp", { type: "image/webp" })],
    },
  },
});
Deno.env.set("REPLICATE_API_TOKEN", "r8_test");
const platform = globalThis.fetch;
globalThis.fetch = (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
  const { hostname } = new URL(input instanceof Request ? input.url : input);
  const isReplicate = /(^|\.)replicate\.(com|delivery|net)$/.test(hostname);
  return (isReplicate ? fake.fetch : platform)(input, init);
};
// What examples save is not for this folder. All go to one, as they run side by side in one process: a
// folder for each would be taken from under the one that is at work.
const folder = `${Deno.env.get("TMPDIR") ?? "/tmp"}/replicate-docs-${Deno.pid}`;
Deno.mkdirSync(folder, { recursive: true });
Deno.chdir(folder);
