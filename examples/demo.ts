/**
 * A short tour of the client: streamed text, an image of a typed model with a progress bar, a batch, and
 * runs that fail.
 *
 * It uses Replicate if REPLICATE_API_TOKEN is set, which costs about a cent, and otherwise an embedded
 * fake.
 */

import { Client, InputError, PredictionError, ReplicateError } from "../mod.ts";
import { demoBar } from "./demo/bar.ts";
import { serveFake } from "./demo/fake.ts";
import { fluxSchnell } from "./demo/models.ts";

const token = Deno.env.get("REPLICATE_API_TOKEN");
const server = token ? undefined : serveFake();
const client = new Client(server ? { auth: "r8_demo", baseUrl: server.url } : { auth: token });
const [poet, picky] = server
  ? ["demo/poet", "demo/picky"] as const
  : ["meta/meta-llama-3-8b-instruct", "black-forest-labs/flux-schnell"] as const;

console.log(
  server
    ? "No REPLICATE_API_TOKEN: this runs on the embedded fake, over a local socket."
    : "REPLICATE_API_TOKEN is set: this runs on Replicate.",
);

// Ctrl-C leaves nothing running: the abort cancels every run that was started.
const interrupt = new AbortController();
const { signal } = interrupt;
Deno.addSignalListener("SIGINT", () => interrupt.abort(new Error("interrupted")));

try {
  console.log("\n1. Text, streamed");
  const write = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(text));
  const input = { prompt: "Write two lines about rain.", max_tokens: 64 };
  for await (const text of client.stream(poet, { input, signal }).text()) write(text);
  write("\n");

  console.log("\n2. An image, with a progress bar");
  const bar = demoBar();
  const run = client.run(fluxSchnell, {
    input: { prompt: "a fig on a blue plate", output_format: "png" },
    timeout: "2m",
    signal,
    onProgress: (prediction, progress) => bar.update(prediction.status, progress?.percentage),
  });
  const file = await run.file().finally(() => bar.stop());
  await file.save("demo.png");
  const { metrics } = await run.prediction();
  console.log(`Saved demo.png, made in ${metrics?.predict_time?.toFixed(1) ?? "?"} s`);

  console.log("\n3. A batch, as fast as the rate limit allows");
  const fruits = ["fig", "plum", "pear", "quince", "apple", "cherry"].slice(0, token ? 3 : 6);
  const inputs = fruits.map((fruit) => ({ prompt: `A ${fruit}, in one word.`, max_tokens: 8 }));
  const many = demoBar();
  let characters = 0;
  const results = client.batch(poet, inputs, {
    signal,
    onProgress: ({ done, total = 0 }) => many.update(`${done} of ${total} done`, done / total),
  });
  try {
    for await (const result of results) {
      if (result.status === "fulfilled") characters += String(result.value).length;
    }
  } finally {
    many.stop();
  }
  console.log(`${inputs.length} runs made ${characters} characters`);

  console.log("\n4. A run that fails");
  try {
    await client.run(picky, { input: { prompt: "a fig", num_outputs: 99 }, signal });
  } catch (error) {
    if (!(error instanceof ReplicateError)) throw error;
    const kind = error instanceof PredictionError ? ` of kind "${error.kind}"` : "";
    console.log(`${error.name}${kind}: ${error.message}`);
  }

  console.log("\n5. A mistake that costs nothing, as the model is typed");
  try {
    // @ts-expect-error: a number of outputs is a number, and JavaScript gives text all the same
    await client.run(fluxSchnell, { input: { prompt: "a fig", num_outputs: "4" }, signal });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    console.log(`${error.name}: ${error.message}`);
  }
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : error}`);
  Deno.exitCode = signal.aborted ? 130 : 1;
} finally {
  await server?.close();
}
// The listener for Ctrl-C and idle sockets would keep the process alive.
Deno.exit();
