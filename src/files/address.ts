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
  if (why) throw new ReplicateError(`Cannot ${action} from ${url.host || url.protocol}: ${why}`);
}

async function faultOf(send: Send, url: URL): Promise<string | undefined> {
  const { protocol } = url;
  if (!/^https?:$/.test(protocol)) return `${protocol} is not fetched`;
  // `fetch` refuses it as well, and quotes it.
  if (url.username || url.password) return "its URL has a user name or a password";
  const allow = send.options?.allowDownload;
  // A copy, as it is judged and then fetched. Awaited, as a promise of `false` would pass for `true`.
  if (allow) return await allow(new URL(url)) ? undefined : "allowDownload refuses it";
  const what = protocol === "http:" ? protocol : isPrivate(url.hostname) && "a private address";
  if (!what || url.origin === originOf(send)) return undefined;
  return `${what} is not fetched unless allowDownload allows it`;
}

/**
 * True if a URL is that of one uploaded file of the account, at the API: the only address at which a
 * download is a call to the API. Its id is plain, as an escaped slash may lead anywhere.
 */
export function isOwnFile(send: Send, url: URL): boolean {
  const address = url.origin + url.pathname;
  return [BASE_URL, send.options?.baseUrl ?? BASE_URL].some((base) => {
    const { origin, pathname } = new URL(base);
    const files = `${origin}${pathname.replace(/\/$/, "")}/files/`;
    return address.startsWith(files) && /^[\w-]+(\/download)?$/.test(address.slice(files.length));
  });
}

function originOf(send: Send): string {
  return new URL(send.options?.baseUrl ?? BASE_URL).origin;
}

/** The networks of IPv4 that are not public, by the beginning of their addresses: RFC 6890, multicast. */
const PRIVATE_V4 =
  /^(0|10|127|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])|169\.254|172\.(1[6-9]|2\d|3[01])|192\.(168|0\.[02])|198\.(1[89]|51\.100)|203\.0\.113|22[4-9]|2[3-5]\d)(\.\d+)*$/;

/**
 * True if a host is on this machine or in a private network, as far as its name shows.
 *
 * @param hostname The host in the form that a parsed URL has.
 */
export function isPrivate(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/\.$/, "");
  if (host.startsWith("[")) return isPrivateV6(host.slice(1, -1));
  return PRIVATE_V4.test(host) || !host.includes(".") ||
    /\.(localhost|local|internal|home\.arpa|lan|intranet)$/.test(host);
}

function isPrivateV6(address: string): boolean {
  // IPv4 addresses in the form of IPv6: mapped, by NAT64, by 6to4.
  const v4 = /^(?:(?:::ffff|64:ff9b:):(?=\w+:\w+$)|2002:)(\w*):(\w*)/.exec(address);
  if (v4) {
    const [high = 0, low = 0] = v4.slice(1).map((word) => parseInt(word || "0", 16));
    return PRIVATE_V4.test([high >> 8, high & 255, low >> 8].join("."));
  }
  // Everything but global unicast: local, link-local, site-local, multicast, documentation.
  return !/^[23][\da-f]{3}:/.test(address) || address.startsWith("2001:db8:");
}
