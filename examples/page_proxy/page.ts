/** The script of the page. It has no token: its requests go to the proxy on the same site. */

import { Client } from "@x/replicate";

const client = new Client({ baseUrl: "/api/replicate" });

const form = document.querySelector("form")!;
const poem = document.querySelector("pre")!;
const image = document.querySelector("img")!;

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const prompt = `${new FormData(form).get("prompt")}`;
  poem.textContent = "";
  try {
    const painting = client.run("black-forest-labs/flux-schnell", { input: { prompt } });
    const words = client.stream("meta/meta-llama-3-8b-instruct", { input: { prompt } });
    for await (const word of words.text()) poem.append(word);
    // The URL of the file: as text, a file and a list of one are that.
    image.src = String(await painting);
  } catch (error) {
    poem.textContent = `${error}`;
  }
});
