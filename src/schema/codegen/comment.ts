/** Doc comments from what authors wrote, whatever is in it. */

import { columns, WIDTH } from "./print.ts";

/** A doc comment of paragraphs; an empty text if there are none. */
export function comment(paragraphs: readonly string[], indent: number): string {
  const space = " ".repeat(indent);
  const lines = paragraphs.map((text) => text.replace(/\*\//g, "*\\/")).filter((text) =>
    text !== ""
  )
    .flatMap((text, index) => [...(index > 0 ? [""] : []), ...wrapped(text, WIDTH - indent - 3)]);
  if (lines.length === 0) return "";
  const [only = ""] = lines;
  if (lines.length === 1 && columns(only) <= WIDTH - indent - 7) return `${space}/** ${only} */\n`;
  return `${space}/**\n${
    lines.map((line) => `${space} * ${line}`.trimEnd()).join("\n")
  }\n${space} */\n`;
}

/** The text of an author, as a paragraph in which nothing is a tag, a link or HTML that was none. */
export function prose(text: unknown): string {
  if (typeof text !== "string") return "";
  return text
    .replace(/\r\n?|[\u2028\u2029\v\f]/g, "\n")
    // deno-lint-ignore no-control-regex
    .replace(/[\x00-\x08\x0e-\x1f\x7f]/g, "")
    .split("\n").map(escaped).join("\n").trim();
}

/** A line in which `<` and `@` are themselves; between backticks they are that anyway. */
function escaped(line: string): string {
  const parts = line.split(/(`+[^`]*`+)/);
  const plain = (part: string): string => part.replace(/</g, "\\<").replace(/\{@/g, "{\\@");
  return parts.map((part, index) => index % 2 ? part : plain(part)).join("").trim()
    .replace(/^@/, "\\@");
}

/** Lines of a width, broken between words. Empty lines stay; more than one in a row are one. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.replace(/\n{3,}/g, "\n\n").split("\n")) {
    let line = "";
    // Code is one word, as it would not be code any more in two lines.
    for (const word of paragraph.match(/\S*?(?:(`+)[^`]*\1)\S*|\S+/g) ?? [""]) {
      if (line !== "" && columns(line) + 1 + columns(word) > width) {
        lines.push(line);
        // At the start of a line it would be a tag.
        line = word.replace(/^@/, "\\@");
      } else line = line === "" ? word : `${line} ${word}`;
    }
    lines.push(line);
  }
  return lines;
}
