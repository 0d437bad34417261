import { kindOfRecord } from "../base/job.ts";
import { type Duration, toMs } from "../base/duration.ts";
import type { Prediction } from "../resources/predictions.ts";
import type { Training } from "../resources/trainings.ts";
import { bytesOf, type WebhookBody } from "./body.ts";
import { WebhookError } from "./error.ts";
import { keysOf, signaturesOf, type WebhookSecrets } from "./hmac.ts";

/** What a webhook brings: the prediction or training as it was when it was sent. */
export type WebhookPayload = Prediction | Training;

/** Headers in any form: names in any case, several values as a list. */
export type WebhookHeaders =
  | Headers
  | { readonly [name: string]: string | readonly string[] | undefined };

/** A request of a framework that has no `Request`, or its parts. */
export interface RawWebhook {
  /** At least those three whose names begin with `webhook-`. */
  headers: WebhookHeaders;
  /** As it came over the wire. Left out: the object itself is read, as with `node:http`. */
  body?: WebhookBody | null | undefined;
}

/** How a webhook is verified. */
export interface VerifyWebhookOptions {
  /**
   * What Replicate signs with, as `client.webhooks.default.secret.get()` gives it: `whsec_...`. With
   * several, such as the old and the new one, any of them will do.
   */
  secret: WebhookSecrets;
  /** How far the time of sending may be from now, in the past and in the future. Default `"5m"`. */
  tolerance?: Duration | undefined;
}

/**
 * Whether a webhook is about a training, and not about a prediction.
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
 * Checks that a webhook is from Replicate, and gives what it brings.
 *
 * A `Request` is not used up: what comes after can read its body still. Times, ids and signatures
 * are checked as in Standard Webhooks, with signatures of version `v1` only.
 *
 * @param request A `Request`, or headers and the raw body. A body that was parsed is refused.
 *
 * @throws {WebhookError} If it is to be refused; `code` says why.
 * @throws {TypeError | RangeError} If the secret or the tolerance cannot be used.
 *
 * @example
 * ```ts
 * import { signWebhook, verifyWebhook } from "@x/replicate/webhooks";
 * import { assertEquals } from "@std/assert";
 *
 * // From `client.webhooks.default.secret.get()`.
 * const secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
 * // What Replicate does:
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
  const bytes = await verifiedBody(request, options);
  let cause: unknown;
  try {
    const data = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (Object(data) === data && !Array.isArray(data)) return data;
  } catch (error) {
    cause = error;
  }
  throw new WebhookError("body", "its body is signed, and is not a JSON object", cause);
}

/** The raw body of a webhook whose time and signature are right. */
export async function verifiedBody(
  request: Request | RawWebhook,
  { secret, tolerance = "5m" }: VerifyWebhookOptions,
): Promise<ArrayBuffer> {
  const keys = keysOf(secret);
  const ms = toMs(tolerance, "tolerance");
  const [id, timestamp, signature] = signedHeaders(request.headers);
  checkTime(timestamp, ms);
  const candidates = signature.split(/,?\s+/).filter((it) => /^v1,[A-Za-z0-9+/]{43}=$/.test(it));
  const body = await bodyOf(request);
  let isSigned = false;
  for (const expected of await signaturesOf(keys, id, timestamp, body)) {
    for (const candidate of candidates) isSigned = isEqual(candidate, expected) || isSigned;
  }
  if (isSigned) return body;
  throw new WebhookError(
    "signature",
    candidates.length > 0
      ? "its signature is of another body or another secret"
      : "webhook-signature has no complete signature of version v1",
  );
}

/**
 * Whether two signatures are equal. Every character is looked at, and nothing is decided before the
 * last: the time taken tells nothing about where they begin to differ.
 */
function isEqual(a: string, b: string): boolean {
  let difference = 0;
  for (let at = 0; at < 47; at++) difference |= a.charCodeAt(at) ^ b.charCodeAt(at);
  return difference === 0;
}

function bodyOf(request: Request | RawWebhook): Promise<ArrayBuffer> {
  if (!("clone" in request)) return bytesOf(request.body === undefined ? request : request.body);
  if (request.bodyUsed) {
    throw new WebhookError("body", "its body was read already; verify it before that");
  }
  return bytesOf(request.clone().body ?? "");
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

/** The id, the time and the signatures. */
function signedHeaders(headers: WebhookHeaders): [string, string, string] {
  const names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
  const values = names.map((name) => valueOf(headers, name));
  const missing = names.filter((_, at) => !values[at]);
  if (missing.length === 0) return values as [string, string, string];
  throw new WebhookError(
    "headers",
    `${missing.join(" and ")} ${missing[1] ? "are" : "is"} missing`,
  );
}

function valueOf(headers: WebhookHeaders, name: string): string | null {
  if (typeof headers?.get === "function") return headers.get(name);
  const [, value] = Object.entries(headers ?? {}).find(([key]) => key.toLowerCase() === name) ?? [];
  return [value].flat().join(" ");
}
