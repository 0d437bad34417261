/** Values as text for messages, and text as values. */

/** The most characters of a response that an error quotes. */
const EXCERPT = 300;

/** Any thrown or reported value as one line that can be read. */
export function readable(value: unknown): string {
  if (value instanceof Error) return value.message || value.name;
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return "";
  const { detail, message, error } = value as Record<string, unknown>;
  for (const text of [detail, message, error]) {
    if (typeof text === "string" && text) return text;
  }
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}

/** A wrong value, for a message: text in quotes, anything else as it is written. */
export function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/** The start of a text on one line, for a message. */
export function excerpt(text: string, most: number = EXCERPT): string {
  const line = text.slice(0, most * 4).replace(/\s+/g, " ").trim();
  return line.length > most ? `${line.slice(0, most)}...` : line;
}

/** The value of a JSON text; `undefined` if it is not JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A URL taken apart; `undefined` if it is none. Not `URL.canParse`, which has to parse it twice. */
export function parsedUrl(text: string | URL, base?: string | URL): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}

/** The name that is most like `text`, if one is like it at all. */
export function nearest(text: string, names: readonly string[]): string | undefined {
  const plain = (name: string): string => name.slice(0, 64).toLowerCase().replace(/[^a-z0-9]/g, "");
  const wanted = plain(text);
  let best: string | undefined;
  let least = Math.max(2, Math.ceil(wanted.length / 3)) + 1;
  for (const name of names) {
    const distance = edits(wanted, plain(name));
    if (distance < least) [best, least] = [name, distance];
  }
  return best;
}

/** The number of letters to insert, leave out or change to get from one text to the other. */
function edits(from: string, to: string): number {
  let row = [0, ...to].map((_, index) => index);
  for (let i = 0; i < from.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const change = row[j]! + (from[i] === to[j] ? 0 : 1);
      next.push(Math.min(change, row[j + 1]! + 1, next[j]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}

/** Parameters of a query whose values are secrets: who has the URL can use them. */
const SECRET = /sig|token|key|secret|credential|password|policy|auth/i;

/** A URL that can be shown: without a user name, a password, or values that sign it. */
export function publicUrl(url: string): string {
  return url.replace(/^(\w{1,16}:\/\/)[^/?#@]*@/, "$1").replace(
    /([?&][^=?&]*)=?[^?&]*/g,
    (pair, name) => SECRET.test(name.slice(0, 64)) ? `${name}=***` : pair,
  );
}
