/** Number 16: tickets that lead elsewhere, or give more than they say. */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { encodeBase64Url } from "@std/encoding/base64url";
import { Client } from "../../mod.ts";
import { issueTicket, subscribe, ticketHandler } from "../../src/serve/mod.ts";
import { FakeReplicate } from "../../src/testing/mod.ts";

const KEY = "a secret of the server's own";
const WATCH = "https://example.com/api/watch";

/** A ticket with claims of any kind, signed with our key, as an older version might have. */
async function signed(claims: unknown): Promise<string> {
  const payload = encodeBase64Url(JSON.stringify(claims));
  const encode = (text: string) => new TextEncoder().encode(text);
  const key = await crypto.subtle.importKey(
    "raw",
    encode(`replicate ticket ${KEY}`),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const mac = await crypto.subtle.sign("HMAC", key, encode(payload));
  return `${payload}.${encodeBase64Url(mac)}`;
}

/** A client that says which paths were asked for. */
function recorder(): { client: Client; paths: string[] } {
  const paths: string[] = [];
  const client = new Client({
    auth: "r8_test",
    retry: false,
    fetch: (input) => {
      paths.push(new URL(String(input instanceof Request ? input.url : input)).pathname);
      return Promise.resolve(Response.json({ id: "p1", status: "succeeded" }));
    },
  });
  return { client, paths };
}

const BAD_IDS = [
  "../../account/delete?x=",
  "..",
  ".",
  "",
  "a/b",
  "a?b",
  "a#b",
  "a%2fb",
  "x".repeat(65),
  "é",
  "a\n",
  5,
  null,
  ["p1"],
  {},
];
const BAD_KINDS = ["", "models", "predictions/../account", "Predictions", 5, ["predictions"], {}];

Deno.test("13.16 issueTicket() refuses an id or a kind that would lead elsewhere", async () => {
  for (const id of BAD_IDS as string[]) {
    await assertRejects(() => issueTicket(id, { key: KEY }), TypeError);
    await assertRejects(() => issueTicket({ id }, { key: KEY }), TypeError);
  }
  for (const kind of BAD_KINDS as "predictions"[]) {
    await assertRejects(() => issueTicket({ id: "p1", kind }, { key: KEY }), TypeError);
  }
  const ticket = await issueTicket({ id: "t1", kind: "trainings" }, { key: KEY });
  assertEquals(JSON.parse(atob(ticket.split(".")[0]!)).kind, "trainings");
});

Deno.test("13.16 ticketHandler() refuses signed claims that would lead elsewhere", async () => {
  const { client, paths } = recorder();
  const handler = ticketHandler({ client, key: KEY });
  const claims = { id: "p1", kind: "predictions", can: ["watch", "cancel"], exp: 9e9 };
  const ask = async (change: object, path = "/p1", method = "GET"): Promise<number> => {
    const headers = { authorization: `Bearer ${await signed({ ...claims, ...change })}` };
    const response = await handler(new Request(`${WATCH}${path}`, { method, headers }));
    await response.body?.cancel();
    return response.status;
  };
  for (const id of BAD_IDS) {
    const path = `/${encodeURIComponent(String(id))}`;
    assertEquals([id, await ask({ id }), await ask({ id }, path)], [id, 401, 401]);
    assert(await ask({ id }, `${path}/cancel`, "POST") >= 401);
  }
  for (const kind of BAD_KINDS) assertEquals([kind, await ask({ kind })], [kind, 401]);
  for (const can of ["watch", undefined, null, 5]) assertEquals(await ask({ can }), 401);
  for (const exp of ["soon", null, undefined, 0]) assertEquals(await ask({ exp }), 401);
  assertEquals(paths, []);
  assertEquals(await ask({}), 200);
  assertEquals(paths, ["/v1/predictions/p1"]);
});

Deno.test("13.16 subscribe() sends nothing for a ticket whose id would lead elsewhere", async () => {
  const urls: string[] = [];
  const fetch = (url: string): Promise<Response> => {
    urls.push(url);
    return Promise.resolve(new Response("", { status: 401 }));
  };
  for (const id of BAD_IDS) {
    const forged = `${encodeBase64Url(JSON.stringify({ id }))}.x`;
    assertThrows(() => subscribe(forged, { url: WATCH, fetch }), TypeError, "issueTicket()");
  }
  assertThrows(() => subscribe(`${btoa("null")}.x`, { fetch }), TypeError);
  assertEquals(urls, []);
  const fine = subscribe(await issueTicket("p1", { key: KEY }), { url: WATCH, fetch });
  await assertRejects(() => fine.cancel());
  assertEquals(urls, [`${WATCH}/p1/cancel`]);
});

Deno.test("13.16 a ticket that may only cancel shows nothing that the run has made", async () => {
  const run = () => "a secret output";
  await using fake = new FakeReplicate({ models: { "acme/poet": { official: true, run } } });
  const client = new Client({ auth: "r8_test", fetch: fake.fetch });
  const { id } = await client.predictions.create({ version: "acme/poet", input: {}, wait: true });
  const handler = ticketHandler({ client, key: KEY });
  const cancel = async (can: ("watch" | "logs" | "cancel")[]): Promise<Record<string, unknown>> => {
    const headers = { authorization: `Bearer ${await issueTicket(id, { key: KEY, can })}` };
    const init = { method: "POST", headers };
    return await (await handler(new Request(`${WATCH}/${id}/cancel`, init))).json();
  };
  const only = await cancel(["cancel"]);
  assertEquals([only.id, only.status], [id, "succeeded"]);
  assert(!("output" in only || "error" in only || "logs" in only || "metrics" in only));
  assertEquals((await cancel(["cancel", "watch"])).output, "a secret output");
  assert(!("logs" in await cancel(["cancel", "watch"])));
  assert("logs" in await cancel(["cancel", "logs"]));
  const headers = {
    authorization: `Bearer ${await issueTicket(id, { key: KEY, can: ["cancel"] })}`,
  };
  assertEquals((await handler(new Request(`${WATCH}/${id}`, { headers }))).status, 403);
});

Deno.test("13.16 ticketHandler() lets a ticket have a few streams open, and no more", async () => {
  const { client } = recorder();
  const handler = ticketHandler({ client, key: KEY, maxStreams: 2 });
  const [ticket, other] = [
    await issueTicket("p1", { key: KEY }),
    await issueTicket("p1", { key: KEY, ttl: "2h" }),
  ];
  const open = (ticket: string): Promise<Response> =>
    handler(new Request(`${WATCH}/p1?ticket=${ticket}`));
  const streams = [await open(ticket), await open(ticket)];
  const refused = await open(ticket);
  assertEquals([refused.status, refused.headers.get("retry-after")], [429, "5"]);
  assertEquals((await open(other)).status, 200);
  // One that was read to its end, and one that was left.
  await streams[0]!.text();
  await streams[1]!.body!.cancel();
  const again = [await open(ticket), await open(ticket), await open(ticket)];
  assertEquals(again.map(({ status }) => status), [200, 200, 429]);
  for (const maxStreams of [0, NaN, 1.5]) {
    assertThrows(() => ticketHandler({ client, key: KEY, maxStreams }), RangeError);
  }
  for (const { body } of again) await body?.cancel();
});
