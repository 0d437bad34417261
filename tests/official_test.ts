/** Issue number 14.12: names and calls of the official client that are understood, or refused. */

import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import Replicate, { ApiError, Client, type Status, type Visibility } from "../mod.ts";
import { FakeReplicate } from "../src/testing/mod.ts";
import { rejection } from "./rejection.ts";

const owner = "acme";

async function withFake(
  use: (client: Client, fake: FakeReplicate) => Promise<void>,
): Promise<void> {
  await using fake = new FakeReplicate({ models: { "acme/poet": {} }, owner });
  await use(new Client({ auth: "r8_test", fetch: fake.fetch }), fake);
}

Deno.test("14.12 the default export is Client", () => {
  assertStrictEquals(Replicate, Client);
  const status: Status = "succeeded";
  const visibility: Visibility = "private";
  assertEquals([status, visibility], ["succeeded", "private"]);
});

Deno.test("14.12 accounts.current() is account.get()", async () => {
  await withFake(async (client) => {
    assertEquals((await client.accounts.current()).username, owner);
  });
});

Deno.test("14.12 models.create() takes the owner and the name first, too", async () => {
  await withFake(async (client) => {
    const options = { visibility: "private", hardware: "cpu" } as const;
    const model = await client.models.create(owner, "mine", options);
    assertEquals([model.owner, model.name, model.visibility], [owner, "mine", "private"]);
    assertEquals((await client.models.create({ owner, name: "too", ...options })).name, "too");
  });
});

Deno.test("14.12 deployments.create() and update() end by a signal that stands alone", async () => {
  await withFake(async (client, fake) => {
    const signal = AbortSignal.abort(new Error("left"));
    const [version, hardware] = ["a".repeat(64), "cpu"];
    const model = { name: "poet", model: "acme/poet", version, hardware };
    const instances = { min_instances: 0, max_instances: 1 };
    const created = client.deployments.create({ ...model, ...instances }, { signal });
    assertEquals((await rejection(created)).message, "left");
    const updated = client.deployments.update(owner, "poet", instances, { signal });
    assertEquals((await rejection(updated)).message, "left");
    assertEquals(fake.requests.length, 0);
  });
});

Deno.test("14.12 an ApiError has the response, which can be read again and again", async () => {
  await withFake(async (client) => {
    const error = await rejection(client.predictions.get("nope"));
    assert(error instanceof ApiError);
    assertEquals(error.response.status, 404);
    const types = error.response.headers.get("content-type");
    assertEquals(types, error.headers.get("content-type"));
    for (let n = 0; n < 2; n++) assertEquals(await error.response.text(), error.body);
    assert(!("response" in JSON.parse(JSON.stringify(error))));
  });
});

Deno.test("14.12 an ApiError has a response for each status", () => {
  for (const status of [204, 205, 304, 400, 404, 429, 500, 599]) {
    const init = { action: "get it", method: "GET", url: "https://x.test/", attempts: 1 };
    const error = new ApiError({ ...init, status, headers: new Headers(), body: "" });
    assertEquals(error.response.status, status);
  }
});

Deno.test("14.12 Client refuses settings that are assigned, and names the new way", () => {
  const client = new Client({ auth: "r8_test", baseUrl: "https://x.test/v1" });
  const loose = client as unknown as Record<string, unknown>;
  const settings = {
    auth: "client.with({ auth })",
    baseUrl: "client.with({ baseUrl, auth })",
    userAgent: "client.with({ userAgent })",
    fetch: "client.with({ fetch })",
    fileEncodingStrategy: "client.with({ fileEncoding })",
    useFileOutput: "String(file), which is the URL",
  };
  for (const [name, instead] of Object.entries(settings)) {
    assertThrows(
      () => loose[name] = "anything",
      TypeError,
      `Cannot set ${name} of a client: use ${instead}`,
    );
  }
  assertEquals(loose.baseUrl, "https://x.test/v1");
  assertEquals(loose.auth, undefined);
  assert(!Object.keys(client).includes("auth"));
});

Deno.test("14.12 Client takes useFileOutput: true, which is what it does, and refuses false", () => {
  new Client({ auth: "r8_test", useFileOutput: true } as object);
  assertThrows(
    () => new Client({ auth: "r8_test", useFileOutput: false } as object),
    TypeError,
    "there is no option useFileOutput: files are FileOutput always, and String(file) is the URL",
  );
});
