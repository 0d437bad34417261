import { assertEquals, assertMatch } from "@std/assert";
import { decodeBase64, encodeBase64 } from "@std/encoding";
import {
  type FakeJob,
  FakeReplicate,
  type WebhookOptions,
  withFakeTime,
} from "../../src/testing/mod.ts";
import { ask } from "./helpers.ts";

interface Got {
  readonly id: string;
  readonly status: string;
  readonly signature: string;
  readonly expected: string;
  readonly body: Record<string, unknown>;
}

class Receiver {
  readonly got: Got[] = [];
  readonly secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  statuses: number[] = [];

  deliver = async (request: Request): Promise<Response> => {
    const text = await request.text();
    const id = request.headers.get("webhook-id") ?? "";
    const signed = `${id}.${request.headers.get("webhook-timestamp")}.${text}`;
    const body = JSON.parse(text);
    this.got.push({
      id,
      status: body.status,
      signature: request.headers.get("webhook-signature") ?? "",
      expected: await this.#sign(signed),
      body,
    });
    return new Response("ok", { status: this.statuses.shift() ?? 200 });
  };

  async #sign(content: string): Promise<string> {
    const secret = decodeBase64(this.secret.slice("whsec_".length));
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("raw", secret, algorithm, false, ["sign"]);
    const mac = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(content));
    return `v1,${encodeBase64(mac)}`;
  }
}

async function deliveries(
  receiver: Receiver,
  webhooks: WebhookOptions = {},
  filter?: readonly string[],
): Promise<Got[]> {
  await withFakeTime(async () => {
    await using fake = new FakeReplicate({
      models: {
        "acme/poet": {
          async *run(_: unknown, job: FakeJob): AsyncGenerator<string> {
            for (const word of ["a", "b", "c", "d"]) {
              job.log(`${word}\n`);
              yield word;
              await job.sleep(300);
            }
          },
        },
      },
      webhookSecret: receiver.secret,
      webhooks: { deliver: receiver.deliver, ...webhooks },
    });
    const { json, status } = await ask(fake, "POST", "/predictions", {
      version: fake.version("acme/poet"),
      input: {},
      webhook: "https://example.com/hook?tag=1",
      ...(filter ? { webhook_events_filter: filter } : {}),
    });
    assertEquals([status, json.webhook], [201, "https://example.com/hook?tag=1"]);
    await fake.predictions.get(json.id)?.until(() => fake.predictions.get(json.id)!.terminal);
    await fake.webhooksSettled();
    assertEquals(fake.deliveries.length, receiver.got.length);
  });
  return receiver.got;
}

Deno.test("webhooks are signed and show the prediction, keys in order, without its source", async () => {
  const got = await deliveries(new Receiver());
  assertEquals(got.map(({ status }) => status), [
    "processing",
    "processing",
    "succeeded",
  ]);
  for (const { id, signature, expected, body } of got) {
    assertMatch(id, /^msg_\w{27}$/);
    assertEquals(signature, expected);
    assertEquals(Object.keys(body), Object.keys(body).sort());
    assertEquals(["source" in body, body.webhook], [false, "https://example.com/hook?tag=1"]);
  }
  assertEquals(got.map(({ body }) => body.output), [["a"], ["a", "b", "c"], ["a", "b", "c", "d"]]);
});

Deno.test("webhooks come for the events that were asked for", async () => {
  const count = async (...filter: string[]): Promise<number> =>
    (await deliveries(new Receiver(), {}, filter)).length;
  assertEquals(await count("start"), 1);
  assertEquals(await count("completed"), 1);
  assertEquals(await count("logs"), 2);
  assertEquals(await count("start", "output", "logs", "completed"), 6);
});

Deno.test("webhooks are tried again under the same id, the terminal one only", async () => {
  const receiver = new Receiver();
  receiver.statuses = [500, 200, 404, 302];
  const got = await deliveries(receiver);
  assertEquals(got.map(({ status }) => status), [
    "processing",
    "processing",
    "succeeded",
    "succeeded",
    "succeeded",
  ]);
  assertEquals(new Set(got.slice(2).map(({ id }) => id)).size, 1);
});

Deno.test("webhooks are given up when the retries are used up", async () => {
  const receiver = new Receiver();
  const lost = (): Promise<Response> => Promise.reject(new TypeError("fetch failed"));
  await withFakeTime(async (time) => {
    await using fake = new FakeReplicate({
      models: { "acme/open": { run: () => 1 } },
      webhooks: { deliver: lost },
    });
    const webhook = "https://example.com/";
    const version = fake.version("acme/open");
    await ask(fake, "POST", "/predictions", { version, input: {}, webhook }, { prefer: "wait" });
    await fake.webhooksSettled();
    assertEquals([fake.deliveries.length, time.elapsed()], [1 + 7, 63_000]);
    assertEquals(fake.deliveries.at(-1)?.attempt, 7);
  });
  assertEquals(receiver.got, []);
});

Deno.test("webhooks can come twice, and in the wrong order", async () => {
  const twice = await deliveries(new Receiver(), { copies: 2 }, ["start", "completed"]);
  assertEquals(twice.map(({ status }) => status), [
    "processing",
    "processing",
    "succeeded",
    "succeeded",
  ]);
  assertEquals(new Set(twice.map(({ id }) => id)).size, 2);
  const mixed = await deliveries(new Receiver(), { reorder: true }, ["start", "completed"]);
  assertEquals(mixed.map(({ status }) => status), ["succeeded", "processing"]);
});
