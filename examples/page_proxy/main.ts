/**
 * A page that runs models by itself, and a server whose proxy adds the token. The proxy lets pages of
 * this site run two models, and no visitor more than 20 times an hour.
 */

import { Client } from "@x/replicate";
import { proxyHandler } from "@x/replicate/serve";

const PAGE = `<!doctype html>
<meta charset="utf-8">
<title>Poems and pictures</title>
<form><input name="prompt" value="a fig on a plate"> <button>Make</button></form>
<pre></pre>
<img alt="" width="300">
<script type="module" src="/page.js"></script>`;

const proxy = proxyHandler({
  client: new Client(),
  allow: {
    models: ["black-forest-labs/flux-schnell", "meta/meta-llama-3-8b-instruct"],
    // Put the id of the user's session here.
    user: () => "visitor",
    limit: { runs: 20, per: "1h" },
  },
  cancelAfter: "5m",
});

const script = await bundle("page.ts");

async function answer(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname.startsWith("/api/replicate/")) return await proxy(request);
  if (pathname === "/page.js") return response(script, "text/javascript");
  return pathname === "/" ? response(PAGE, "text/html") : new Response(null, { status: 404 });
}

const response = (body: string, type: string): Response =>
  new Response(body, { headers: { "content-type": `${type}; charset=utf-8` } });

/** Makes one file of the script and the library, as Vite or esbuild would. */
async function bundle(file: string): Promise<string> {
  const path = new URL(file, import.meta.url).pathname;
  const args = ["bundle", "--quiet", "--platform", "browser", "--minify", path];
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

const port = Number(Deno.env.get("PORT") ?? 8000);
Deno.serve({ hostname: "127.0.0.1", port }, answer);
