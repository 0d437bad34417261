/** A batch of 100 with a store in a file, in a process of its own: a line of JSON for each result. */

import { Client } from "../../mod.ts";
import { fileStore } from "../../src/stores/mod.ts";

const [baseUrl = "", path = ""] = Deno.args;
const client = new Client({ auth: "r8_test", baseUrl });
const inputs = Array.from({ length: 100 }, (_, n) => ({ n }));
for await (
  const result of client.batch("acme/x", inputs, { store: fileStore(path), interval: 50 })
) {
  const outcome = result.status === "fulfilled" ? result.value : String(result.reason);
  console.log(JSON.stringify([result.index, outcome]));
}
