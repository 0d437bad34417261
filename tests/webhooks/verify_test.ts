import { assert, assertEquals, assertRejects } from "@std/assert";
import { verifyWebhook, WebhookError } from "../../src/webhooks/mod.ts";
import { A, checks } from "./checks.ts";

for (const [name, check] of Object.entries(checks)) Deno.test(name, check);

Deno.test("verifyWebhook() looks at as many characters wherever a signature first differs", async () => {
  const right = A.signature;
  const counts = new Set<number>();
  const { charCodeAt } = String.prototype;
  for (let at = 3; at < right.length - 1; at++) {
    const signature = right.slice(0, at) + (right[at] === "A" ? "B" : "A") + right.slice(at + 1);
    const headers = {
      "webhook-id": A.id,
      "webhook-timestamp": A.timestamp,
      "webhook-signature": signature,
    };
    let count = 0;
    String.prototype.charCodeAt = function (index: number): number {
      count++;
      return charCodeAt.call(this, index);
    };
    try {
      const options = { secret: A.secret, tolerance: "36500d" } as const;
      await assertRejects(() => verifyWebhook({ headers, body: A.body }, options), WebhookError);
    } finally {
      String.prototype.charCodeAt = charCodeAt;
    }
    counts.add(count);
  }
  assertEquals(counts.size, 1);
  assert([...counts][0]! >= 88);
});
