/**
 * Checks the links of every document: the file that a link names is there, and has the heading. Links to
 * files of this repository on GitHub are checked like those by path, and no other address is asked.
 *
 * `deno run --allow-read scripts/links.ts README.md` checks some; without names it checks all.
 *
 * @module
 */

import { headingsOf, linksOf } from "./markdown.ts";
import { type Offence, report } from "./sources.ts";

/** Our own files on GitHub: registries show the README as well, where paths lead nowhere. */
export const OWN: RegExp =
  /^https:\/\/(?:github\.com\/x\/replicate\/(?:blob|tree)|raw\.githubusercontent\.com\/x\/replicate)\/main\//;

/** The site that `deno task docs` builds: a page for each document. */
const SITE = /^https:\/\/x\.github\.io\/replicate\/([\w-]*)(?=#|$)/;

/** Folders that hold no documents of ours. */
const SKIPPED = /^(\.git|\.offline|\.site|node_modules|npm|npm-modules|coverage|testdata)$/;

/** Reads a file of the repository, `undefined` where there is none; of a folder, `""`. */
export type Read = (path: string) => string | undefined;

/** Every link of a document that leads nowhere. */
export function checkLinks(path: string, markdown: string, read: Read): Offence[] {
  return linksOf(markdown).flatMap(({ target, line }) => {
    const message = problemOf(path, target, read);
    return message ? [{ path, line, message }] : [];
  });
}

function problemOf(path: string, target: string, read: Read): string | undefined {
  const [file, anchor] = ownTarget(path, target) ?? [];
  if (file === undefined) return undefined;
  const text = read(file);
  if (text === undefined) return `${target} leads to no file`;
  if (!anchor || !file.endsWith(".md")) return undefined;
  const isThere = headingsOf(text).some((it) => it.anchor === anchor);
  return isThere ? undefined : `${target} leads to no heading of ${file}`;
}

/** The file of this repository that a link leads to, and the heading; `undefined` for other links. */
function ownTarget(path: string, target: string): [file: string, anchor?: string] | undefined {
  const page = SITE.exec(target)?.[1];
  const relative = page !== undefined
    ? target.replace(SITE, page === "" ? "/README.md" : `/docs/${page}.md`)
    : target.replace(OWN, "/");
  if (/^[a-z][a-z\d+.-]*:/i.test(relative)) return undefined;
  const { pathname, hash } = new URL(relative, `file:///${path}`);
  const file = decodeURIComponent(pathname).replace(/^\/|\/$/g, "");
  return [file, decodeURIComponent(hash.slice(1))];
}

/** The documents of the repository. */
export function documentsIn(folder = "."): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const path = folder === "." ? name : `${folder}/${name}`;
    if (isDirectory) return SKIPPED.test(name) ? [] : documentsIn(path);
    return name.endsWith(".md") ? [path] : [];
  }).sort();
}

/** Reads a file below the working directory. */
export function readOwn(path: string): string | undefined {
  try {
    return Deno.statSync(path || ".").isFile ? Deno.readTextFileSync(path) : "";
  } catch {
    return undefined;
  }
}

if (import.meta.main) {
  const paths = Deno.args.length > 0 ? Deno.args : documentsIn();
  const offences = paths.flatMap((path) => checkLinks(path, readOwn(path) ?? "", readOwn));
  report("links", paths.length, offences);
}
