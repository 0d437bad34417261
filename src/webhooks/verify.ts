/** Verification of a webhook: its headers first, then its body, signatures and JSON. */

import { checkKeys, wholeNumber } from "../base/check.ts";
import { kindOfRecord } from "../base/job.ts";
import { type Duration, toMs } from "../base/duration.ts";
import type { Prediction } from "../resources/predictions.ts";
import type { Training } from "../resources/trainings.ts";
import { bytesOf, type WebhookBody } from "./body.ts";
import { WebhookError } from "./error.ts";
import { keysOf, signaturesOf, type WebhookSecrets } from "./hmac.ts";

/** The content of a webhook: the prediction or training as it was at the time of sending. */
export type WebhookPayload = Prediction | Training;

/** Headers as an object or `Headers`: names in any case, repeated values as a list. */
export type WebhookHeaders =
  | Headers
  | { readonly [name: string]: string | readonly string[] | undefined };

/** A request of a server that has no `Request`, such as `node:http`, or the parts of one. */
export interface RawWebhook {
  /** The headers, at least the three whose names begin with `webhook-`. */
  headers: WebhookHeaders;
  /** The body as it came over the wire. Default: the object itself, as with `node:http`. */
  body?: WebhookBody | null | undefined;
}

/** The options of {@linkcode verifyWebhook}. */
export interface VerifyWebhookOptions {
  /**
   * The secret that Replicate signs with, as `client.webhooks.default.secret.get()` returns it:
   * `whsec_...`. Of several, such as the old and the new one, any may match.
   */
  secret: WebhookSecrets;
  /** The greatest difference between the time of sending and now, either way. Default `"5m"`. */
  tolerance?: Duration | undefined;
  /** The longest body, in bytes. Nothing beyond it is read. Default 4 MiB. */
  maxBody?: number | undefined;
}

/**
 * Returns whether a webhook is about a training, as opposed to a prediction.
 *
 * @example
 * ```ts
 * import { isTraining } from "@x/replicate/webhooks";
 * import { assert } from "@std/assert";
 *
 * const get = "https://api.replicate.com/v1/trainings/zz4ibbonubfz7carwiefibzgga";
 * assert(isTraining({ urls: { get } }));
 * ```
 */
export function isTraining<T extends { urls?: { get?: string } }>(job: T): job is T & Training {
  return kindOfRecord(job) === "trainings";
}

/**
 * Verifies that a webhook is from Replicate, and returns its job.
 *
 * The body of a `Request` stays readable for the code that follows. Times, ids and signatures are
 * verified as Standard Webhooks prescribes, and only signatures of version `v1` count. The headers are
 * judged first, and the body is read once, up to `maxBody` bytes.
 *
 * @param request A `Request`, or its headers and raw body. A body that was parsed is refused.
 *
 * @throws {WebhookError} If the webhook must not be trusted; `code` says why.
 * @throws {TypeError | RangeError} If the secret or the tolerance cannot be used.
 *
 * @example
 * ```ts
 * import { signWebhook, verifyWebhook } from "@x/replicate/webhooks";
 * import { assertEquals } from "@std/assert";
 *
 * // From `client.webhooks.default.secret.get()`.
 * const secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
 * // Replicate sends:
 * const body = '{"id":"h57pag03m5rmy0czx00v1spt08","status":"succeeded","output":"hi"}';
 * const headers = await signWebhook(body, { secret });
 * const request = new Request("https://example.com/hook", { method: "POST", headers, body });
 *
 * const prediction = await verifyWebhook(request, { secret, tolerance: "2m" });
 * assertEquals(prediction.output, "hi");
 * ```
 */
export async function verifyWebhook(
  request: Request | RawWebhook,
  options: VerifyWebhookOptions,
): Promise<WebhookPayload> {
  return payloadOf(await verifiedBody(request, options));
}

