/** Takes secrets and long data out of what is recorded. */

import { isRecord } from "../../base/record.ts";
import { md5 } from "../md5.ts";

/** The text in the place of a secret. On replay, any value matches it. */
export const REDACTED = "[redacted]";

/** The shortest secret that is looked for in other text: a shorter one is there by chance. */
const SHORTEST = 8;
/** The most characters of base64 that stay in a `data:` URL. */
const SHORT_DATA = 200;

/** The names of fields that hold secrets. `max_tokens` is none of them. */
const SECRET_FIELD =
  /^(?:.{0,64}_)?(?:pass(?:word|phrase)|secret|(?:api|access|secret|private)_?key|(?:api|auth|access|bearer|hf|github)_?token)$/i;
/** The names of parameters of a URL that sign it, or are secrets themselves. */
const SECRET_PARAMETER = /sig|token|secret|credential|password|policy|auth|key(?!word)/i;

/** The names of parameters that are another value in each URL that is signed. */
const SIGNED_PARAMETER = /date|expir|^s[et]$/i;

const URLS = /https?:\/\/[^\s"'<>\\()]+/g;
const TOKENS = /\b(?:r8|hf|sk|ghp)_[A-Za-z0-9]{16,}/g;
const WEBHOOK_SECRETS = /\bwhsec_[A-Za-z0-9+/=]+/g;
const DATA_URIS = /data:([^,\s"']{0,255});base64,([A-Za-z0-9+/]+={0,2})/g;
/** A secret for webhooks has to be base64. */
const WEBHOOK_SECRET = `whsec_${btoa(REDACTED)}`;

/** Tells whether the value of a field is to be left out. */
export type Redact = (name: string, value: unknown) => boolean;

/** Replaces the secrets of one recording. It learns secrets while it works: see {@link learn}. */
export class Scrubber {
  readonly #redact: Redact;
  readonly #secrets = new Set<string>();

  constructor(redact: readonly string[] | Redact | undefined) {
    const given: Redact = typeof redact === "function"
      ? redact
      : (name) => redact?.includes(name) ?? false;
    this.#redact = (name, value) =>
      (typeof value === "string" && SECRET_FIELD.test(name)) || given(name, value);
  }

  /** From now on this text is a secret, wherever it is. */
  learn(secret: string): void {
    if (secret.length >= SHORTEST && !secret.includes(REDACTED)) this.#secrets.add(secret);
  }

  /** A JSON value without secrets and long data. */
  json(value: unknown): unknown {
    if (typeof value === "string") return this.text(value);
    if (Array.isArray(value)) return value.map((item) => this.json(item));
    if (!isRecord(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, this.#field(name, item)]),
    );
  }

  /** A text without secrets and long data. */
  text(text: string): string {
    let clean = text.replace(DATA_URIS, shortened)
      .replace(URLS, (url) => this.url(url))
      .replace(TOKENS, REDACTED)
      .replace(WEBHOOK_SECRETS, WEBHOOK_SECRET);
    for (const secret of this.#secrets) clean = clean.replaceAll(secret, REDACTED);
    return clean;
  }

  /** A URL without the values that sign it, whose key of a stream is a digest of it. */
  url(url: string): string {
    const [address = "", ...query] = url.replace(/^(\w{1,16}:\/\/)[^/?#@]*@/, "$1").split(/[?&]/);
    // Who knows the key of a stream can read it. The digest keeps it apart from others.
    const path = address.replace(
      /\/streams\/(?!key-)([^/#]{12,})/,
      (_, key: string) => `/streams/key-${digest(key).slice(0, 16)}`,
    );
    const names = query.map((pair) => pair.split("=")[0]!.slice(0, 64));
    const isSigned = names.some((name) => SECRET_PARAMETER.test(name));
    const pairs = query.map((pair, index) => {
      const name = names[index]!;
      const isOut = SECRET_PARAMETER.test(name) || (isSigned && SIGNED_PARAMETER.test(name));
      return isOut ? `${name}=${REDACTED}` : pair;
    });
    return pairs.length > 0 ? `${path}?${pairs.join("&")}` : path;
  }

  #field(name: string, value: unknown): unknown {
    if (value === null || value === undefined || !this.#redact(name, value)) {
      return this.json(value);
    }
    if (typeof value === "string") this.learn(value);
    return REDACTED;
  }
}

/** A long `data:` URL with the size and the digest of its data instead of the data. */
function shortened(url: string, type: string, data: string): string {
  if (data.length <= SHORT_DATA) return url;
  const size = Math.floor((data.length - (data.match(/=+$/)?.[0].length ?? 0)) * 3 / 4);
  return `data:${type};base64,[${size} bytes, ${checksum(data)}]`;
}

function digest(text: string): string {
  return md5(new TextEncoder().encode(text));
}

/**
 * A checksum that tells files apart: FNV-1a twice. The MD5 of 10 MB takes JavaScript seconds, and a
 * SHA-256 cannot be had at once everywhere.
 */
function checksum(text: string): string {
  let [one, other] = [0x811c9dc5, 0x6c62272e];
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    one = Math.imul(one ^ code, 0x01000193);
    other = Math.imul(other ^ code ^ (other >>> 15), 0x85ebca6b);
  }
  return [one, other].map((it) => (it >>> 0).toString(16).padStart(8, "0")).join("");
}

const SHORTENED = /(data:[^,\s"']{0,255};base64,)\[(\d{1,9}) bytes, [0-9a-f]{16}\]/g;

/** A text with data of the same length where {@link Scrubber.text} has taken it out. */
export function expanded(text: string): string {
  return text.replace(SHORTENED, (_, head: string, size: string) => head + zeros(Number(size)));
}

/** Base64 of so many zeros. */
function zeros(size: number): string {
  const padding = (3 - size % 3) % 3;
  return "A".repeat(Math.ceil(size / 3) * 4 - padding) + "=".repeat(padding);
}
