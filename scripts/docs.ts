/**
 * Builds the site of the documentation into `.site/dist`: the documents by VitePress, the reference by
 * `deno doc --html` under `api/`, and the files for machines. A link that leads nowhere fails it.
 *
 * VitePress comes from npm in the version of `site/package.json`, into `.site`, and is no part of the
 * library. With `--serve`, the site is served after that.
 *
 * @module
 */

import { checkLinks, readOwn } from "./links.ts";
import { writeLlms } from "./llms.ts";
import { GROUPS, pagesOf } from "./pages.ts";
import { deadLinks, serveSite } from "./site.ts";
import { PICTURE, sitePage } from "./site_page.ts";

const OUT = ".site";
const DIST = `${OUT}/dist`;

const { exports, name, version } = JSON.parse(await Deno.readTextFile("deno.json"));
const pages = pagesOf();
refuse(
  pages.flatMap(({ path, markdown }) =>
    checkLinks(path, markdown, readOwn).map((it) => `${it.path}:${it.line} ${it.message}`)
  ),
);
await writePages();
await deno(["install", "--quiet"], OUT);
await deno(["run", "-A", "node_modules/vitepress/bin/vitepress.js", "build"], OUT);
await deno(["doc", "--html", `--name=${name}`, `--output=${DIST}/api`, ...doors()]);
await writeSources();
refuse(await deadLinks(DIST));
console.log(`${pages.length} pages in ${DIST}`);
if (Deno.args.includes("--serve")) await serveSite(DIST).finished;

/** Copies the settings, and writes each document as VitePress wants it. */
async function writePages(): Promise<void> {
  for (const folder of ["pages", "dist", ".vitepress"]) await remove(`${OUT}/${folder}`);
  await Deno.mkdir(`${OUT}/pages`, { recursive: true });
  await Deno.mkdir(`${OUT}/.vitepress/theme`, { recursive: true });
  for (const file of ["config.mjs", "theme/index.mjs", "theme/style.css"]) {
    await Deno.copyFile(`site/${file}`, `${OUT}/.vitepress/${file}`);
  }
  await Deno.copyFile("site/package.json", `${OUT}/package.json`);
  for (const page of pages) {
    await Deno.writeTextFile(`${OUT}/pages/${page.name}.md`, sitePage(page, pages));
  }
  await Deno.mkdir(`${OUT}/pages/public`);
  for (const { name } of Deno.readDirSync("docs")) {
    if (!PICTURE.test(`docs/${name}`)) continue;
    await Deno.copyFile(`docs/${name}`, `${OUT}/pages/public/${name}`);
  }
  const data = { sidebar: sidebar(), doors: doorLinks(), version };
  await Deno.writeTextFile(`${OUT}/.vitepress/data.json`, JSON.stringify(data));
}

function sidebar(): object[] {
  return GROUPS.map((text) => ({
    text,
    items: pages.filter((it) => it.group === text && it.name !== "index")
      .map(({ title, name }) => ({ text: title, link: `/${name}` })),
  }));
}

/** The page of each door in what `deno doc` writes. */
function doorLinks(): object[] {
  return Object.keys(exports).map((door) => ({
    name: name + door.slice(1),
    path: door === "." ? "index.html" : `${door.slice(2)}/index.html`,
  }));
}

function doors(): string[] {
  return Object.values(exports);
}

/** The documents as they are, for machines. */
async function writeSources(): Promise<void> {
  for (const { name, markdown } of pages) {
    await Deno.writeTextFile(`${DIST}/${name}.md`, markdown);
  }
  await Deno.copyFile("skills/replicate/SKILL.md", `${DIST}/SKILL.md`);
  await writeLlms(DIST);
}

async function deno(args: string[], cwd = "."): Promise<void> {
  const command = new Deno.Command(Deno.execPath(), { args, cwd });
  const { success, stdout, stderr } = await command.output();
  const text = [stdout, stderr].map((it) => new TextDecoder().decode(it)).join("");
  if (!success) throw new Error(`Cannot build the site: deno ${args.join(" ")}\n${text}`);
}

async function remove(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

/** Ends the program when there is anything to complain about. */
function refuse(complaints: readonly string[]): void {
  for (const complaint of complaints) console.error(complaint);
  if (complaints.length > 0) Deno.exit(1);
}
