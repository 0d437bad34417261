import { assert, assertEquals, assertRejects } from "@std/assert";
import { ApiError, Client } from "../mod.ts";
import { startFake } from "../examples/fake.ts";
import worker, { type Bucket } from "../examples/worker_r2/worker.ts";
import { permissionsOf, runExample, runOnFake, serveExample } from "./example.ts";
// Its tests run with these, as they are.
import "../examples/app_test/app_test.ts";

Deno.test("examples/demo.ts tours the client on the fake, and writes no escape codes to a pipe", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const { code, text } = await runExample("demo.ts", dir, await permissionsOf("demo"));
    assertEquals(code, 0, text);
    assert(text.startsWith("No REPLICATE_API_TOKEN: this runs on the embedded fake"), text);
    assert(text.includes("by dawn the garden drinks the light"), text);
    assert(text.includes("6 done, 0 failed"), text);
    assert(text.includes("Did you mean num_outputs?") && text.includes("(exit code 2)"), text);
    assert(text.includes('PredictionError of kind "memory": Cannot run demo/picky'), text);
    assert(text.includes("input.num_outputs: Invalid type. Expected: integer"), text);
    assert(!text.includes("\x1b"), "an escape code");
    const [picture] = [...Deno.readDirSync(dir)].filter(({ name }) => name.endsWith(".svg"));
    assert((await Deno.readTextFile(`${dir}/${picture?.name}`)).startsWith("<svg"));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("examples/typed_model finds every mistake, and needs no cast", async () => {
  const { code, text } = await runOnFake("typed_model");
  assertEquals(code, 0, text);
  assert(text.includes("did you mean aspect_ratio?"), text);
  assert(text.includes("Made fig.svg"), text);
  assert(text.includes('{"type":"integer","minimum":1,"maximum":4}'), text);
});

Deno.test("examples/webhook_server handles the webhook of its run", async () => {
  const { code, text } = await runOnFake("webhook_server");
  assertEquals(code, 0, text);
  assert(/for \?order=7: succeeded \[ "Rain", " taps", " the", " roof" \]/.test(text), text);
});

Deno.test("examples/ai_chat prints the answer to a question", async () => {
  const { code, text } = await runOnFake("ai_chat");
  assertEquals(code, 0, text);
  assert(text.includes("Rain taps the roof"), text);
});

Deno.test("examples/deno_stream streams to its page, and cancels the run of who leaves", async () => {
  await using replicate = startFake();
  const { fake, env } = replicate;
  await using server = await serveExample("deno_stream", env);
  const page = await (await fetch(server.origin)).text();
  assert(page.includes('fetch("/poem?"'), page);
  const poem = await fetch(`${server.origin}/poem?prompt=rain`);
  assertEquals(await poem.text(), "Rain taps the roof");

  const leaving = await fetch(`${server.origin}/poem?prompt=rain`);
  const reader = leaving.body!.getReader();
  // The headers come before the run is created; a comment or a word, after that.
  await reader.read();
  await waitFor(() => fake.predictions.size === 2);
  await reader.cancel();
  const [, second] = fake.predictions.keys();
  await waitFor(() => fake.predictions.get(second!)?.status === "canceled");
});

Deno.test("examples/page_proxy serves its page, and runs for it what is allowed", async () => {
  await using replicate = startFake();
  await using server = await serveExample("page_proxy", replicate.env);
  const page = await (await fetch(server.origin)).text();
  assert(page.includes('src="/page.js"'), page);
  const script = await (await fetch(`${server.origin}/page.js`)).text();
  assert(script.includes("/api/replicate") && !script.includes("r8_of_the_fake"));

  const headers = { "sec-fetch-site": "same-origin" };
  const baseUrl = `${server.origin}/api/replicate`;
  const client = new Client({ auth: "of-a-page", baseUrl, headers });
  const words = client.stream("meta/meta-llama-3-8b-instruct", { input: { prompt: "rain" } });
  assertEquals((await Array.fromAsync(words.text())).join(""), "Rain taps the roof");
  const run = client.run("black-forest-labs/flux-schnell", { input: { prompt: "a fig" } });
  assert(String(await run).endsWith("fig.svg"), String(await run));
  const other = client.run("acme/secret", { input: {} });
  await assertRejects(() => other, ApiError, "403");
});

Deno.test("examples/worker_r2 keeps the image that its webhook brings", async () => {
  await using replicate = startFake();
  const { fake, env: { REPLICATE_BASE_URL } } = replicate;
  const kept = new Map<string, { bytes: Uint8Array<ArrayBuffer>; contentType: string }>();
  const COVERS: Bucket = {
    get(key) {
      const { bytes, contentType } = kept.get(key) ?? {};
      return Promise.resolve(
        bytes
          ? {
            body: new Response(bytes).body!,
            writeHttpMetadata: (to) => to.set("content-type", contentType!),
          }
          : null,
      );
    },
    async put(key, body, { httpMetadata }) {
      kept.set(key, { bytes: await new Response(body).bytes(), ...httpMetadata });
    },
  };
  const env = { REPLICATE_API_TOKEN: "r8_test", REPLICATE_BASE_URL: REPLICATE_BASE_URL!, COVERS };
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => worker.fetch(request, env),
  );
  const origin = `http://127.0.0.1:${server.addr.port}`;
  const body = JSON.stringify({ prompt: "a fig" });
  const answer = await fetch(`${origin}/covers`, { method: "POST", body });
  assertEquals(answer.status, 202);
  const { id } = await answer.json();
  await waitFor(() => fake.predictions.get(id)?.status === "succeeded");
  await fake.webhooksSettled();
  const cover = await fetch(`${origin}/covers/${id}`);
  assertEquals([cover.status, cover.headers.get("content-type")], [200, "image/svg+xml"]);
  assert((await cover.text()).startsWith("<svg"));
  assertEquals((await worker.fetch(new Request(`${origin}/`), env)).status, 404);
});

Deno.test("examples/batch_folder keeps every image, and nothing twice when it is started again", async () => {
  await using replicate = startFake();
  const { fake, env } = replicate;
  const dir = await Deno.makeTempDir();
  try {
    const run = () => runExample("batch_folder/main.ts", dir, undefined, env);
    const { code, text } = await run();
    assertEquals(code, 0, text);
    for (const path of text.match(/covers\/\S+\.svg/g) ?? []) {
      assert((await Deno.readTextFile(`${dir}/${path}`)).startsWith("<svg"));
    }
    assertEquals(text.match(/covers\/\S+-0-fig\.svg/g)?.length, 3, text);
    const requests = fake.requests.length;
    assertEquals([(await run()).text, fake.requests.length], [text, requests]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("examples/README.md lists each example, and no other", async () => {
  const text = await Deno.readTextFile(new URL("../examples/README.md", import.meta.url));
  const listed = [...text.matchAll(/^\| \[`(\w+)`\]/gm)].map(([, name]) => name!);
  const folders = [...Deno.readDirSync(new URL("../examples/", import.meta.url))]
    .filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
  assertEquals(listed.sort(), folders.sort());
});

/** Waits for something that another process does. */
async function waitFor(isDone: () => boolean): Promise<void> {
  for (let n = 0; !isDone(); n++) {
    assert(n < 2000, "this takes too long");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
