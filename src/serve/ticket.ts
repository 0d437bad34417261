/** Tickets: signed claims about one run, which are all that a page needs to watch it. */

import { checkKeys } from "../base/check.ts";
import { kindOfRecord } from "../base/job.ts";
import { decodeBase64Url, encodeBase64Url } from "@std/encoding/base64url";
import { type Duration, toMs } from "../base/duration.ts";

/**
 * A right that a ticket gives: `watch` shows the output and the end of the run, `logs` shows its logs as
 * well, and `cancel` allows it to be canceled.
 */
export type TicketRight = "watch" | "logs" | "cancel";

/** The run that a ticket is for: its id, a `Job`, or a prediction or training of the API. */
export type TicketJob = string | {
  id: string;
  kind?: "predictions" | "trainings";
  urls?: { get?: string };
};

/** The options of {@linkcode issueTicket}. */
export interface TicketOptions {
  /**
   * The key to sign with: a secret of at least 16 characters that stays on your servers. Give
   * {@linkcode ticketHandler} the same one.
   */
  key: string;
  /** The time until the ticket expires. A stream that is open by then goes on. Default `"1h"`. */
  ttl?: Duration | undefined;
  /** The rights that it gives. Default `["watch"]`. */
  can?: readonly TicketRight[] | undefined;
}

/** The content of a ticket. */
export interface TicketClaims {
  /** The id of the run. */
  id: string;
  /** The kind of the run: a prediction or a training. */
  kind: "predictions" | "trainings";
  /** The rights that it gives. */
  can: readonly TicketRight[];
  /** The time at which it expires, in seconds since 1970. */
  exp: number;
}

/**
 * Issues a ticket, with which a page can watch one run that your server has started. Hand it to the page,
 * and there to {@linkcode subscribe}. Whoever has the ticket can use its rights until it expires. It
 * contains neither your token nor the input.
 *
 * @throws {TypeError | RangeError} If the id, the key, the time or a right cannot be used.
 *
 * @example
 * ```ts
 * import { issueTicket } from "@x/replicate/serve";
 * import { assertMatch } from "@std/assert";
 *
 * const key = "a secret of the server's own";
 * const ticket = await issueTicket("gm3qorzdhgbfurvjtvhg6dckhu", { key, ttl: "10m" });
 * assertMatch(ticket, /^[\w-]+\.[\w-]+$/);
 * ```
 */
export async function issueTicket(
  job: TicketJob,
  options: TicketOptions,
): Promise<string> {
  checkKeys(options, ["key", "ttl", "can"], "issue a ticket");
  const { key, ttl = "1h", can = ["watch"] } = options;
  const { id, kind, urls } = typeof job === "string"
    ? { id: job } as Exclude<TicketJob, string>
    : job;
  const kindOfJob = kind ?? kindOfRecord(urls ? { urls } : {});
  if (!isId(id)) throw new TypeError("Cannot issue a ticket: the run has no id");
  if (!isKind(kindOfJob)) {
    throw new TypeError("Cannot issue a ticket: the kind must be predictions or trainings");
  }
  for (const right of can) {
    if (!["watch", "logs", "cancel"].includes(right)) {
      throw new TypeError(`Cannot issue a ticket: there is no right ${JSON.stringify(right)}`);
    }
  }
  const claims: TicketClaims = {
    id,
    kind: kindOfJob,
    can,
    exp: Math.ceil((Date.now() + toMs(ttl, "ttl", 1)) / 1000),
  };
  const payload = encodeBase64Url(JSON.stringify(claims));
  const signature = await crypto.subtle.sign("HMAC", await keyOf(key), bytesOf(payload));
  return `${payload}.${encodeBase64Url(signature)}`;
}

/** The content of a ticket, or `undefined` if it is forged or has expired. */
export async function readTicket(
  ticket: string,
  keys: readonly string[],
): Promise<TicketClaims | undefined> {
  const [payload = "", signature = "", more] = ticket.split(".");
  if (more !== undefined || !/^[\w-]{43}$/.test(signature)) return undefined;
  const mac = decodeBase64Url(signature);
  for (const key of keys) {
    // `verify` compares in constant time, on every runtime.
    if (!await crypto.subtle.verify("HMAC", await keyOf(key), mac, bytesOf(payload))) continue;
    const claims: TicketClaims = JSON.parse(new TextDecoder().decode(decodeBase64Url(payload)));
    // Signed by us, perhaps by another version of this code: these become a path.
    const isOurs = isId(claims.id) && isKind(claims.kind) && Array.isArray(claims.can);
    return isOurs && claims.exp * 1000 > Date.now() ? claims : undefined;
  }
  return undefined;
}

/** True for the id of a run, which is letters and digits only. */
function isId(id: unknown): boolean {
  return typeof id === "string" && /^\w{1,64}$/.test(id);
}

function isKind(kind: unknown): boolean {
  return kind === "predictions" || kind === "trainings";
}

/** The key for tickets. Its prefix keeps other uses of the same secret from passing as tickets. */
async function keyOf(key: string): Promise<CryptoKey> {
  if (typeof key !== "string" || key.length < 16) {
    throw new TypeError("Cannot use the key of tickets: give text of at least 16 characters");
  }
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const bytes = bytesOf(`replicate ticket ${key}`);
  return await crypto.subtle.importKey("raw", bytes, algorithm, false, ["sign", "verify"]);
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
