/**
 * Times what strangers can send to the doors, at 64 KiB, 1 MiB and 10 MiB: time must grow with the size,
 * and not faster. `deno run --allow-all bench/doors_attacks.ts`
 */

import { type Attack, timeAttacks } from "./attacks.ts";
import { Client } from "../mod.ts";
import { issueTicket, proxyHandler, ticketHandler } from "../src/serve/mod.ts";
import { fileStore } from "../src/stores/mod.ts";
import { verifyWebhook, webhookHandler } from "../src/webhooks/mod.ts";

const SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
const KEY = "a secret of the server's own";
const SITE = "https://example.com/api";

const fetch = () => Promise.resolve(Response.json({ id: "p1", status: "starting" }));
const client = new Client({ auth: "r8_bench", fetch, retry: false });
const maxBody = 20 * 2 ** 20;
const webhooks = webhookHandler({ secret: SECRET, on: {}, maxBody });
const proxy = proxyHandler({
  client,
  allow: { models: ["acme/x"] },
  path: "/api",
  maxBody,
  onError: () => {},
});
const tickets = ticketHandler({ client, key: KEY });
const folder = await Deno.makeTempDir();

/** Headers that are well formed, and signed by nobody. */
const forged = (signature = `v1,${"A".repeat(43)}=`): Record<string, string> => ({
  "webhook-id": "msg_1",
  "webhook-timestamp": `${Math.floor(Date.now() / 1000)}`,
  "webhook-signature": signature,
});
const post = (path: string, body: string, headers: Record<string, string> = {}): Request =>
  new Request(SITE + path, { method: "POST", body, headers });
const get = (path: string, ticket: string): Request =>
  new Request(SITE + path, { headers: { authorization: `Bearer ${ticket}` } });

/** Each attack makes its input first, and returns what is to be timed. */
const attacks: Record<string, Attack> = {
  "webhookHandler: forged body": (size) => {
    const request = post("", "x".repeat(size), forged());
    return () => webhooks(request);
  },
  "verifyWebhook: signatures without end": (size) => {
    const headers = forged(`v1,${"A".repeat(43)}= `.repeat(size / 48));
    return () => verifyWebhook({ headers, body: "{}" }, { secret: SECRET }).catch(() => {});
  },
  "verifyWebhook: commas and spaces": (size) => {
    const headers = forged(", ".repeat(size / 2));
    return () => verifyWebhook({ headers, body: "{}" }, { secret: SECRET }).catch(() => {});
  },
  "proxyHandler: nested lists": (size) => {
    const list = "[".repeat(size / 2) + "]".repeat(size / 2);
    const request = post("/models/acme/x/predictions", `{"input":{"a":${list}}}`);
    return () => proxy(request);
  },
  "proxyHandler: many values": (size) => {
    const body = `{"input":{"a":[${"1,".repeat(size / 2)}1]}}`;
    const request = post("/models/acme/x/predictions", body);
    return () => proxy(request);
  },
  "proxyHandler: version of colons": (size) => {
    const request = post("/predictions", `{"version":"${"a/b:".repeat(size / 4)}","input":{}}`);
    return () => proxy(request);
  },
  "ticketHandler: long ticket": (size) => {
    const request = get("/p1", `${"A".repeat(size)}.${"A".repeat(43)}`);
    return () => tickets(request);
  },
  "ticketHandler: long path": (size) => {
    const request = get(`/${"a/".repeat(size / 2)}`, "x");
    return () => tickets(request);
  },
  "fileStore: one line": (size) => {
    const path = `${folder}/${size}.jsonl`;
    Deno.writeTextFileSync(
      path,
      `{"replicate":"store of a batch","version":1}\n{"key":"a","value":"${"x".repeat(size)}"}\n`,
    );
    return () => fileStore(path).get("a");
  },
};

// Once beforehand, so that nothing is compiled while it is timed.
await issueTicket("p1", { key: KEY });
await timeAttacks(attacks);
await Deno.remove(folder, { recursive: true });
