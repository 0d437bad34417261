/** Headers: those of the caller, checked, and those that the protocol needs, which are ours. */

import type { RequestSpec } from "./types.ts";

/** Headers that a request gets from what it is. A caller's would break it, or contradict an option. */
const PROTOCOL =
  /^(?:accept|cancel-after|connection|content-(?:encoding|length|type)|expect|host|keep-alive|last-event-id|prefer|te|trailer|transfer-encoding|upgrade)$/;

/**
 * Any form of headers as a record with names in lower case. Not by `new Headers`: a wrong value must
 * not be quoted, as it may be a secret, and the first look at `Headers` costs Node 20 32 ms.
 *
 * @throws {TypeError} If a name or a value cannot be one of a header.
 */
export function headerRecord(headers: HeadersInit | undefined): Record<string, string> {
  const result: Record<string, string> = {};
  const given = headers ?? {};
  const pairs = Symbol.iterator in given
    ? given as Iterable<[string, string]>
    : Object.entries(given as Record<string, string | undefined>);
  for (const [key, value] of pairs) {
    if (value === undefined) continue;
    const name = String(key).toLowerCase();
    if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name)) {
      throw new TypeError(
        `Cannot use ${JSON.stringify(name.slice(0, 80))} as the name of a header`,
      );
    }
    // As `fetch` does; `trim` takes away more than that.
    const text = String(value).replace(/^[\t\r\n ]+|[\t\r\n ]+$/g, "");
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(text)) {
      throw new TypeError(
        `Cannot use the header ${name}: its value has a character that no header may have`,
      );
    }
    result[name] = name in result ? `${result[name]}, ${text}` : text;
  }
  return result;
}

/** The caller's headers without those that are the protocol's. */
export function withoutProtocol(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !PROTOCOL.test(name)));
}

/**
 * The headers that make a request what it is. A header of the caller's that means the same as an option
 * (`Prefer`, `Cancel-After`) stands in for it where the option is not given.
 *
 * @param caller The headers of the client and of this call.
 * @param raw Those of this call alone, where they may be the protocol's too.
 */
export function protocolHeaders(
  spec: RequestSpec,
  caller: Readonly<Record<string, string>>,
  raw?: Readonly<Record<string, string>>,
): Record<string, string> {
  const result: Record<string, string> = { accept: "application/json" };
  if (spec.json !== undefined) result["content-type"] = "application/json";
  for (const name in raw) {
    if (PROTOCOL.test(name) && !/^(?:host|content-length)$/.test(name)) result[name] = raw[name]!;
  }
  for (const name in spec.headers) {
    const value = spec.headers[name] ?? caller[name];
    if (value !== undefined) result[name] = value;
  }
  return result;
}

/** For how many milliseconds the server may hold its answer, by the header `Prefer`. */
export function holdOf(prefer: string): number {
  const [, seconds = "60"] = /^\s*wait\s*(?:=\s*(\d{1,4}))?/i.exec(prefer) ?? [, "0"];
  return Number(seconds) * 1000;
}
