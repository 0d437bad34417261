/**
 * A typed model: its input is checked before anything is sent, its output needs no cast, and its schema
 * fits into other libraries.
 *
 * `models.ts` was written by `deno task types black-forest-labs/flux-schnell -o models.ts`.
 */

import { Client, InputError } from "@x/replicate";
import { fluxSchnell, type FluxSchnellInput } from "./models.ts";

const client = new Client();

// The compiler knows the names, the choices and the files.
const input: FluxSchnellInput = { prompt: "a fig on a blue plate", aspect_ratio: "16:9" };
const [file] = await client.run(fluxSchnell, { input });
console.log(`Made ${file?.filename}`);

// What it cannot see, as what a form has sent, is checked at run time: all problems at once, no request.
const form = { prompt: "a fig", aspectratio: "16:9", num_outputs: "9" };
try {
  await client.run(fluxSchnell, { input: form as unknown as FluxSchnellInput, coerce: true });
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  for (const { path, code, message, suggestion } of error.issues) {
    console.log(`${path} (${code}): ${message}${suggestion ? `, ${suggestion}` : ""}`);
  }
}

// Its input is a Standard Schema: the AI SDK, Hono and tRPC take it as it is.
const { properties } = fluxSchnell.input["~standard"].jsonSchema.input({ target: "draft-07" });
console.log(JSON.stringify((properties as Record<string, unknown>).num_outputs));
