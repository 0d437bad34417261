/** What the page of `browser_test.ts` does. The test waits for `globalThis.result`. */

import { Client } from "../../mod.ts";
import { subscribe } from "../../src/serve/mod.ts";

const client = new Client({ baseUrl: "/api/replicate" });

async function collect(texts: AsyncIterable<string>): Promise<string[]> {
  const pieces: string[] = [];
  for await (const text of texts) pieces.push(text);
  return pieces;
}

async function show(url: string): Promise<number> {
  const image = new Image();
  image.src = url;
  document.body.append(image);
  await image.decode();
  return image.naturalWidth;
}

async function run(): Promise<unknown> {
  const streamed = await collect(client.stream("acme/poet", { input: {} }).text());
  const width = await show(String(await client.run("acme/painter", { input: {} })));
  const refused = await client.run("acme/secret", { input: {} }).catch((error) => error.status);
  const tickets: Record<string, string> = await (await fetch("/tickets")).json();
  const watched = await collect(subscribe(tickets.poet!).text());
  const [url = ""] = await collect(subscribe(tickets.painter!).text());
  const forged = await collect(subscribe(`${tickets.poet}x`).text()).catch((error) => error.code);
  // The browser's own client for event streams, with nothing of ours.
  const { id } = subscribe(tickets.poet!);
  const source = new EventSource(`/api/watch/${id}?ticket=${tickets.poet}`);
  const native = await new Promise<string>((resolve) => {
    let text = "";
    source.addEventListener("output", ({ data }) => text += data);
    source.addEventListener("done", () => resolve(text));
  });
  source.close();
  return { streamed, width, refused, watched, watchedWidth: await show(url), forged, native };
}

const result = run().catch((error) => ({ error: String(error?.stack ?? error) }));
Object.assign(globalThis, { result });
