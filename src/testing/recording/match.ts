/** Tells whether a request is one that was recorded, and where it differs from one. */

import { isRecord } from "../../base/record.ts";
import { REDACTED } from "./scrub.ts";
import type { RecordedCall, RecordedPart } from "./types.ts";

/** The headers that an answer depends on so much that another value is another request. */
const HEADERS = ["last-event-id", "range"];

/** The differences that do not count. */
export interface Terms {
  /** The names of fields. */
  readonly ignored: readonly string[];
  /** Writes the addresses in a text so that those of one file are the same on all hosts. */
  readonly plain: (text: string) => string;
}

/**
 * The first difference of a request to a recorded one, such as `input.prompt`; `undefined` if
 * there is none. It names places, and no values, as they may be prompts.
 */
export function differenceOf(
  recorded: RecordedCall,
  asked: RecordedCall,
  terms: Terms,
): string | undefined {
  if (recorded.method !== asked.method) return "the method";
  if (!isSameAddress(recorded.url, asked.url)) return "the address";
  const header = HEADERS.find((name) => recorded.headers?.[name] !== asked.headers?.[name]);
  if (header !== undefined) return `the header ${header}`;
  if (recorded.form && asked.form) return differenceOfForms(recorded.form, asked.form);
  return differenceIn(bodyOf(recorded), bodyOf(asked), "", terms);
}

/** The path and the query of a URL, in the order of its names. The host is left out. */
export function addressOf(url: string): string {
  const [path = "", query = ""] = url.replace(/^\w{1,16}:\/\/[^/?#]*/, "").replace(/#.*/, "")
    .split("?");
  return query === "" ? path : `${path}?${query.split("&").sort().join("&")}`;
}

function isSameAddress(recorded: string, asked: string): boolean {
  return isSameText(addressOf(recorded), addressOf(asked));
}

function bodyOf({ json, text, form, bytes }: RecordedCall): unknown {
  return json ?? text ?? form ?? bytes;
}

/** The place of the first difference of two JSON values. */
function differenceIn(
  recorded: unknown,
  asked: unknown,
  place: string,
  terms: Terms,
): string | undefined {
  if (recorded === REDACTED) return undefined;
  if (typeof recorded === "string" && typeof asked === "string") {
    const isSame = isSameText(recorded, asked) ||
      isSameText(terms.plain(recorded), terms.plain(asked));
    return isSame ? undefined : place || "the body";
  }
  const isList = Array.isArray(recorded) && Array.isArray(asked);
  if (!isList && !(isRecord(recorded) && isRecord(asked))) {
    return Object.is(recorded, asked) ? undefined : place || "the body";
  }
  const [one, other] = [recorded, asked] as Record<string, unknown>[];
  for (const name of new Set([...Object.keys(one!), ...Object.keys(other!)])) {
    if (terms.ignored.includes(name)) continue;
    const inner = isList ? `${place}[${name}]` : place === "" ? name : `${place}.${name}`;
    const found = differenceIn(one![name], other![name], inner, terms);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Compares a text with a recorded one, in which any text may be where something was redacted. */
function isSameText(recorded: string, asked: string): boolean {
  const parts = recorded.split(REDACTED);
  if (parts.length === 1) return recorded === asked;
  const [first = ""] = parts;
  const last = parts.at(-1)!;
  if (!asked.startsWith(first) || !asked.endsWith(last)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = asked.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= asked.length - last.length;
}

/** Files are compared by field, name, type and size: their content is not recorded. */
function differenceOfForms(
  recorded: readonly RecordedPart[],
  asked: readonly RecordedPart[],
): string | undefined {
  const count = Math.max(recorded.length, asked.length);
  for (let index = 0; index < count; index++) {
    const [one, other] = [recorded[index], asked[index]];
    const place = `the part ${(one ?? other)!.name} of the form`;
    if (!one || !other || one.name !== other.name) return place;
    if (!isSameText(one.text ?? "", other.text ?? "")) return place;
    for (const fact of ["filename", "type", "size"] as const) {
      if (one[fact] !== other[fact]) return `the ${fact} of the file in ${place}`;
    }
  }
  return undefined;
}

/** Tells whether two forms have the same files, by their digests. */
export function hasSameFiles(recorded: RecordedCall, asked: RecordedCall): boolean {
  const digests = (call: RecordedCall): unknown =>
    JSON.stringify(call.form?.map((it) => it.sha256));
  return digests(recorded) === digests(asked);
}
