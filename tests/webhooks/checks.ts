/**
 * What webhooks must do on every runtime: checks without a test runner, and without a global of any
 * one of them, so that Deno, Bun, Node, workerd and a page can run the same ones. A check that fails
 * throws.
 *
 * @module
 */
import {
  expiringStore,
  type RawWebhook,
  signWebhook,
  validateWebhook,
  verifyWebhook,
  type VerifyWebhookOptions,
  WebhookError,
  webhookHandler,
} from "../../src/webhooks/mod.ts";
import { rejection } from "../rejection.ts";

/** Vector A of the fact sheet. Its body is 77 bytes, with characters of two and three. */
export const A = {
  secret: "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3",
  id: "msg_2aBcDeFgHiJkLmNoPqRsTuVwXyZ",
  timestamp: "1760000000",
  body: '{"id":"h57pag03m5rmy0czx00v1spt08","status":"succeeded","output":"café ☃"}',
  signature: "v1,F3vBYi9Pt7Gym9C6IxutTcHgU/rWuiNAqLjUFACoYhs=",
};

/** The same with ASCII only. */
const A2 = {
  ...A,
  body: '{"id":"h57pag03m5rmy0czx00v1spt08","status":"succeeded","output":"ok"}',
  signature: "v1,1C0aWvYECzaw78AIMKHMGF/k31Gs+cJUroYrOF+kulg=",
};

/** That of the official test suites. */
const B = {
  secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
  timestamp: "1614265330",
  body: '{"test": 2432232314}',
  signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
};

/** The vectors are of the past. */
const LONG: VerifyWebhookOptions["tolerance"] = "36500d";
const OTHER = "whsec_YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIz";
const URL = "https://example.com/hook?run=7";

type Vector = typeof A;

/** A delivery as plain parts. */
function parts(vector: Vector, signature: string = vector.signature): RawWebhook {
  return {
    headers: {
      "webhook-id": vector.id,
      "webhook-timestamp": vector.timestamp,
      "webhook-signature": signature,
    },
    body: vector.body,
  };
}

/** A delivery that is signed now. */
async function signed(body: string | Uint8Array, sentAt: number = Date.now()): Promise<Request> {
  const headers = await signWebhook(body, { secret: A.secret, timestamp: new Date(sentAt) });
  return new Request(URL, { method: "POST", headers, body: body as BodyInit });
}

/** The code of the error that refuses a delivery, `"accepted"` if none does. */
async function codeOf(
  request: Request | RawWebhook,
  options: Partial<VerifyWebhookOptions> = {},
): Promise<string> {
  try {
    await verifyWebhook(request, { secret: A.secret, tolerance: LONG, ...options });
    return "accepted";
  } catch (error) {
    if (error instanceof WebhookError) return error.code;
    throw error;
  }
}

function same(actual: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`Expected ${b}, and got ${a}`);
}

async function refused(
  code: string,
  request: Request | RawWebhook,
  options?: Partial<VerifyWebhookOptions>,
): Promise<void> {
  same(await codeOf(request, options), code);
}

const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

async function* pieces(text: string): AsyncGenerator<Uint8Array> {
  for (const byte of encode(text)) yield Uint8Array.of(byte);
}

