/**
 * The site as a browser finds it: which file answers a path, and which links lead nowhere.
 *
 * @module
 */

/** The path that GitHub Pages serves the site under. */
const BASE = "/replicate/";

const TYPES: Record<string, string> = {
  css: "text/css",
  html: "text/html",
  js: "text/javascript",
  json: "application/json",
  md: "text/plain",
  svg: "image/svg+xml",
  txt: "text/plain",
  woff2: "font/woff2",
};

/** The file that GitHub Pages answers a path with. */
async function fileOf(folder: string, pathname: string): Promise<string | undefined> {
  if (!pathname.startsWith(BASE)) return undefined;
  const path = `${folder}/${decodeURIComponent(pathname.slice(BASE.length))}`;
  for (const file of [path, `${path}.html`, `${path.replace(/\/$/, "")}/index.html`]) {
    const info = await Deno.stat(file).catch(() => undefined);
    if (info?.isFile) return file;
  }
  return undefined;
}

/** The links of the pages of VitePress that lead to no page, or to no heading of one. */
export async function deadLinks(folder: string): Promise<string[]> {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
  const files = names.filter((name) => name.endsWith(".html") && name !== "404.html");
  const dead: string[] = [];
  for (const file of files) {
    const html = await Deno.readTextFile(`${folder}/${file}`);
    const from = `http://site${BASE}${file}`;
    const links = new Set(
      [...html.matchAll(/<a\b[^>]*\shref="([^"]+)"/g)].map(([, href]) => href!),
    );
    for (const href of links) {
      const url = new URL(href.replaceAll("&amp;", "&"), from);
      if (url.host !== "site") continue;
      const target = await fileOf(folder, url.pathname);
      if (!target) dead.push(`${file}: ${href} leads to no page`);
      else if (!await hasAnchor(target, url.hash)) {
        dead.push(`${file}: ${href} leads to no heading`);
      }
    }
  }
  return dead;
}

async function hasAnchor(file: string, hash: string): Promise<boolean> {
  if (hash === "" || !file.endsWith(".html")) return true;
  return (await Deno.readTextFile(file)).includes(`id="${decodeURIComponent(hash.slice(1))}"`);
}

/** Serves the site on this machine. */
export function serveSite(folder: string, port = 4173): Deno.HttpServer {
  const onListen = (): void => console.log(`http://127.0.0.1:${port}${BASE}`);
  return Deno.serve({ hostname: "127.0.0.1", port, onListen }, async (request) => {
    const file = await fileOf(folder, new URL(request.url).pathname);
    if (!file) return new Response("Not found", { status: 404 });
    const type = TYPES[file.split(".").at(-1)!] ?? "application/octet-stream";
    return new Response(await Deno.readFile(file), {
      headers: { "content-type": `${type}; charset=utf-8` },
    });
  });
}
