/**
 * A server that streams the words of a model to a page as they are made. A visitor who leaves cancels
 * the run, so that nobody pays for words that nobody reads.
 */

import { Client } from "@x/replicate";

const client = new Client();

const PAGE = `<!doctype html>
<meta charset="utf-8">
<title>Poems</title>
<form><input name="prompt" value="Two lines about rain"> <button>Write</button></form>
<pre></pre>
<script type="module">
const output = document.querySelector("pre");
document.querySelector("form").onsubmit = async (event) => {
  event.preventDefault();
  output.textContent = "";
  const response = await fetch("/poem?" + new URLSearchParams(new FormData(event.target)));
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let next; !(next = await reader.read()).done;) output.textContent += next.value;
};
</script>`;

function answer(request: Request): Response {
  const { pathname, searchParams } = new URL(request.url);
  if (pathname === "/") return new Response(PAGE, { headers: { "content-type": "text/html" } });
  if (pathname !== "/poem") return new Response("Not found", { status: 404 });
  const prompt = searchParams.get("prompt") ?? "rain";
  // A response that is no longer read cancels the run.
  return client.stream("meta/meta-llama-3-8b-instruct", {
    input: { prompt },
    timeout: "2m",
  }).toResponse({ as: "text" });
}

const port = Number(Deno.env.get("PORT") ?? 8000);
Deno.serve({ hostname: "127.0.0.1", port }, answer);
