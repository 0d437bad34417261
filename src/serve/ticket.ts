import { kindOfRecord } from "../base/job.ts";
import { decodeBase64Url, encodeBase64Url } from "@std/encoding/base64url";
import { type Duration, toMs } from "../base/duration.ts";

/**
 * What a ticket is good for. `watch`: the output and the end; `logs`: the logs as well; `cancel`:
 * stopping the run.
 */
export type TicketRight = "watch" | "logs" | "cancel";

/** What names the run that a ticket is for: its id, a `Job`, or what the API sent. */
export type TicketJob = string | {
  id: string;
  kind?: "predictions" | "trainings";
  urls?: { get?: string };
};

/** How a ticket is made. */
export interface TicketOptions {
  /**
   * What it is signed with: a secret of yours that stays on the server, of at least 16 characters. The
   * same for {@linkcode ticketHandler}.
   */
  key: string;
  /** How long it is good for. A stream that is open by then goes on. Default `"1h"`. */
  ttl?: Duration | undefined;
  /** What it is good for. Default `["watch"]`. */
  can?: readonly TicketRight[] | undefined;
}

/** What a ticket says. */
export interface TicketClaims {
  /** Which run it is for. */
  id: string;
  /** What that is. */
  kind: "predictions" | "trainings";
  /** What it is good for. */
  can: readonly TicketRight[];
  /** When it ends, in seconds since 1970. */
  exp: number;
}

/**
 * A ticket with which a page can watch one run that a server has started: hand it to the page, and there
 * to `subscribe`. Whoever has it can do what it is good for, until it ends; it holds no token and
 * no input.
 *
 * @throws {TypeError | RangeError} If the key, the time or a right cannot be used.
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
  { key, ttl = "1h", can = ["watch"] }: TicketOptions,
): Promise<string> {
  const { id, kind, urls } = typeof job === "string"
    ? { id: job } as Exclude<TicketJob, string>
    : job;
  if (!/^\w+$/.test(id)) throw new TypeError("Cannot issue a ticket: the run has no id");
  for (const right of can) {
    if (!["watch", "logs", "cancel"].includes(right)) {
      throw new TypeError(`Cannot issue a ticket: there is no right ${JSON.stringify(right)}`);
    }
  }
  const claims: TicketClaims = {
    id,
    kind: kind ?? kindOfRecord(urls ? { urls } : {}),
    can,
    exp: Math.ceil((Date.now() + toMs(ttl, "ttl", 1)) / 1000),
  };
  const payload = encodeBase64Url(JSON.stringify(claims));
  const signature = await crypto.subtle.sign("HMAC", await keyOf(key), bytesOf(payload));
  return `${payload}.${encodeBase64Url(signature)}`;
}

/** What a ticket says; `undefined` if it is forged or has ended. */
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
    return claims.exp * 1000 > Date.now() ? claims : undefined;
  }
  return undefined;
}

/** The key, for tickets only: what it may be used for elsewhere cannot be taken for one. */
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
