/** The server of the benchmarks, a process of its own on Node: the same for all contenders. */

import { createServer, type ServerResponse } from "node:http";
import process from "node:process";
import { ITEMS, PAGES, prediction, tokenChunks, tokens } from "./data.ts";

const JSON_HEAD = { "content-type": "application/json" };
const record = JSON.stringify(prediction());
const stream = tokenChunks(tokens(), 64 * 1024);
let origin = "";

function json(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { ...JSON_HEAD, "content-length": Buffer.byteLength(body) });
  response.end(body);
}

function page(number: number): string {
  const results = Array.from({ length: ITEMS }, (_, n) => prediction(`id${number}x${n}`));
  const next = number + 1 < PAGES ? `${origin}/v1/predictions?cursor=${number + 1}` : null;
  return JSON.stringify({ next, previous: null, results });
}

const pages = new Map<number, string>();

async function events(response: ServerResponse): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const chunk of stream) {
    if (!response.write(chunk)) await new Promise((resolve) => response.once("drain", resolve));
  }
  response.end();
}

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url!, origin);
  if (request.method === "POST") {
    const urls = { ...prediction().urls, stream: `${origin}/stream` };
    const body = pathname.includes("/models/")
      ? JSON.stringify({ ...prediction(), status: "processing", urls })
      : record;
    request.resume();
    request.on("end", () => json(response, 201, body));
  } else if (pathname === "/stream") void events(response);
  else if (pathname === "/v1/predictions") {
    const number = Number(searchParams.get("cursor") ?? 0);
    if (!pages.has(number)) pages.set(number, page(number));
    json(response, 200, pages.get(number)!);
  } else json(response, 200, record);
});
// A connection that is closed while another contender has its turn would be a cost of nobody's.
server.keepAliveTimeout = 600_000;
server.requestTimeout = 0;
server.listen(0, "127.0.0.1", () => {
  const address = server.address() as { port: number };
  origin = `http://127.0.0.1:${address.port}`;
  process.stdout.write(`${origin}\n`);
});
process.stdin.on("end", () => process.exit());
process.stdin.resume();
