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
export async function checkAddress(send: Send, url: URL, action: string): Promise<void> {
  const why = await faultOf(send, url);
  if (why === undefined) return;
  throw new ReplicateError(`Cannot ${action} from ${url.host || url.protocol}: ${why}`);
}

async function faultOf(send: Send, url: URL): Promise<string | undefined> {
  if (!/^https?:$/.test(url.protocol)) return `${url.protocol} is not fetched`;
  // `fetch` refuses it as well, and quotes it.
  if (url.username || url.password) return "its URL has a user name or a password";
  const allow = send.options?.allowDownload;
  // A copy, as it is judged and then fetched. Awaited, as a promise of `false` would pass for `true`.
  if (allow) return await allow(new URL(url)) ? undefined : "allowDownload does not allow it";
  if (url.origin === originOf(send)) return undefined;
  if (url.protocol === "https:" && !isPrivate(url.hostname)) return undefined;
  const what = url.protocol === "https:" ? "a private address" : url.protocol;
  return `${what} is not fetched unless allowDownload allows it`;
}

/**
 * True if a URL is that of one uploaded file of the account, at the API: the only address at which a
 * download is a call to the API. Its id is plain, as an escaped slash may lead anywhere.
 */
export function isOwnFile(send: Send, url: URL): boolean {
  const bases = [BASE_URL, send.options?.baseUrl ?? BASE_URL].map((base) => new URL(base));
  return bases.some(({ origin, pathname }) => {
    const files = `${pathname.replace(/\/$/, "")}/files/`;
    return url.origin === origin && url.pathname.startsWith(files) &&
      /^[\w-]+(?:\/download)?$/.test(url.pathname.slice(files.length));
  });
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
