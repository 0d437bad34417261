/** Writes JSON for people who read it and its differences. */

/** The longest value that is written on one line, in characters. */
const WIDTH = 100;

/** A value as JSON: whatever fits is on one line, and all else has a line for each of its items. */
export function printJson(value: unknown, indent = ""): string {
  const plain = onOneLine(value, WIDTH - indent.length);
  if (plain !== undefined) return plain;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  const items = Array.isArray(value)
    ? value.map((item) => inner + printJson(item, inner))
    : entriesOf(value).map(([key, item]) =>
      `${inner}${JSON.stringify(key)}: ${printJson(item, inner)}`
    );
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  return `${open}\n${items.join(",\n")}\n${indent}${close}`;
}

/** The fields that JSON has. */
function entriesOf(value: object): [string, unknown][] {
  return Object.entries(value).filter(([, item]) => item !== undefined);
}

/** A value on one line; `undefined` if it is too long for it. */
function onOneLine(value: unknown, width: number): string | undefined {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const text = Array.isArray(value)
    ? spread("[", value.map((item) => [undefined, item]), "]", width)
    : spread("{ ", entriesOf(value), " }", width);
  return text !== undefined && text.length <= width ? text : undefined;
}

function spread(
  open: string,
  items: [string | undefined, unknown][],
  close: string,
  width: number,
): string | undefined {
  if (items.length === 0) return `${open.trim()}${close.trim()}`;
  const parts: string[] = [];
  let left = width;
  for (const [key, item] of items) {
    const text = onOneLine(item, left);
    if (text === undefined) return undefined;
    parts.push(key === undefined ? text : `${JSON.stringify(key)}: ${text}`);
    left -= text.length;
    if (left < 0) return undefined;
  }
  return `${open}${parts.join(", ")}${close}`;
}
