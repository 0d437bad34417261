/** Values as text for messages, and text as values. */

/** The most characters of a response that an error quotes. */
const EXCERPT = 300;

/** Any thrown or reported value as one line that can be read. */
export function readable(value: unknown): string {
  if (value instanceof Error) return value.message || value.name;
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return "";
  if (typeof value === "object") {
    const record = value as Record<string, unknown>;
    for (const key of ["detail", "message", "error"]) {
      if (typeof record[key] === "string" && record[key]) return record[key];
    }
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
export function excerpt(text: string): string {
  const line = text.slice(0, EXCERPT * 4).replace(/\s+/g, " ").trim();
  return line.length > EXCERPT ? `${line.slice(0, EXCERPT)}...` : line;
}
/** The value of a JSON text; `undefined` if it is not JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