/** Verifies the time and the signature of a webhook, and returns its raw body. */
export async function verifiedBody(
  request: Request | RawWebhook,
  options: VerifyWebhookOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  checkKeys(options, ["secret", "tolerance", "maxBody"], "verify a webhook");
  const { secret, tolerance = "5m", maxBody = 4 * 2 ** 20 } = options;
  const keys = keysOf(secret);
  const claims = claimsOf(request.headers, toMs(tolerance, "tolerance"));
  const body = await bytesOf(bodyOf(request), wholeNumber(maxBody, "maxBody", 0));
  if (await isSigned(claims, body, keys)) return body;
  throw notSigned();
}

/** The headers of a webhook, once their form and time are right: nobody has signed for them yet. */
export interface WebhookClaims {
  readonly id: string;
  readonly timestamp: string;
  readonly signatures: readonly string[];
}

/**
 * Judges the headers of a webhook, which costs next to nothing, so that a stranger cannot make us read a
 * body or ask for a secret without them.
 *
 * @throws {WebhookError} `headers`, `timestamp` or `signature`.
 */
export function claimsOf(headers: WebhookHeaders, tolerance: number): WebhookClaims {
  const [id, timestamp, signature] = ["id", "timestamp", "signature"].map((name) => {
    const value = valueOf(headers, `webhook-${name}`);
    if (value) return value;
    throw new WebhookError("headers", `webhook-${name} is missing`);
  }) as [string, string, string];
  checkTime(timestamp, tolerance);
  const signatures = signature.split(/,?\s+/).filter((it) => /^v1,[A-Za-z0-9+/]{43}=$/.test(it));
  if (signatures.length > 0) return { id, timestamp, signatures };
  throw new WebhookError(
    "signature",
    "webhook-signature has no signature of version v1",
  );
}

/** Returns whether one of the signatures is for this body and by one of the keys. */
export async function isSigned(
  { id, timestamp, signatures }: WebhookClaims,
  body: Uint8Array,
  keys: Uint8Array<ArrayBuffer>[],
): Promise<boolean> {
  let result = false;
  for (const expected of await signaturesOf(keys, id, timestamp, body)) {
    for (const signature of signatures) result = isEqual(signature, expected) || result;
  }
  return result;
}

/** The error of a webhook that none of the secrets has signed. */
export function notSigned(): WebhookError {
  return new WebhookError("signature", "its signature is of another body or secret");
}

/**
 * The job in a signed body.
 *
 * @throws {WebhookError} `body`, if it is not a JSON object.
 */
export function payloadOf(body: Uint8Array<ArrayBuffer>): WebhookPayload {
  let cause: unknown;
  try {
    const data = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
    if (Object(data) === data && !Array.isArray(data)) return data;
  } catch (error) {
    // What engines say of text that is no JSON quotes the characters around, which may be a prompt's.
    if (!(error instanceof SyntaxError)) cause = error;
  }
  throw new WebhookError("body", "its body is signed, but is not a JSON object", cause);
}

/**
 * Compares two signatures in constant time: it always looks at every character, so that the time taken
 * does not tell where they begin to differ.
 */
function isEqual(a: string, b: string): boolean {
  let difference = 0;
  for (let at = 0; at < 47; at++) difference |= a.charCodeAt(at) ^ b.charCodeAt(at);
  return difference === 0;
}

function bodyOf(request: Request | RawWebhook): unknown {
  if (!("clone" in request)) return request.body === undefined ? request : request.body;
  return request.bodyUsed ? null : request.clone().body ?? "";
}

function checkTime(timestamp: string, tolerance: number): void {
  if (!/^\d{1,12}$/.test(timestamp)) {
    throw new WebhookError("timestamp", "webhook-timestamp is not a whole number of seconds");
  }
  const age = Date.now() - Number(timestamp) * 1000;
  const distance = Math.abs(age);
  if (distance <= tolerance) return;
  throw new WebhookError(
    "timestamp",
    `it was sent ${Math.round(distance / 1000)} s ${age > 0 ? "ago" : "in the future"}, ` +
      `and tolerance is ${tolerance / 1000} s`,
  );
}

function valueOf(headers: WebhookHeaders, name: string): string | null {
  if (typeof headers?.get === "function") return headers.get(name);
  const [, value] = Object.entries(headers ?? {}).find(([key]) => key.toLowerCase() === name) ?? [];
  return [value].flat().join(" ");
}
