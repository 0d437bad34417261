/** The check of models that are named by text. */

import { assertEquals, assertRejects } from "@std/assert";
import { Client } from "../../src/client.ts";
import { ApiError, InputError } from "../../src/errors.ts";
import type { ClientOptions } from "../../src/http/options.ts";
import { schemaCheck } from "../../src/schema/find.ts";
import { FakeReplicate } from "../../src/testing/fake.ts";
import { withFakeTime } from "../../src/testing/time.ts";
import type { FakeModel } from "../../src/testing/types.ts";

const schema = {
  Input: { type: "object", required: ["n"], properties: { n: { type: "integer", maximum: 9 } } },
  Output: { type: "string", format: "uri" },
};
const run = (): string => "http://gateway.local/a.png";

function world(
  models: Record<string, FakeModel>,
  options: ClientOptions = { schemaCheck },
): { fake: FakeReplicate; client: Client; paths: () => string[] } {
  const deployments = "acme/slow" in models ? { "acme/eu": { model: "acme/slow" } } : {};
  const fake = new FakeReplicate({ models, deployments });
  const client = new Client({ auth: "r8_test", fetch: fake.fetch, ...options });
  return { fake, client, paths: () => fake.requests.map((it) => `${it.method} ${it.path}`) };
}

Deno.test("schemaCheck asks for a schema once, and checks by it before anything is sent", async () => {
  const { client, paths } = world({ "acme/fast": { official: true, schema, run } });
  const runs = [10, 11, 12].map((n) =>
    assertRejects(
      () => client.run("acme/fast", { input: { n } }),
      InputError,
      "input.n: Must be less than or equal to 9",
    )
  );
  await Promise.all(runs);
  assertEquals(paths(), ["GET /models/acme/fast"]);
  const file = await client.with({ timeout: "1m" }).run("acme/fast", { input: { n: 1 } }).file();
  assertEquals(file.href, "http://gateway.local/a.png");
  assertEquals(paths(), ["GET /models/acme/fast", "POST /models/acme/fast/predictions"]);
});

Deno.test("schemaCheck checks a version by its own schema, and runs what it has checked", async () => {
  const ids = ["b".repeat(64), "a".repeat(64)];
  const { client, paths } = world({ "acme/slow": { schema, run, versions: ids } });
  await client.run("acme/slow", { input: { n: 1 } });
  await client.run(`acme/slow:${ids[1]}`, { input: { n: 1 } });
  await client.run({ deployment: "acme/eu" }, { input: { n: 1 } });
  assertEquals(paths(), [
    "GET /models/acme/slow",
    "POST /predictions",
    `GET /models/acme/slow/versions/${ids[1]}`,
    "POST /predictions",
    "GET /deployments/acme/eu",
    `GET /models/acme/slow/versions/${ids[0]}`,
    "POST /deployments/acme/eu/predictions",
  ]);
  await assertRejects(
    () => client.run(ids[0]!, { input: { n: 1 } }),
    TypeError,
    `Cannot check the input for version bbbbbbbbbbbb: its schema is found by the model's name only`,
  );
  await client.run(ids[0]!, { input: { n: 10 }, validate: "off" }).catch((error) => {
    assertEquals(error.status, 422);
  });
});

Deno.test("schemaCheck asks anew before it refuses by a schema that may be old", async () => {
  await withFakeTime(async () => {
    const model: FakeModel & { schema: object } = { official: true, schema, run };
    const { fake, client } = world({ "acme/fast": model });
    await assertRejects(() => client.run("acme/fast", { input: { n: 10 } }), InputError);
    await assertRejects(() => client.run("acme/fast", { input: { n: 10 } }), InputError);
    assertEquals(fake.requests.length, 1);
    await new Promise((resolve) => setTimeout(resolve, 61_000));
    await client.run("acme/fast", { input: { n: 1 } });
    assertEquals(fake.requests.filter(({ method }) => method === "GET").length, 1);
    await assertRejects(() => client.run("acme/fast", { input: { n: 10 } }), InputError);
    assertEquals(fake.requests.filter(({ method }) => method === "GET").length, 2);
  });
});

Deno.test("schemaCheck lets a model without a schema pass, with a warning", async () => {
  const warnings: string[] = [];
  const fake = new FakeReplicate({ models: { "acme/fast": { official: true, run } } });
  const fetch: typeof fake.fetch = async (input, init) => {
    const answer = await fake.fetch(input, init);
    if (init?.method !== "GET" && !(input instanceof Request && input.method === "GET")) {
      return answer;
    }
    return Response.json({ ...await answer.json(), latest_version: null });
  };
  const onWarning = (message: string): void => void warnings.push(message);
  const client = new Client({ auth: "r8_test", fetch, schemaCheck, onWarning });
  await client.run("acme/fast", { input: { anything: 1 } });
  assertEquals(warnings, ["Cannot check the input for acme/fast: the model has no schema"]);
});

Deno.test("validate for a model that is named by text needs schemaCheck, and says so", async () => {
  const { fake, client } = world({ "acme/fast": { official: true, run } }, {});
  await client.run("acme/fast", { input: { anything: 1 } });
  const sent = fake.requests.length;
  for (const validate of ["strict", "warn"] as const) {
    await assertRejects(
      () => client.run("acme/fast", { input: {}, validate }),
      TypeError,
      "Cannot check the input for acme/fast: use a typed model, or give the client schemaCheck of " +
        '"@x/replicate/schema"',
    );
  }
  assertEquals(fake.requests.length, sent);
});

Deno.test("an error of the question for a schema is forgotten, and ends no other call", async () => {
  const { fake, client } = world({ "acme/fast": { official: true, schema, run } });
  fake.fault({ match: { path: "/models/acme/fast" }, status: 403 });
  await assertRejects(() => client.run("acme/fast", { input: { n: 1 } }), ApiError, "403");
  const impatient = new AbortController();
  const first = client.run("acme/fast", { input: { n: 1 }, signal: impatient.signal });
  const second = client.run("acme/fast", { input: { n: 1 } });
  impatient.abort(new Error("left"));
  await assertRejects(() => first, Error, "left");
  assertEquals((await second.file()).href, "http://gateway.local/a.png");
});
