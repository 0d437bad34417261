/** Runs with a budget that other processes share by a file: prints how many it could create. */

import { BudgetExceededError, Client, costMeter } from "../../mod.ts";
import { fileCostStore } from "../../src/stores/mod.ts";

const [baseUrl = "", path = "", killed] = Deno.args;
const meter = costMeter({
  prices: { models: { "acme/x": { perRun: 1 } } },
  budget: { total: 10 },
  store: fileCostStore(path),
});
const client = new Client({ auth: "r8_test", baseUrl, meter });
const run = () => client.run("acme/x", { input: {}, interval: 50 });
if (killed) {
  // Until somebody kills it, with a lock that it holds or does not hold.
  for (;;) {
    await (await meter.reserve({ ref: "acme/x" })).drop();
    console.log("at work");
  }
}
const ends = await Promise.allSettled(Array.from({ length: 8 }, run));
const refused = ends.filter((it) => it.status === "rejected");
for (const { reason } of refused) if (!(reason instanceof BudgetExceededError)) throw reason;
console.log(ends.length - refused.length);
