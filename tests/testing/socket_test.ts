import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { FakeReplicate } from "../../src/testing/mod.ts";

const HEADERS = { authorization: "Bearer t", "content-type": "application/json" };

async function serve(
  fake: FakeReplicate,
  use: (origin: string) => Promise<void>,
): Promise<void> {
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {}, onError: () => new Response(null) },
    fake.handle,
  );
  try {
    await use(`http://127.0.0.1:${server.addr.port}`);
  } finally {
    await fake[Symbol.asyncDispose]();
    await server.shutdown();
  }
}

Deno.test("behind a socket, every URL is on the origin that was asked", async () => {
  const fake = new FakeReplicate({
    models: {
      "acme/painter": {
        async *run(): AsyncGenerator<Blob> {
          yield new Blob(["png"], { type: "image/png" });
        },
      },
    },
  });
  await serve(fake, async (origin) => {
    const created = await fetch(`${origin}/v1/predictions`, {
      method: "POST",
      headers: { ...HEADERS, prefer: "wait" },
      body: JSON.stringify({ version: fake.version("acme/painter"), input: {} }),
    });
    const { urls, output } = await created.json();
    assert([urls.get, urls.cancel, urls.stream, ...output].every((url) => url.startsWith(origin)));
    assertEquals(await (await fetch(output[0])).text(), "png");
    assertStringIncludes(await (await fetch(urls.stream)).text(), `data: ${output[0]}\n`);
    assertEquals((await (await fetch(urls.get, { headers: HEADERS })).json()).output, output);
    const range = await fetch(output[0], { headers: { range: "bytes=1-" } });
    assertEquals([range.status, await range.text()], [206, "ng"]);
    fake.assertDone();
  });
});

Deno.test("behind a socket, a cut body breaks off and a split one arrives whole", async () => {
  const body = "x".repeat(1_000);
  const faults = [{ body, cut: 500 }, { body, split: 7 }];
  await serve(new FakeReplicate({ models: {}, faults }), async (origin) => {
    const cut = await fetch(`${origin}/v1/account`, { headers: HEADERS });
    await assertRejects(() => cut.text());
    const split = await fetch(`${origin}/v1/account`, { headers: HEADERS });
    assertEquals(await split.text(), body);
  });
});
