/** The sizes of bundles, ours and those of peers. What ours may have is in `scripts/size.ts`. */

import { loadEsbuild } from "../scripts/esbuild.ts";
import type { SizeResult } from "./report.ts";

/** Programs that import something. */
const PROGRAMS: Record<string, string> = {
  "x/replicate: Client": 'export { Client } from "@x/replicate";',
  "x/replicate: createSend, predictions, run":
    'export { createSend, PredictionsApi, run } from "@x/replicate";',
  "x/replicate: createSend": 'export { createSend } from "@x/replicate";',
  "x/replicate/webhooks": 'export * from "@x/replicate/webhooks";',
  "replicate": 'export { default } from "replicate";',
  "@fal-ai/client": 'export * from "@fal-ai/client";',
  "openai": 'export { default } from "openai";',
};

/** Bundles each program in a folder in which all is installed. */
export async function measureSizes(dir: string): Promise<SizeResult[]> {
  const esbuild = await loadEsbuild();
  const results: SizeResult[] = [];
  for (const [name, contents] of Object.entries(PROGRAMS)) {
    const { outputFiles } = await esbuild.build({
      stdin: { contents, resolveDir: dir },
      platform: "browser",
      format: "esm",
      target: "es2022",
      minify: true,
      write: false,
      // The official client asks for it where `crypto` is missing.
      external: ["node:crypto", "crypto"],
    });
    const stream = new Blob([outputFiles[0]!.contents]).stream();
    const zipped = await new Response(stream.pipeThrough(new CompressionStream("gzip"))).bytes();
    results.push({ name, gzip: zipped.length });
  }
  await esbuild.stop();
  return results;
}
