import { assertEquals, assertMatch } from "@std/assert";
import { FakeReplicate, withFakeTime } from "../../src/testing/mod.ts";
import { ask, create } from "./helpers.ts";

Deno.test("FakeReplicate turns pages by cursor, forth and back, while the list grows", async () => {
  await using fake = new FakeReplicate({ models: { "acme/open": { run: () => 1 } }, pageSize: 2 });
  const made: string[] = [];
  for (let count = 0; count < 5; count++) made.unshift((await create(fake, "acme/open")).json.id);
  const first = (await ask(fake, "GET", "/predictions")).json;
  await create(fake, "acme/open");
  const second = (await ask(fake, "GET", String(first.next))).json;
  const third = (await ask(fake, "GET", String(second.next))).json;
  const seen = [first, second, third].flatMap(({ results }) => results.map(({ id }) => id));
  assertEquals([seen, first.previous, third.next], [made, null, null]);
  assertEquals((await ask(fake, "GET", String(third.previous))).json.results, second.results);
  assertEquals((await ask(fake, "GET", "/predictions?cursor=eA==")).status, 400);
});

Deno.test("FakeReplicate filters predictions by time and by source", async () => {
  await withFakeTime(async (time) => {
    await using fake = new FakeReplicate({ models: { "acme/open": { run: () => 1 } } });
    const old = fake.predict("acme/open", {}, { source: "web" });
    await time.tick(1_000);
    const middle = new Date(time.now()).toISOString();
    const young = (await create(fake, "acme/open")).json;
    const idsOf = async (query: string): Promise<string[]> =>
      (await ask(fake, "GET", `/predictions?${query}`)).json.results.map(({ id }) => id);
    assertEquals(await idsOf(`created_after=${middle}`), [young.id]);
    assertEquals(await idsOf(`created_before=${middle}`), [old.id]);
    assertEquals(await idsOf("source=web"), [old.id]);
    assertEquals((await ask(fake, "GET", "/predictions?source=api")).status, 422);
    assertEquals((await ask(fake, "GET", "/predictions?created_after=now")).status, 422);
  });
});

Deno.test("FakeReplicate forgets the data of a prediction after an hour", async () => {
  await withFakeTime(async (time) => {
    await using fake = new FakeReplicate({ models: { "acme/open": { run: () => "secret" } } });
    const { id, urls } = (await create(fake, "acme/open", { a: 1 }, { prefer: "wait" })).json;
    await time.tick(3_600_000);
    const { json } = await ask(fake, "GET", `/predictions/${id}`);
    assertEquals([json.input, json.output, json.logs, json.data_removed], [{}, null, null, true]);
    assertEquals((await ask(fake, "GET", urls.stream ?? "")).status, 404);
  });
});

Deno.test("FakeReplicate trains a model and adds the version to the destination", async () => {
  await using fake = new FakeReplicate({
    models: {
      "other/trainer": {
        run: ({ text }) => `tuned ${text}`,
        train: (_, job) => {
          job.progress(1, 2);
          return { weights: new Blob(["w"]) };
        },
      },
      "acme/mine": { versions: 0 },
    },
  });
  const path = `/models/other/trainer/versions/${fake.version("other/trainer")}/trainings`;
  const lost = await ask(fake, "POST", path, { destination: "acme/none", input: {} });
  assertEquals(lost.status, 404);
  const { json, status } = await ask(fake, "POST", path, { destination: "acme/mine", input: {} });
  assertEquals([status, json.urls.get], [
    201,
    `https://api.replicate.com/v1/predictions/${json.id}`,
  ]);
  await fake.trainings.get(json.id)?.until(() => fake.trainings.get(json.id)?.terminal ?? false);
  const done = (await ask(fake, "GET", `/trainings/${json.id}`)).json;
  const output = done.output as { version: string; weights: string };
  assertEquals([done.status, output.version], [
    "succeeded",
    `acme/mine:${fake.version("acme/mine")}`,
  ]);
  assertMatch(output.weights, /^https:\/\/replicate\.delivery\/xezq\/\w+\/out-0\.bin$/);
  assertMatch(done.logs, /^\r 50%\|█████ {5}\| 1\/2 \[/);
  assertEquals((await ask(fake, "GET", json.urls.get)).json.data_removed, false);
  const tuned = await create(fake, "acme/mine", { text: "x" }, { prefer: "wait" });
  assertEquals(tuned.json.output, "tuned x");
});

Deno.test("FakeReplicate keeps deployments: created, changed, run and deleted", async () => {
  await using fake = new FakeReplicate({ models: { "acme/open": { run: () => 1 } } });
  const version = fake.version("acme/open");
  const settings = { version, hardware: "cpu", min_instances: 0, max_instances: 1 };
  const body = { name: "web", model: "acme/open", ...settings };
  assertEquals((await ask(fake, "POST", "/deployments", body)).status, 200);
  assertEquals((await ask(fake, "POST", "/deployments", body)).status, 422);
  const path = "/deployments/acme/web";
  assertEquals((await ask(fake, "PATCH", path, {})).status, 422);
  const bad = await ask(fake, "PATCH", path, { min_instances: 9 });
  assertEquals(bad.json.detail, "- min_instances: Must be less than or equal to 5\n");
  const changed = (await ask(fake, "PATCH", path, { min_instances: 1 })).json;
  assertEquals((changed.current_release as { number: number }).number, 2);
  const made = (await ask(fake, "POST", `${path}/predictions`, { input: {} })).json;
  assertEquals([made.deployment, made.version], ["acme/web", version]);
  assertEquals((await ask(fake, "GET", "/deployments")).json.results.length, 1);
  assertEquals((await ask(fake, "DELETE", path)).status, 204);
  assertEquals((await ask(fake, "GET", path)).status, 404);
});

Deno.test("FakeReplicate finds models by their bare text only", async () => {
  await using fake = new FakeReplicate({
    models: { "acme/llama": { description: "talks" }, "acme/flux": { description: "paints" } },
  });
  const plain = { "content-type": "text/plain" };
  const found = await ask(fake, "QUERY", "/models", "llama", plain);
  assertEquals(found.json.results.map(({ name }) => name), ["llama"]);
  assertEquals((await ask(fake, "QUERY", "/models", '"llama"', plain)).json.results, []);
  assertEquals((await ask(fake, "QUERY", "/models", '"llama"')).status, 415);
});
