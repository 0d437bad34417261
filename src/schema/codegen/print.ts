/** TypeScript source, laid out as `deno fmt` leaves it with lines of 100 columns. */

/** The width of a line. */
export const WIDTH = 100;

/** Text as a string literal: in the quotes that need less escaping, as the formatter chooses them. */
export function quoted(text: string): string {
  const doubles = text.split('"').length;
  const singles = text.split("'").length;
  const json = JSON.stringify(text).replace(
    /[\u2028\u2029\u007f-\u009f]/g,
    (it) => `\\u${it.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  if (doubles <= singles) return json;
  return `'${json.slice(1, -1).replace(/\\"/g, '"').replace(/'/g, "\\'")}'`;
}

/** A name as the key of a field. */
export function keyOf(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name);
}

/** The columns that a text takes: two for letters of East Asia. */
export function columns(text: string): number {
  let width = 0;
  // deno-lint-ignore no-control-regex
  if (/^[\x00-\x7f]*$/.test(text)) return text.length;
  for (const letter of text) {
    // Marks that combine with the letter before them take none.
    width += /\p{Mn}|\p{Me}|\u200b|\u200d/u.test(letter) ? 0 : WIDE.test(letter) ? 2 : 1;
  }
  return width;
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;

/**
 * A declaration with a type behind it, such as `  size?: "a" | "b";`. Choices that do not fit on the line
 * get one each.
 */
export function typed(head: string, members: readonly string[], indent: number): string {
  const space = " ".repeat(indent);
  const line = `${space}${head} ${members.join(" | ")};`;
  if (columns(line) <= WIDTH) return line;
  if (members.length === 1) {
    const [only = ""] = members;
    const [, value] = /^Record<string, (.*)>$/.exec(only) ?? [];
    if (value !== undefined) {
      const rows = `${space}  string,\n${space}  ${value}`;
      return `${space}${head} Record<\n${rows}\n${space}>;`;
    }
    // A type alias goes on in the next line; a field has nowhere to break.
    return head.endsWith("=") ? `${space}${head}\n${space}  ${only};` : line;
  }
  const rows = members.map((member) => `\n${space}  | ${member}`);
  return `${space}${head}${rows.join("")};`;
}
