import { assertEquals, assertInstanceOf } from "@std/assert";
import { AllowedModels } from "../../src/serve/allowed.ts";
import { Refusal } from "../../src/serve/refusal.ts";
import { rejection } from "../rejection.ts";

const A = "a".repeat(64);
const B = "b".repeat(64);

const client = {
  request: () => Promise.resolve(Response.json({ results: [{ id: B }] })),
} as never;

/** Checks that this is refused. A refusal is no error. */
async function refused(work: () => unknown): Promise<void> {
  assertInstanceOf(await rejection((async () => await work())()), Refusal);
}

const allowed = () => new AllowedModels(client, [`acme/one:${A}`, "acme/any"], ["acme/live"]);

Deno.test("AllowedModels.has() knows a run by its model, its version or its deployment", async () => {
  const has = async (job: Parameters<AllowedModels["has"]>[0]) => await allowed().has(job);
  assertEquals(await has({ deployment: "acme/live", model: "acme/other" }), true);
  assertEquals(await has({ deployment: "acme/dead", model: "acme/other" }), false);
  assertEquals(await has({ model: "acme/any" }), true);
  assertEquals(await has({ model: "acme/one", version: A }), true);
  assertEquals(await has({ model: "acme/one", version: B }), false);
  assertEquals(await has({ model: "acme/one" }), false);
  assertEquals(await has({ version: A }), true);
  assertEquals(await has({ version: B }), true);
  assertEquals(await has({ version: "c".repeat(64) }), false);
  assertEquals(await has({ version: "hidden" }), false);
  assertEquals(await has({}), false);
});

Deno.test("AllowedModels refuses versions and deployments that are not named", async () => {
  const models = allowed();
  assertEquals(models.deployment("acme/live"), "acme/live");
  await refused(() => models.deployment("acme/any"));
  assertEquals([models.version("acme/one", A), models.version("acme/any", B)], [
    "acme/one",
    "acme/any",
  ]);
  for (const [name, id] of [["acme/one", B], ["acme/any", "latest"], ["acme/none", A]]) {
    await refused(() => models.version(name!, id!));
  }
  assertEquals(await models.run(`acme/one:${A}`), { model: "acme/one", version: `acme/one:${A}` });
  assertEquals(await models.run(A), { model: "acme/one", version: A });
  for (const text of [undefined, 7, "", "acme", "acme/one", "c".repeat(64)]) {
    await refused(() => models.run(text));
  }
});

Deno.test("AllowedModels takes a model in every version if one of its entries says so", async () => {
  const models = new AllowedModels(client, [`acme/x:${A}`, `acme/x:${B}`, "acme/x", `acme/x:${A}`]);
  assertEquals(models.unpinned("acme/x"), "acme/x");
  const both = new AllowedModels(client, [`acme/x:${A}`, `acme/x:${B}`]);
  assertEquals([both.version("acme/x", A), both.version("acme/x", B)], ["acme/x", "acme/x"]);
  await refused(() => both.run("acme/x"));
});
