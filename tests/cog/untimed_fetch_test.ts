import { assertEquals, assertRejects } from "@std/assert";
import { nodeFetch, type NodeHttp } from "../../src/cog/untimed_fetch.ts";
import { isNetworkLoss, wasRefused } from "../../src/http/network.ts";

/** Node's own client, which Deno has too. Its types would come with its name. */
async function nodeHttp(): Promise<NodeHttp> {
  return await import(["node", "http"].join(":"));
}

Deno.test("nodeFetch() sends a request as `fetch` does, and gives its answer while it comes", async () => {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { method, headers } = request;
      const asked = `${method} ${headers.get("x-a")} ${await request.text()}`;
      const body = ReadableStream.from([asked, "!".repeat(200_000)])
        .pipeThrough(new TextEncoderStream());
      return new Response(body, { status: 202, headers: { "x-b": "2" } });
    },
  );
  const url = `http://127.0.0.1:${server.addr.port}/x`;
  const response = await nodeFetch(await nodeHttp(), url, {
    method: "PUT",
    headers: { "x-a": "1" },
    body: "{}",
  });
  assertEquals([response.status, response.headers.get("x-b")], [202, "2"]);
  assertEquals(await response.text(), `PUT 1 {}${"!".repeat(200_000)}`);
  await server.shutdown();
});

Deno.test("nodeFetch() rejects as a network does, and with the reason of an abort", async () => {
  const http = await nodeHttp();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${listener.addr.port}`;
  const controller = new AbortController();
  const asked = nodeFetch(http, url, { signal: controller.signal });
  (await listener.accept()).close();
  assertEquals(isNetworkLoss(await asked.catch((error) => error)), true);
  const left = nodeFetch(http, url, { signal: controller.signal });
  const connection = await listener.accept();
  controller.abort(new Error("left"));
  await assertRejects(() => left, Error, "left");
  connection.close();
  listener.close();
  const refused = await nodeFetch(http, url, {}).catch((error) => error);
  assertEquals([isNetworkLoss(refused), wasRefused(refused)], [true, true]);
});

Deno.test("nodeFetch() gives an answer that has no body, and sends a GET where nothing else is said", async () => {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    ({ method }) => new Response(null, { status: 204, headers: { "x-method": method } }),
  );
  const response = await nodeFetch(await nodeHttp(), `http://127.0.0.1:${server.addr.port}`, {});
  assertEquals([response.status, response.body], [204, null]);
  assertEquals(response.headers.get("x-method"), "GET");
  await server.shutdown();
});