/** Each check by its name, a sentence. */
export const checks: Record<string, () => Promise<void>> = {
  "signWebhook() gives the signatures of the vectors": async () => {
    for (const { secret, id, timestamp, body, signature } of [A, A2, B]) {
      for (const data of [body, encode(body)]) {
        const headers = await signWebhook(data, { secret, id, timestamp: Number(timestamp) });
        same(headers.get("webhook-signature"), signature);
        same([headers.get("webhook-id"), headers.get("webhook-timestamp")], [id, timestamp]);
      }
    }
  },

  "verifyWebhook() accepts the vectors, and gives what they bring": async () => {
    for (const vector of [A, A2, B]) {
      const options = { secret: vector.secret, tolerance: LONG };
      same(await verifyWebhook(parts(vector), options), JSON.parse(vector.body));
    }
  },

  "verifyWebhook() leaves the body of a Request to its caller": async () => {
    const request = await signed(A.body);
    await verifyWebhook(request, { secret: A.secret });
    same(request.bodyUsed, false);
    same(await request.text(), A.body);
  },

  "verifyWebhook() takes a body as text, bytes, a buffer, a view, a blob or a stream": async () => {
    const bytes = encode(A.body);
    const padded = new Uint8Array(bytes.length + 8);
    padded.set(bytes, 4);
    const bodies = [
      A.body,
      bytes,
      bytes.buffer,
      padded.subarray(4, 4 + bytes.length),
      new DataView(padded.buffer, 4, bytes.length),
      new Blob([bytes]),
      new Response(A.body).body!,
      pieces(A.body),
    ];
    for (const body of bodies) await refused("accepted", { ...parts(A), body });
  },

  "verifyWebhook() reads a request of node:http, which is its own body": async () => {
    const { headers } = parts(A);
    await refused("accepted", Object.assign(pieces(A.body), { headers }));
  },

  "verifyWebhook() takes headers as Headers or an object, in any case, with lists": async () => {
    const { headers, body } = parts(A);
    const entries = Object.entries(headers) as [string, string][];
    await refused("accepted", { headers: new Headers(entries), body });
    for (const rename of [(it: string) => it.toUpperCase(), (it: string) => it.toLowerCase()]) {
      const renamed = Object.fromEntries(entries.map(([name, value]) => [rename(name), value]));
      await refused("accepted", { headers: renamed, body });
      const lists = Object.fromEntries(entries.map(([name, value]) => [rename(name), [value]]));
      await refused("accepted", { headers: lists, body });
    }
  },

  "verifyWebhook() accepts one right signature among others": async () => {
    const other = `v1,${"A".repeat(43)}=`;
    for (
      const list of [`${other} ${A.signature}`, `${A.signature} ${other}`, `x ${A.signature} v2,y`]
    ) await refused("accepted", parts(A, list));
    const { headers, body } = parts(A);
    const several = { ...headers, "webhook-signature": [other, A.signature] };
    await refused("accepted", { headers: several, body });
    const joined = new Headers(headers as Record<string, string>);
    joined.set("webhook-signature", other);
    joined.append("webhook-signature", A.signature);
    await refused("accepted", { headers: joined, body });
  },

  "verifyWebhook() accepts any of several secrets": async () => {
    await refused("accepted", parts(A), { secret: [OTHER, A.secret] });
    await refused("accepted", parts(A), { secret: [A.secret, OTHER] });
    await refused("accepted", parts(A), { secret: ` ${A.secret}\n` });
    const both = await signWebhook(A.body, { secret: [OTHER, A.secret] });
    await refused("accepted", { headers: both, body: A.body }, { tolerance: "5m" });
  },

  "verifyWebhook() refuses another key, however the secret was misread": async () => {
    await refused("signature", parts(A), { secret: OTHER });
    for (
      const wrong of [
        "v1,yHe6iUV+inEypZBc6GOxR+VNvFXayoBGvYVF5z5yOZ8=",
        "v1,H3PqXLsBUmZmhVHdFwLDPBdDohwaS3/qSAcxApEGDhA=",
        "v1,2aZ2FYjbH9mSefAP9jUOcrpqk0K9OxA4I8HFkVeWKg0=",
      ]
    ) await refused("signature", parts(A, wrong));
  },

  "verifyWebhook() refuses a body that was serialized again": async () => {
    const body = A.body.replace("é", "\\u00e9").replace("☃", "\\u2603");
    same(JSON.parse(body), JSON.parse(A.body));
    await refused("signature", { ...parts(A), body });
    await refused("signature", { ...parts(A), body: JSON.stringify(JSON.parse(A.body), null, 1) });
    await refused("signature", { ...parts(A), body: `${A.body}\n` });
    await refused("signature", { ...parts(A), body: "" });
  },

  "verifyWebhook() refuses signatures of another version, cut short, too long or no base64":
    async () => {
      const text = A.signature.slice(3);
      const wrong = [
        `v1a,${text}`,
        `v2,${text}`,
        `V1,${text}`,
        `v1 ,${text}`,
        text,
        `v1,${text.slice(0, -1)}`,
        `v1,${text.slice(0, 20)}`,
        `v1,${text.slice(0, -4)}`,
        `v1,${text}AAAA`,
        `v1,${text}${text}`,
        `v1,${text.slice(0, -1)}A`,
        `v1,${text.slice(0, -2)}t=`,
        `v1,${text.replace("F", "f")}`,
        `v1,${text.replaceAll("/", "_")}`,
        `v1,${text.replace("F", "é")}`,
        "v1,",
        "v1",
        ",",
        "?",
      ];
      for (const signature of wrong) await refused("signature", parts(A, signature));
    },

  "verifyWebhook() refuses a signature that differs in one character, wherever it is": async () => {
    const text = A.signature.slice(3);
    for (let at = 0; at < 43; at++) {
      const other = text[at] === "A" ? "B" : "A";
      await refused("signature", parts(A, `v1,${text.slice(0, at)}${other}${text.slice(at + 1)}`));
    }
  },

  "verifyWebhook() refuses another id or another time under the same signature": async () => {
    await refused("signature", parts({ ...A, id: `${A.id}x` }));
    await refused("signature", parts({ ...A, timestamp: "1760000001" }));
    await refused("signature", parts({ ...A, id: `${A.id}.1`, timestamp: "760000000" }));
  },

  "verifyWebhook() refuses a missing header, and says which": async () => {
    for (const name of ["webhook-id", "webhook-timestamp", "webhook-signature"]) {
      const { headers, body } = parts(A);
      for (const value of [undefined, ""]) {
        const less = { headers: { ...headers, [name]: value }, body };
        await refused("headers", less);
        const error = await rejection(verifyWebhook(less, { secret: A.secret }));
        const help = "https://x.github.io/replicate/errors#webhookerror";
        same(
          String(error),
          `WebhookError: Cannot verify the webhook: ${name} is missing; see ${help}`,
        );
      }
    }
    await refused("headers", new Request(URL, { method: "POST", body: A.body }));
  },

  "verifyWebhook() refuses a time that is no whole number": async () => {
    for (
      const timestamp of [
        "now",
        "1.76e9",
        "1760000000.5",
        "-1760000000",
        "+1760000000",
        "0x68e77800",
        "1760000000s",
        "17600000000000000",
        "Infinity",
        "2025-10-09T08:53:20Z",
      ]
    ) await refused("timestamp", parts({ ...A, timestamp }));
  },

  "verifyWebhook() refuses what was sent long ago, or is to be sent yet": async () => {
    const minute = 60_000;
    const at = async (shift: number, tolerance?: VerifyWebhookOptions["tolerance"]) =>
      await codeOf(await signed("{}", Date.now() + shift), { tolerance });
    same(await at(-6 * minute), "timestamp");
    same(await at(6 * minute), "timestamp");
    same(await at(-4 * minute), "accepted");
    same(await at(4 * minute), "accepted");
    same(await at(-4 * minute, "3m"), "timestamp");
    same(await at(-6 * minute, 7 * minute), "accepted");
    same(await at(-6 * minute, "1h"), "accepted");
  },

  "verifyWebhook() refuses a body that was parsed, and says what to do": async () => {
    for (const body of [JSON.parse(A.body), [1], 5, true, null]) {
      const error = await rejection(verifyWebhook({ ...parts(A), body }, {
        secret: A.secret,
        tolerance: LONG,
      }));
      same(error.code, "body");
      same(/express\.raw/.test(error.message), true);
    }
  },

  "verifyWebhook() refuses a Request or stream that was read already": async () => {
    const request = await signed(A.body);
    await request.text();
    await refused("body", request);
    const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start(controller) {
        controller.enqueue(encode(A.body));
        controller.close();
      },
    });
    await new Response(stream).text();
    await refused("body", { ...parts(A), body: stream });
  },

  "verifyWebhook() refuses a signed body that is no JSON object": async () => {
    for (
      const body of ["", "hello", "{", "[]", "5", "null", '"x"', Uint8Array.of(0x22, 0xff, 0x22)]
    ) {
      await refused("body", await signed(body));
    }
  },

  "verifyWebhook() calls a secret or a tolerance that cannot be used a mistake": async () => {
    const secrets = [undefined, "", "whsec_", "whsec_*", [], ["whsec_*"], [A.secret, ""], 5];
    for (const secret of secrets as string[]) {
      const error = await rejection(codeOf(parts(A), { secret }));
      same(error instanceof TypeError, true);
      same(/\*/.test(error.message), false);
    }
    const error = await rejection(codeOf(parts(A), { tolerance: -1 }));
    same(error instanceof RangeError, true);
  },

  "validateWebhook() takes both call shapes of the official client": async () => {
    const { secret } = A;
    const headers = await signWebhook(A.body, { secret });
    const [id, timestamp, signature] = ["id", "timestamp", "signature"].map((name) =>
      headers.get(`webhook-${name}`)!
    ) as [string, string, string];
    same(await validateWebhook(await signed(A.body), secret), true);
    same(await validateWebhook(await signed(A.body), secret, crypto), true);
    same(await validateWebhook({ headers, body: A.body }, secret), true);
    const given = { id, timestamp, signature, body: A.body, secret };
    same(await validateWebhook(given), true);
    same(await validateWebhook(given, crypto), true);
    same(await validateWebhook({ ...given, body: encode(A.body) }), true);
    same(await validateWebhook({ ...given, body: "not json" }), false);
    same(await validateWebhook({ ...given, secret: OTHER }), false);
    same(await validateWebhook({ ...given, id: "" }), false);
    same(await validateWebhook(await signed(A.body), OTHER), false);
    same(await validateWebhook(await signed("not json"), secret), true);
    same(await validateWebhook(parts(B), B.secret), false);
    for (const body of [{}, undefined] as unknown as string[]) {
      same((await rejection(validateWebhook({ ...given, body }))).code, "body");
      same((await rejection(validateWebhook({ headers, body }, secret))).code, "body");
    }
    same(await validateWebhook(given).catch(() => "threw"), true);
  },

  "webhookHandler() answers with the statuses that a sender needs": async () => {
    const seen: unknown[] = [];
    let broken = true;
    const handler = webhookHandler({
      secret: A.secret,
      maxBody: 200,
      dedupe: expiringStore({ max: 100 }),
      onError: () => {},
      on: {
        completed: (job, { url }) => {
          if (broken) throw new Error("the database is away");
          seen.push([job.output, url.search]);
        },
      },
    });
    const status = async (request: Request): Promise<number> => (await handler(request)).status;
    const unsigned = (init: RequestInit): Request => new Request(URL, init);
    const delivery = await signed(A.body);
    const again = delivery.clone();
    const copy = delivery.clone();
    same(await status(unsigned({ method: "GET" })), 405);
    same(await status(unsigned({ method: "POST", body: A.body })), 401);
    same(await status(await signed(A.body, Date.now() - 600_000)), 401);
    same(await status(await signed(`{"x":"${"x".repeat(200)}"}`)), 413);
    same(await status(await signed("not json")), 400);
    same(await status(delivery), 500);
    broken = false;
    same(await status(again), 204);
    same(await status(copy), 204);
    same(seen, [["café ☃", "?run=7"]]);
  },
};
