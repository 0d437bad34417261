/** The contenders of one runtime: `worker.ts <url of the server> <scale>`. It prints a result a line. */

import process from "node:process";
import { callsOf, pagesOf } from "./calls.ts";
import { compare } from "./measure.ts";
import { libraries } from "./peers.ts";
import { streamsOf } from "./streams.ts";

const [url = "", scale = "1", only = ""] = process.argv.slice(2);
const all = await libraries(url);
for (
  const comparison of [
    ...callsOf(url, all, Number(scale)),
    ...streamsOf(url, all, Number(scale)),
    pagesOf(url, all, Number(scale)),
  ]
) {
  if (!comparison.name.includes(only)) continue;
  for (const result of await compare(comparison)) console.log(JSON.stringify(result));
}
// What is kept alive must not keep the process.
process.exit();
