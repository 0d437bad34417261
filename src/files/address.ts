/** Tells the URLs that stand for a file, and those that may be fetched. */

import { ReplicateError } from "../errors.ts";
import { BASE_URL } from "../http/settings.ts";
import type { Send } from "../http/types.ts";
import { isDataUri } from "./data_uri.ts";

/** True if the whole text is the URL of a file: `https:`, of the API's origin, or base64 `data:`. */
export function isFileUrl(send: Send, text: string): boolean {
  if (text.startsWith("data:")) return isDataUri(text);
  if (!/^https?:\/\/\S+$/.test(text) || !URL.canParse(text)) return false;
  return text.startsWith("https:") || new URL(text).origin === originOf(send);
}

/**
 * Checks that a URL may be fetched: it must be one that `allowDownload` allows or, without that
 * option, one of the API's origin or an `https:` URL with a public address. Names are not resolved:
 * one that resolves to a private address passes.
 *
 * @throws {ReplicateError} If the URL may not be fetched.
 */
export function checkAddress(send: Send, url: URL, action: string): void {
  const allow = send.options?.allowDownload;
  const isPublic = url.protocol === "https:" && !isPrivate(url.hostname);
  if (allow ? allow(url) : isPublic || url.origin === originOf(send)) return;
  const what = url.protocol === "https:" ? "a private address" : url.protocol;
  const why = allow
    ? "allowDownload does not allow it"
    : `${what} is not fetched unless allowDownload allows it`;
  throw new ReplicateError(`Cannot ${action} from ${url.host || url.protocol}: ${why}`);
}

function originOf(send: Send): string {
  return new URL(send.options?.baseUrl ?? BASE_URL).origin;
}

/** True if a host is on this machine or in a private network, as far as its name shows. */
export function isPrivate(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/\.$/, "");
  if (host.startsWith("[")) return isPrivateV6(host.slice(1, -1));
  if (/^[\d.]+$/.test(host)) return isPrivateV4(host.split(".").map(Number));
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

/** Expects the address in the form that a parsed URL has. */
function isPrivateV6(address: string): boolean {
  // IPv4 addresses in the form of IPv6: mapped, by NAT64, by 6to4.
  const v4 = /^(?:(?:::ffff|64:ff9b:):(?=\w+:\w+$)|2002:)(\w*):(\w*)/.exec(address);
  if (v4) {
    const [high = 0, low = 0] = v4.slice(1).map((word) => parseInt(word, 16));
    return isPrivateV4([high >> 8, high & 255, low >> 8]);
  }
  // Everything but global unicast: local, link-local, site-local, multicast, documentation.
  return !/^[23][\da-f]{3}:/.test(address) || address.startsWith("2001:db8:");
}
