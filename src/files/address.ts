/** Which URLs stand for a file, and which of them are fetched. */

import { ReplicateError } from "../errors.ts";
import type { Send } from "../request.ts";
import { isDataUri } from "./data_uri.ts";

const BASE_URL = "https://api.replicate.com/v1";

/** Whether the whole of a text is the URL of a file: `https:`, of the API's origin, or `data:`. */
export function isFileUrl(send: Send, text: string): boolean {
  if (text.startsWith("data:")) return isDataUri(text);
  if (!/^https?:\/\/[^\s]+$/.test(text) || !URL.canParse(text)) return false;
  return text.startsWith("https:") || new URL(text).origin === originOf(send);
}

/**
 * Lets a URL pass that may be fetched: what `allowDownload` allows, else the API's origin, and `https:`
 * with a public address. A name that resolves to a private address is not seen here.
 *
 * @throws {ReplicateError} If it may not.
 */
export function checkAddress(send: Send, url: URL, action: string): void {
  const allow = send.options?.allowDownload;
  const why = allow
    ? (allow(url) ? undefined : "allowDownload does not allow it")
    : url.origin === originOf(send)
    ? undefined
    : url.protocol !== "https:"
    ? `${url.protocol} is not fetched unless allowDownload allows it`
    : isPrivate(url.hostname)
    ? "a private address is not fetched unless allowDownload allows it"
    : undefined;
  if (why) throw new ReplicateError(`Cannot ${action} from ${url.host || url.protocol}: ${why}`);
}

function originOf(send: Send): string {
  return new URL(send.options?.baseUrl ?? BASE_URL).origin;
}

/** Whether a host is on this machine or in a network of one's own, as far as its name tells. */
export function isPrivate(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/\.$/, "");
  if (host.startsWith("[")) return isPrivateV6(host.slice(1, -1));
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return isPrivateV4(host.split(".").map(Number));
  return !host.includes(".") ||
    /\.(?:localhost|local|internal|home\.arpa|lan|intranet)$/.test(host);
}

function isPrivateV4([a = 0, b = 0, c = 0]: readonly number[]): boolean {
  return a === 0 || a === 10 || a === 127 || a >= 224 ||
    (a === 100 && b >= 64 && b < 128) ||
    (a === 169 && b === 254) ||
    (a === 172 && b >= 16 && b < 32) ||
    (a === 192 && b === 168) ||
    (a === 192 && b === 0 && (c === 0 || c === 2)) ||
    (a === 198 && (b === 18 || b === 19)) ||
    (a === 198 && b === 51 && c === 100) ||
    (a === 203 && b === 0 && c === 113);
}

function isPrivateV6(text: string): boolean {
  const words = wordsOf(text);
  const [first = 0, second = 0] = words;
  const v4 = (at: number): number[] =>
    words.slice(at, at + 2).flatMap((word) => [word >> 8, word & 255]);
  if (words.slice(0, 5).every((word) => word === 0)) {
    // ::1, ::, and an IPv4 address written as an IPv6 one.
    return words[5] === 0xffff ? isPrivateV4(v4(6)) : true;
  }
  if (first === 0x64 && second === 0xff9b) return words[2] !== 0 || isPrivateV4(v4(6));
  if (first === 0x2002) return isPrivateV4(v4(1));
  // Local, link-local, site-local, multicast, for documents: all that is not global unicast.
  return first < 0x2000 || first > 0x3fff || (first === 0x2001 && second === 0xdb8);
}

/** The eight words of an address in the form that a parsed URL has. */
function wordsOf(text: string): number[] {
  const [head = "", tail] = text.split("::");
  const parse = (part: string): number[] =>
    part === "" ? [] : part.split(":").map((word) => parseInt(word, 16));
  const [before, after] = [parse(head), parse(tail ?? "")];
  return [...before, ...Array(Math.max(0, 8 - before.length - after.length)).fill(0), ...after];
}
