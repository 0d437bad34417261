import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { ApiError, AuthError, Client, type Fetch } from "../mod.ts";
import { FakeReplicate } from "../src/testing/mod.ts";
import { rejection } from "./rejection.ts";

/** A server that remembers what it was asked. */
function recording(answer: () => Response = () => Response.json({ ok: true })) {
  const requests: { url: string; method: string; headers: Headers; body: unknown }[] = [];
  const fetch: Fetch = async (input, init = {}) => {
    const body = init.body instanceof Blob ? await init.body.text() : init.body;
    const { method = "GET" } = init;
    requests.push({ url: String(input), method, headers: new Headers(init.headers), body });
    return answer();
  };
  return { requests, fetch };
}

Deno.test("new Client() takes a token or options, and does no I/O", () => {
  const { requests, fetch } = recording();
  new Client("r8_x");
  new Client({ auth: "r8_x", fetch });
  new Client();
  assertEquals(requests, []);
});

Deno.test("client.request() sends what we lack, with our token, and gives the response", async () => {
  const { requests, fetch } = recording();
  const client = new Client({ auth: "r8_x", fetch });
  const response = await client.request("/things", {
    method: "POST",
    query: { a: 1 },
    json: { b: 2 },
    headers: { "x-c": "3" },
  });
  assertEquals(await response.json(), { ok: true });
  const [request] = requests;
  assertEquals([request?.method, request?.url, request?.body], [
    "POST",
    "https://api.replicate.com/v1/things?a=1",
    '{"b":2}',
  ]);
  assertEquals([request?.headers.get("authorization"), request?.headers.get("x-c")], [
    "Bearer r8_x",
    "3",
  ]);
  await (await client.request("account")).body?.cancel();
  assertEquals(requests[1]?.url, "https://api.replicate.com/v1/account");
});

Deno.test("client.request() throws ApiError for an answer that is an error", async () => {
  const { fetch } = recording(() => Response.json({ detail: "no" }, { status: 418 }));
  const error = await rejection(new Client({ auth: "r8_x", fetch }).request("/x"));
  assertInstanceOf(error, ApiError);
  assertEquals(error.message, "Cannot GET /x: 418 no");
});

Deno.test("client.request() sends the token to the API only", async () => {
  const { requests, fetch } = recording();
  const client = new Client({ auth: "r8_x", fetch });
  await (await client.request("https://elsewhere.example/x")).body?.cancel();
  assertEquals(requests[0]?.headers.get("authorization"), null);
});

Deno.test("client.with() gives a copy with some options changed", async () => {
  const { requests, fetch } = recording();
  const client = new Client({ auth: "r8_x", fetch, headers: { "x-a": "1" } });
  const copy = client.with({ headers: { "x-a": "2" }, retry: { maxRetries: 9 } });
  await client.request("/x");
  await copy.request("/x");
  assertEquals(requests.map(({ headers }) => headers.get("x-a")), ["1", "2"]);
  assertEquals(requests.map(({ headers }) => headers.get("authorization")), [
    "Bearer r8_x",
    "Bearer r8_x",
  ]);
  assertEquals(client.options.retry && client.options.retry.maxRetries, 3);
  assertEquals(copy.options.retry && copy.options.retry.maxRetries, 9);
});

Deno.test("client.configure() changes calls that start from then on, and gives the client", () => {
  const client = new Client("r8_x");
  assertStrictEquals(client.configure({ timeout: { connect: "1s" }, retry: false }), client);
  assertEquals(client.options.timeout, { connect: 1000, request: 60_000, idle: 60_000 });
  assertEquals(client.options.retry && client.options.retry.maxRetries, 0);
});

Deno.test("client.search() works without a token", async () => {
  const { requests, fetch } = recording(() =>
    Response.json({ query: "fig", models: [], collections: [], pages: [] })
  );
  Deno.env.delete("REPLICATE_API_TOKEN");
  await new Client({ fetch }).search({ query: "fig", limit: 3 });
  assertEquals(requests[0]?.url, "https://api.replicate.com/v1/search?query=fig&limit=3");
  assertEquals(requests[0]?.headers.get("authorization"), null);
});

Deno.test("client.paginate(client.predictions.list) gives the results page by page", async () => {
  const models = { "acme/x": { official: true, run: () => 1 } };
  await using fake = new FakeReplicate({ models, pageSize: 2 });
  const client = new Client({ auth: "r8_x", fetch: fake.fetch });
  for (let count = 0; count < 5; count++) await client.run("acme/x", { input: {} });
  const sizes: number[] = [];
  for await (const page of client.paginate(client.predictions.list)) sizes.push(page.length);
  assertEquals(sizes, [2, 2, 1]);
});

Deno.test("a Client shows no token when it is printed, and neither does what it hands out", async () => {
  const models = { "acme/x": { official: true, run: () => "x" } };
  await using fake = new FakeReplicate({ models });
  const client = new Client({ auth: "r8_secret", fetch: fake.fetch });
  const job = await client.start("acme/x", { input: {} });
  await job.output();
  const things = [client, client.options, client.models, client.predictions.list(), job];
  const shown = things.map((thing) =>
    Deno.inspect(thing, { depth: 10, showHidden: true }) + JSON.stringify(thing)
  ).join();
  assert(!shown.includes("r8_secret"), shown);
});

/** The output of a script on Deno that has these permissions only. */
async function onDeno(script: string, permissions: string[], token?: string): Promise<string> {
  const root = new URL("..", import.meta.url);
  const dir = await Deno.makeTempDir();
  try {
    const path = `${dir}/script.ts`;
    await Deno.writeTextFile(path, `import { Client } from "${root.href}mod.ts";\n${script}`);
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "--no-prompt", "--config", "deno.json", ...permissions, path],
      cwd: root,
      stdin: "null",
      env: { NO_COLOR: "1", ...(token && { REPLICATE_API_TOKEN: token }) },
    }).output();
    return (new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr)).trim();
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const SHOW = `
const fetch = (_url, init) => Promise.resolve(Response.json({ seen: init.headers.authorization }));
const show = (client) =>
  client.account.get().then(({ seen }) => console.log(seen), (e) => console.log(e.name, e.message));
`;

Deno.test("on Deno without --allow-env the client works when auth is given", async () => {
  const printed = await onDeno(`${SHOW} await show(new Client({ auth: "r8_given", fetch }));`, []);
  assertEquals(printed, "Bearer r8_given");
});

Deno.test("on Deno without --allow-env a client without auth says what is missing", async () => {
  const printed = await onDeno(`${SHOW} await show(new Client({ fetch }));`, []);
  assert(printed.startsWith("AuthError Cannot get the account: "), printed);
  assert(printed.includes("--allow-env=REPLICATE_API_TOKEN"), printed);
});

Deno.test("a client takes the token of REPLICATE_API_TOKEN, and says where to get one", async () => {
  const env = ["--allow-env=REPLICATE_API_TOKEN"];
  const script = `${SHOW} await show(new Client({ fetch }));`;
  assertEquals(await onDeno(script, env, "r8_env"), "Bearer r8_env");
  const error = await rejection(
    new Client({ auth: () => "", fetch: recording().fetch }).account.get(),
  );
  assertInstanceOf(error, AuthError);
});
