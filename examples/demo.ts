/**
 * A short tour: the command line (text as it is made, an image, a batch, a mistake), and the same from
 * code.
 *
 * It uses Replicate if REPLICATE_API_TOKEN is set, which costs about a cent, and otherwise the embedded
 * fake.
 */

import { replicate } from "../src/cli/mod.ts";
import { offlineFake } from "../src/cli/offline.ts";
import { Client, PredictionError } from "../mod.ts";
import { fluxSchnell } from "./typed_model/models.ts";

const token = Deno.env.get("REPLICATE_API_TOKEN");
const [poet, painter, picky] = token
  ? [
    "meta/meta-llama-3-8b-instruct",
    "black-forest-labs/flux-schnell",
    "black-forest-labs/flux-schnell",
  ]
  : ["demo/poet", "demo/painter", "demo/picky"];

console.log(
  token
    ? "REPLICATE_API_TOKEN is set: this runs on Replicate."
    : "No REPLICATE_API_TOKEN: this runs on the embedded fake.",
);

/** Shows a call of the command line, and makes it. */
async function call(title: string, ...args: string[]): Promise<number> {
  const offline = token ? [] : ["--offline"];
  const shown = [...args, ...offline].map((it) => /[ "']/.test(it) ? `'${it}'` : it);
  console.log(`\n${title}\n$ replicate ${shown.join(" ")}`);
  const code = await replicate([...args, ...offline]);
  if (code === 130) Deno.exit(code);
  return code;
}

await call("1. Text, printed while it is made", "run", poet, "prompt=Write two lines about rain.");

await call("2. An image, with a progress bar", "run", painter, "prompt=a fig on a plate");

const fruits = ["fig", "plum", "pear", "quince", "apple", "cherry"].slice(0, token ? 3 : 6);
const file = await Deno.makeTempFile({ suffix: ".csv" });
await Deno.writeTextFile(file, ["prompt", ...fruits].join("\n"));
await call(
  "3. A batch, as fast as the rate limit allows",
  "batch",
  poet,
  file,
  "max_tokens=8",
  "--out",
  "demo.jsonl",
  "--force",
);
await Deno.remove(file);

const code = await call(
  "4. A mistake, which costs nothing",
  "run",
  painter,
  "prompt=a fig",
  "num_output=99",
);
console.log(`(exit code ${code})`);

console.log("\n5. The same from code");
const fake = token ? undefined : offlineFake();
const client = new Client(fake ? { auth: "r8_demo", fetch: fake.fetch } : { auth: token });
try {
  const input = { prompt: "Write two lines about rain.", max_tokens: 64 };
  for await (const text of client.stream(poet, { input }).text()) {
    Deno.stdout.writeSync(new TextEncoder().encode(text));
  }
  console.log();
  await client.run(picky, { input: { prompt: "a fig", num_outputs: 99 } });
} catch (error) {
  const kind = error instanceof PredictionError ? ` of kind "${error.kind}"` : "";
  console.log(error instanceof Error ? `${error.name}${kind}: ${error.message}` : error);
}

console.log("\n6. A mistake in code, which costs nothing either, as the model is typed");
try {
  // @ts-expect-error: a number of outputs is a number, and JavaScript gives text all the same
  await client.run(fluxSchnell, { input: { prompt: "a fig", num_outputs: "4" } });
} catch (error) {
  console.log(error instanceof Error ? `${error.name}: ${error.message}` : error);
}
await fake?.[Symbol.asyncDispose]();
// Idle sockets would keep the process alive.
Deno.exit();
