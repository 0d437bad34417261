import { assertEquals, assertMatch } from "@std/assert";
import { FakeReplicate, withFakeTime } from "../../../src/testing/mod.ts";
import { ask } from "../helpers.ts";

const run = (): number => 1;

Deno.test("FakeReplicate lists public models with versions, sorted as the query asks", async () => {
  await withFakeTime(async (time) => {
    await using fake = new FakeReplicate({
      models: { "acme/first": { run }, "acme/empty": { versions: 0 } },
    });
    await time.tick(1_000);
    const body = { owner: "acme", name: "hidden", visibility: "private", hardware: "cpu" };
    assertEquals((await ask(fake, "POST", "/models", body)).status, 201);
    const namesOf = async (query: string): Promise<unknown> =>
      (await ask(fake, "GET", `/models?${query}`)).json.results.map(({ name }) => name);
    assertEquals(await namesOf("sort_by=model_created_at"), ["first"]);
    assertEquals(await namesOf("sort_by=latest_version_created_at&sort_direction=asc"), ["first"]);
    const wrong = await ask(fake, "GET", "/models?sort_by=stars");
    assertEquals(wrong.status, 422);
    assertMatch(wrong.json.detail, /sort_by/);
    assertEquals((await ask(fake, "GET", "/models?sort_direction=up")).status, 422);
  });
});

Deno.test("FakeReplicate turns the list of models with sort_direction", async () => {
  await using fake = new FakeReplicate({ models: { "acme/a": { run }, "acme/b": { run } } });
  const namesOf = async (direction: string): Promise<unknown[]> =>
    (await ask(fake, "GET", `/models?sort_direction=${direction}`)).json.results
      .map(({ name }) => name);
  assertEquals(await namesOf("asc"), (await namesOf("desc")).reverse());
});

Deno.test("FakeReplicate creates a model for the account alone, and only once", async () => {
  await using fake = new FakeReplicate({ models: { "acme/a": { run } } });
  const body = { owner: "acme", name: "b", visibility: "public", hardware: "cpu" };
  const made = await ask(fake, "POST", "/models", body);
  assertEquals([made.status, made.json.visibility], [201, "public"]);
  const again = await ask(fake, "POST", "/models", body);
  assertEquals([again.status, again.json.detail], [
    422,
    "- name: A model with that name and owner already exists\n",
  ]);
  const other = await ask(fake, "POST", "/models", { ...body, owner: "other" });
  assertEquals([other.status, other.json.detail], [
    403,
    "The owner must be the account of the token",
  ]);
});

Deno.test("FakeReplicate lets nobody change a model of another account", async () => {
  await using fake = new FakeReplicate({ models: { "other/a": { run }, "acme/a": { run } } });
  const changed = await ask(fake, "PATCH", "/models/other/a", { description: "mine" });
  assertEquals([changed.status, changed.json.detail], [403, "The model belongs to somebody else"]);
  assertEquals((await ask(fake, "DELETE", "/models/other/a")).status, 403);
  const path = `/models/other/a/versions/${fake.version("other/a")}`;
  assertEquals((await ask(fake, "DELETE", path)).status, 403);
});

Deno.test("FakeReplicate deletes a model once it has no versions", async () => {
  await using fake = new FakeReplicate({ models: { "acme/a": { run } } });
  const refused = await ask(fake, "DELETE", "/models/acme/a");
  assertEquals([refused.status, refused.json.detail], [
    403,
    "A model with versions cannot be deleted",
  ]);
  const path = `/models/acme/a/versions/${fake.version("acme/a")}`;
  assertEquals((await ask(fake, "DELETE", path)).status, 202);
  assertEquals((await ask(fake, "GET", path)).status, 404);
  assertEquals((await ask(fake, "DELETE", "/models/acme/a")).status, 204);
  assertEquals((await ask(fake, "GET", "/models/acme/a")).status, 404);
});

Deno.test("FakeReplicate has a readme once a model was given one", async () => {
  await using fake = new FakeReplicate({ models: { "acme/a": { run } } });
  assertEquals((await ask(fake, "GET", "/models/acme/a/readme")).status, 404);
  await ask(fake, "PATCH", "/models/acme/a", { readme: "# A" });
  assertEquals((await ask(fake, "GET", "/models/acme/a/readme")).text, "# A");
});

Deno.test("FakeReplicate shows no version of an official model", async () => {
  await using fake = new FakeReplicate({ models: { "acme/a": { official: true, run } } });
  const path = `/models/acme/a/versions/${fake.version("acme/a")}`;
  assertEquals((await ask(fake, "GET", path)).status, 404);
  assertEquals((await ask(fake, "GET", "/models/acme/a/versions")).status, 404);
});

Deno.test("FakeReplicate knows no other collection, and refuses a search that asks for none", async () => {
  await using fake = new FakeReplicate({ models: { "acme/docs": { run } } });
  assertEquals((await ask(fake, "GET", "/collections/none")).status, 404);
  assertEquals((await ask(fake, "GET", "/search")).status, 400);
  for (const limit of ["0", "51", "1.5", "x"]) {
    const { status, text } = await ask(fake, "GET", `/search?query=a&limit=${limit}`);
    assertEquals(status, 400);
    assertMatch(text, /The limit must be from 1 to 50/);
  }
  const { pages, models } = (await ask(fake, "GET", "/search?query=docs")).json;
  assertEquals([pages, (models as unknown[]).length], [
    [{ name: "Documentation", href: "/docs" }],
    1,
  ]);
  assertEquals((await ask(fake, "GET", "/search?query=acme")).json.pages, []);
});

Deno.test("FakeReplicate answers 404 for a training, or a version, that it does not have", async () => {
  await using fake = new FakeReplicate({ models: { "acme/a": { run } } });
  assertEquals((await ask(fake, "GET", "/trainings/none")).status, 404);
  const path = `/models/acme/a/versions/${"0".repeat(64)}/trainings`;
  const { status } = await ask(fake, "POST", path, { destination: "acme/a", input: {} });
  assertEquals(status, 404);
});

Deno.test("FakeReplicate refuses a deployment of the version of another model", async () => {
  await using fake = new FakeReplicate({ models: { "acme/a": { run }, "acme/b": { run } } });
  const settings = { hardware: "cpu", min_instances: 0, max_instances: 1 };
  const body = { name: "web", model: "acme/a", version: fake.version("acme/a"), ...settings };
  assertEquals((await ask(fake, "POST", "/deployments", body)).status, 200);
  for (const version of [fake.version("acme/b"), "0".repeat(64)]) {
    const { status } = await ask(fake, "PATCH", "/deployments/acme/web", { version });
    assertEquals(status, 422);
  }
});

Deno.test("FakeReplicate cannot read a path with a broken escape, and says so", async () => {
  await using fake = new FakeReplicate({ models: {} });
  const { status, json } = await ask(fake, "GET", "/models/a/%E0%A4%A");
  assertEquals([status, json.detail], [400, "The path could not be read"]);
});
