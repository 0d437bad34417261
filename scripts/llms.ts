/**
 * Writes the documentation for machines, from the same files as the site: `llms.txt` lists every page
 * with a line on it, and `llms-full.txt` holds all of them, and the API with its types.
 *
 * `deno run -A scripts/llms.ts FOLDER` writes both into a folder.
 *
 * @module
 */

import { type Declaration, type Door, headText, membersOf, readDoors } from "./doc_nodes.ts";
import { GROUPS, type Page, pagesOf, SITE_URL } from "./pages.ts";

/** The first sentence of a text, on one line. */
export function firstSentence(text: string): string {
  const line = plain(text).replaceAll(/\s+/g, " ");
  return /^.*?[.:](?= |$)/.exec(line)?.[0].replace(/:$/, ".") ?? line;
}

/** A comment without the marks of links. */
function plain(text: string): string {
  return text.replace(/\{@linkcode ([^}]+)\}/g, "`$1`").trim();
}

/** The first sentence below the title of a document. */
function summaryOf({ markdown }: Page): string {
  const [, paragraph = ""] = /^#[^\n]*\n+((?:[^\n]+\n?)+)/m.exec(markdown) ?? [];
  return firstSentence(paragraph.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1"));
}

/** The text of `llms.txt`: https://llmstxt.org. */
export function llmsIndex(pages: readonly Page[], doors: readonly Door[]): string {
  const [home] = pages;
  const sections = GROUPS.map((group) => {
    const lines = pages.filter((it) => it.group === group).map((page) =>
      `- [${page.title}](${SITE_URL}${page.name}.md): ${summaryOf(page)}`
    );
    return lines.length > 0 ? `## ${group}\n\n${lines.join("\n")}\n` : "";
  });
  const imports = doors.map(({ name, moduleDoc }) =>
    `- \`${name}\`: ${plain(moduleDoc.doc ?? "").split("\n\n")[0]!.replaceAll("\n", " ")}`
  );
  return [
    `# ${home!.title}\n`,
    `> ${summaryOf(home!)}\n`,
    `All pages in one, and the API with its types: [llms-full.txt](${SITE_URL}llms-full.txt). Rules ` +
    `for writing code with it: [SKILL.md](${SITE_URL}SKILL.md).\n`,
    `## Imports\n\n${imports.join("\n")}\n`,
    ...sections.filter((it) => it !== ""),
  ].join("\n");
}

/** The text of `llms-full.txt`. */
export function llmsFull(pages: readonly Page[], doors: readonly Door[]): string {
  return [
    ...pages.map(({ markdown }) => markdown.trim()),
    "# The API with its types",
    ...doors.map(doorText),
  ].join("\n\n") + "\n";
}

/** A door: each symbol once, with the first sentence of its comment. */
function doorText({ name, moduleDoc, symbols }: Door): string {
  const declared = symbols.flatMap(({ name, declarations }) =>
    declarations.filter(({ kind }) => kind !== "reference").map((it) => symbolText(name, it))
  );
  const code = declared.length > 0 ? `\n\n\`\`\`ts\n${declared.join("\n")}\n\`\`\`` : "";
  return `## \`${name}\`\n\n${moduleDoc.doc?.trim() ?? ""}${code}`;
}

function symbolText(name: string, declaration: Declaration): string {
  const head = headText(name, declaration);
  const comment = firstSentence(declaration.jsDoc?.doc ?? "");
  const first = comment ? `// ${comment}\n${head}` : head;
  if (declaration.kind !== "class" && declaration.kind !== "interface") return first;
  const members = membersOf(declaration.def).map(({ text, jsDoc }) => {
    const comment = firstSentence(jsDoc?.doc ?? "");
    return comment ? `  ${text}; // ${comment}` : `  ${text};`;
  });
  return members.length > 0 ? `${first} {\n${members.join("\n")}\n}` : `${first} {}`;
}

/** Writes both files into a folder. */
export async function writeLlms(folder: string): Promise<void> {
  const [pages, doors] = [pagesOf(), await readDoors()];
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}/llms.txt`, llmsIndex(pages, doors));
  await Deno.writeTextFile(`${folder}/llms-full.txt`, llmsFull(pages, doors));
}

if (import.meta.main) await writeLlms(Deno.args[0] ?? ".");
