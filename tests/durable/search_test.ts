import { assertEquals } from "@std/assert";
import type { DurableClient } from "../../src/durable/client.ts";
import { findCreate, know } from "../../src/durable/search.ts";
import { withFakeTime } from "../../src/testing/mod.ts";

const AT = Date.UTC(2026, 0, 1);
const input = { prompt: "a fig" };

const listed = (id: string, more: object = {}) => ({
  id,
  model: "acme/painter",
  version: "hidden",
  input,
  created_at: new Date(AT + 1_000).toISOString(),
  ...more,
});

/** A client whose list has these predictions, and the number of looks at it. */
function clientOf(...items: object[]): { client: DurableClient; looks: () => number } {
  let looks = 0;
  const list = async function* () {
    looks++;
    yield* items;
  };
  return { client: { predictions: { list } } as unknown as DurableClient, looks: () => looks };
}

const find = (client: DurableClient, more: { webhook?: string } = {}) =>
  withFakeTime(() =>
    findCreate(client, { ref: "acme/painter", input, at: AT, key: "ours", ...more })
  );

Deno.test("findCreate() finds the one prediction that is like the run, and does not guess among two", async () => {
  assertEquals(await find(clientOf(listed("a")).client), { id: "a" });
  assertEquals(await find(clientOf(listed("a"), listed("b")).client), "unclear");
});

Deno.test("findCreate() looks again for 13 seconds before it says that there is none", async () => {
  const { client, looks } = clientOf(listed("a", { input: { prompt: "a plum" } }));
  assertEquals([await find(client), looks()], ["none", 4]);
});

Deno.test("findCreate() reads no further than the moment of the create, less what clocks differ by", async () => {
  const old = listed("a", { created_at: new Date(AT - 6_000).toISOString() });
  assertEquals(await find(clientOf(old, listed("b")).client), "none");
  const slack = listed("a", { created_at: new Date(AT - 4_000).toISOString() });
  assertEquals(await find(clientOf(slack).client), { id: "a" });
});

Deno.test("findCreate() passes over what is known to be of another run", async () => {
  const { client } = clientOf(listed("a"), listed("b"));
  know(client, "a", "another");
  know(client, "b", "ours");
  assertEquals(await find(client), { id: "b" });
});

Deno.test("findCreate() compares webhooks without their trace, and takes one that is no URL as it is", async () => {
  const { client } = clientOf(listed("a", { webhook: "https://a.test/?traceparent=00-1" }));
  assertEquals(await find(client, { webhook: "https://a.test/" }), { id: "a" });
  assertEquals(await find(client, { webhook: "https://b.test/" }), "none");
  assertEquals(await find(client), "none");
  const odd = clientOf(listed("a", { webhook: "no address" })).client;
  assertEquals(await find(odd, { webhook: "https://a.test/" }), "none");
});
