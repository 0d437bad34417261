/** Webhooks: any body under any secret, against Node's own HMAC; and any headers without a fuss. */

import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import fc from "npm:fast-check@4.11.0";
import { assertEquals, assertInstanceOf } from "@std/assert";
import { signWebhook, verifyWebhook, WebhookError } from "../../src/webhooks/mod.ts";
import { rejection } from "../rejection.ts";

const key = fc.uint8Array({ minLength: 24, maxLength: 64 });
const id = fc.stringMatching(/^msg_[A-Za-z0-9]{1,30}$/);
const body = fc.dictionary(fc.string(), fc.jsonValue()).map((it) => JSON.stringify(it));
const secretOf = (key: Uint8Array): string => `whsec_${Buffer.from(key).toString("base64")}`;

Deno.test("signWebhook() signs as Node's HMAC does, and verifyWebhook() takes it", async () => {
  await fc.assert(
    fc.asyncProperty(key, id, body, async (key, id, body) => {
      const timestamp = Math.floor(Date.now() / 1000);
      const headers = await signWebhook(body, { secret: secretOf(key), id, timestamp });
      const mac = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
      assertEquals(headers.get("webhook-signature"), `v1,${mac}`);
      const job = await verifyWebhook({ headers, body }, { secret: secretOf(key) });
      assertEquals(job as unknown, JSON.parse(body));
    }),
    { numRuns: 60 },
  );
});

Deno.test("verifyWebhook() refuses a signature with any bit changed, and any other body", async () => {
  await fc.assert(
    fc.asyncProperty(key, body, fc.nat(255), fc.nat(9999), async (key, body, bit, at) => {
      const secret = secretOf(key);
      const headers = await signWebhook(body, { secret });
      const mac = Buffer.from(headers.get("webhook-signature")!.slice(3), "base64");
      mac[bit >> 3]! ^= 1 << (bit & 7);
      const forged = new Headers(headers);
      forged.set("webhook-signature", `v1,${mac.toString("base64")}`);
      const changed = body.slice(0, at % body.length) + " " + body.slice(at % body.length);
      for (const given of [{ headers: forged, body }, { headers, body: changed }]) {
        const error = await rejection(verifyWebhook(given, { secret }));
        assertInstanceOf(error, WebhookError);
        assertEquals(error.code, "signature");
      }
    }),
    { numRuns: 60 },
  );
});

Deno.test("verifyWebhook() gives a WebhookError for any headers that nobody has signed", async () => {
  const names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
  const now = String(Math.floor(Date.now() / 1000));
  const signature = `v1,${"A".repeat(43)}=`;
  const value = fc.oneof(
    fc.string(),
    fc.constantFrom(now, "1e9", "-1", "0x10", signature, "v1,", ""),
  );
  const secret = secretOf(new Uint8Array(32).fill(1));
  await fc.assert(
    fc.asyncProperty(fc.tuple(value, value, value), async (values) => {
      const headers: Record<string, string> = {};
      names.forEach((name, n) => headers[name] = values[n]!);
      const error = await rejection(verifyWebhook({ headers, body: "{}" }, { secret }));
      assertInstanceOf(error, WebhookError);
    }),
    { numRuns: 200 },
  );
});
