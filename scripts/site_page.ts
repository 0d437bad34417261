/**
 * Makes a page of the site of a document as it is on GitHub: links lead to pages, tables of commands for
 * each runtime become tabs, and blocks of code lose the words that are for the tests.
 *
 * @module
 */

import { OWN } from "./links.ts";
import type { Page } from "./pages.ts";

const REPOSITORY = "https://github.com/x/replicate";

/** A picture of a document, which lies beside it, and at the root of the site. */
export const PICTURE: RegExp = /^docs\/[^/]+\.(?:svg|png|webp)$/;

/** The text of a page for VitePress. */
export function sitePage(page: Page, pages: readonly Page[]): string {
  const text = mapText(
    page.markdown,
    (prose) => linked(tabbed(prose), page, pages),
    // The first word is the language, and the others are for the tests.
    (code) => code.replace(/^( *```+\w+).*/, "$1"),
  );
  if (page.name !== "index") return text;
  const [, title, rest] = /^# (.*)\n([^]*)$/.exec(text) ?? [];
  const [, tagline = ""] = /^\s*((?:[^\n]+\n)+)/.exec(rest ?? "") ?? [];
  return home(title ?? "", tagline) + (rest ?? "").replace(tagline, "");
}

/** The head of the home page. The README's title and first paragraph are its own. */
function home(title: string, tagline: string): string {
  const plain = tagline.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll("\n", " ").trim();
  return `---
layout: home
hero:
  name: ${JSON.stringify(title)}
  tagline: ${JSON.stringify(plain)}
  actions:
    - { theme: brand, text: First run, link: /first_run }
    - { theme: alt, text: Moving over, link: /moving_over }
    - { theme: alt, text: Examples, link: /examples }
---
`;
}

/** Changes what is prose, and blocks of code, each in its own way. */
function mapText(
  markdown: string,
  prose: (text: string) => string,
  code: (text: string) => string,
): string {
  const parts = markdown.split(/^( *```+[^]*?^ *```+ *$)/m);
  return parts.map((part, n) => n % 2 ? code(part) : prose(part)).join("");
}

/** A table whose columns are Runtime and Command, as tabs. */
function tabbed(prose: string): string {
  const table = /^\| *runtime *\| *command *\|\n\|[-| ]+\|\n((?:\|.*\|\n?)+)/gim;
  return prose.replace(table, (_, rows: string) => {
    const blocks = [...rows.matchAll(/^\| *(.+?) *\| *(.+?) *\|$/gm)].map(([, name, cell]) => {
      const commands = [...cell!.matchAll(/`([^`]+)`/g)].map(([, command]) => command);
      return `\`\`\`sh [${name}]\n${commands.join("\n# or\n")}\n\`\`\`\n`;
    });
    return `::: code-group\n\n${blocks.join("\n")}\n:::\n`;
  });
}

/** Links to documents lead to their pages, and those to other files of the repository to GitHub. */
function linked(prose: string, page: Page, pages: readonly Page[]): string {
  const link = /(\]\()([^\s)]+)(\))/g;
  return prose.replace(
    link,
    (_, before, target, after) => before + addressOf(target, page.path, pages) + after,
  );
}

function addressOf(target: string, path: string, pages: readonly Page[]): string {
  const own = target.replace(OWN, "/");
  if (own.startsWith("#") || /^[a-z][a-z\d+.-]*:/i.test(own)) return target;
  const { pathname, hash } = new URL(own, `file:///${path}`);
  const file = decodeURIComponent(pathname).replace(/^\/|\/$/g, "");
  const found = pages.find((it) => it.path === file || it.path === `${file}/README.md`);
  if (found) return `/${found.name === "index" ? "" : found.name}${hash}`;
  if (PICTURE.test(file)) return `/${file.replace(/.*\//, "")}`;
  const kind = /\.\w+$/.test(file) || file === "LICENSE" ? "blob" : "tree";
  return `${REPOSITORY}/${kind}/main/${file}${hash}`;
}
