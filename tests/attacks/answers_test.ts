/** Issue number 15, the answers: JSON that is not what was asked for is an error that says so. */

import { assertEquals, assertInstanceOf } from "@std/assert";
import { ApiError, Client } from "../../mod.ts";
import { trainer } from "../../src/schema/mod.ts";
import { rejection } from "../rejection.ts";

const TRAINER = trainer<object, unknown>("acme/x", { schema: { input: {} } });

/** The calls that read an object, each of which used to read fields of `null`. */
const OBJECTS: Record<string, (client: Client) => PromiseLike<unknown>> = {
  "run() of a community model": (client) => client.run("acme/x", { input: {} }),
  "start() of a community model": (client) => client.start("acme/x", { input: {} }),
  "trainings.create() of a typed trainer": (client) =>
    client.trainings.create(TRAINER, { destination: "acme/y", input: {} }),
  "models.get()": (client) => client.models.get("acme/x"),
  "models.versions.list()": (client) => client.models.versions.list("acme/x"),
  "collections.get()": (client) => client.collections.get("flowers"),
  "deployments.get()": (client) => client.deployments.get("acme/x"),
  "predictions.get()": (client) => client.predictions.get("p1"),
  "account.get()": (client) => client.account.get(),
  "webhooks.default.secret.get()": (client) => client.webhooks.default.secret.get(),
  "search()": (client) => client.search({ query: "fig" }),
};

async function checkRefused(call: (client: Client) => PromiseLike<unknown>, body: string) {
  const fetch = () => Promise.resolve(new Response(body));
  const client = new Client({ auth: "r8_test", fetch, retry: false });
  const error = await rejection(Promise.resolve(call(client)));
  assertInstanceOf(error, ApiError, body);
  assertEquals(error.status, 200);
}

for (const [name, call] of Object.entries(OBJECTS)) {
  Deno.test(`15 ${name} that gets JSON but no object is an ApiError`, async () => {
    for (const body of ["null", "[]", "5", '"text"', "true"]) await checkRefused(call, body);
  });
}
