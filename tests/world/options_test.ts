/** Issue numbers 14.8, 14.11, 14.20 and 14.23: options that are misspelt, gateways, tokens, debugging. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { Client } from "../../src/client.ts";
import { ApiError } from "../../src/errors.ts";
import type { ClientOptions, DebugEvent, Fetch } from "../../src/http/options.ts";
import { rejection } from "../rejection.ts";

const TOKEN = "r8_secret_0123456789";

function clientWith(answer: () => Response, options: ClientOptions = {}) {
  const urls: string[] = [];
  const authorizations: (string | null)[] = [];
  const fetch: Fetch = (input, init = {}) => {
    urls.push(String(input));
    authorizations.push(new Headers(init.headers).get("authorization"));
    return Promise.resolve(answer());
  };
  return { urls, authorizations, client: new Client({ auth: TOKEN, fetch, ...options }) };
}

Deno.test("14.8 an unknown option of a client is refused, with the nearest name", () => {
  const wrong: [options: object, hint: string][] = [
    [{ baseURL: "https://x.example" }, "baseURL: did you mean baseUrl?"],
    [{ apiKey: "r8_x" }, "apiKey: give the token as auth"],
    [{ retries: 3 }, "retries: did you mean retry?"],
    [{ timeouts: "5s" }, "timeouts: did you mean timeout?"],
    [{ retry: { maxRetry: 3 } }, "maxRetry: did you mean maxRetries?"],
    [{ timeout: { conect: 3 } }, "conect: did you mean connect?"],
    [{ limiter: { concurency: 3 } }, "concurency: did you mean concurrency?"],
    [{ uploads: { parallel: 3 } }, "parallel"],
    [{ useFileOutput: false }, "String(file) is the URL"],
  ];
  for (const [options, hint] of wrong) {
    const error = assertThrows(() => new Client({ auth: TOKEN, ...options }), TypeError);
    assert(error.message.includes(hint), error.message);
  }
});

Deno.test("14.8 an unknown option of a call is refused before any request", async () => {
  const { client, urls } = clientWith(() => Response.json({ results: [] }));
  const calls = [
    () => client.predictions.get("abc", { sginal: null } as object),
    () => client.predictions.list({ createdAfter: "2026-01-01" } as object),
    () => client.models.get("a", "b", { maxRetries: 3 } as object),
    () => client.account.get({ retries: false } as object),
  ];
  for (const call of calls) {
    const error = await rejection(call());
    assert(error instanceof TypeError && /there is no option/.test(error.message), String(error));
  }
  assertEquals(urls, []);
});

Deno.test("14.11 a URL on the API's own origin is asked for at the gateway", async () => {
  const baseUrl = "https://gateway.example.com/acct/gw/replicate";
  let page = 0;
  const { client, urls, authorizations } = clientWith(
    () =>
      Response.json({
        results: [{ id: `p${page}` }],
        next: page++ < 2 ? `https://api.replicate.com/v1/predictions?cursor=c${page}` : null,
      }),
    { baseUrl, headers: { "cf-aig-authorization": "Bearer gw" } },
  );
  const ids: string[] = [];
  for await (const { id } of client.predictions.list()) ids.push(id);
  assertEquals(ids, ["p0", "p1", "p2"]);
  assertEquals(urls, [
    `${baseUrl}/predictions`,
    `${baseUrl}/predictions?cursor=c1`,
    `${baseUrl}/predictions?cursor=c2`,
  ]);
  assertEquals(new Set(authorizations), new Set([`Bearer ${TOKEN}`]));
});

Deno.test("14.11 REPLICATE_BASE_URL is the base where none is given", () => {
  Deno.env.set("REPLICATE_BASE_URL", "https://gateway.example.com/v1/");
  try {
    assertEquals(new Client(TOKEN).options.baseUrl, "https://gateway.example.com/v1");
    assertEquals(
      new Client({ baseUrl: "https://b.example/v1" }).options.baseUrl,
      "https://b.example/v1",
    );
  } finally {
    Deno.env.delete("REPLICATE_BASE_URL");
  }
});

Deno.test("14.14 a create answered with 408 or 5xx says that it may have been accepted", async () => {
  for (const status of [408, 500, 502, 504]) {
    const { client, urls } = clientWith(() => new Response("no", { status }));
    const error = await rejection(client.predictions.create({ version: "acme/x", input: {} }));
    assert(error.message.includes("may have been accepted"), error.message);
    assertEquals(urls.length, 1);
  }
  const { client } = clientWith(() => new Response("no", { status: 422 }));
  const refused = await rejection(client.predictions.create({ version: "acme/x", input: {} }));
  assert(!refused.message.includes("may have been accepted"), refused.message);
});

Deno.test("14.16 an error can be renamed, and be given a property", async () => {
  const { client } = clientWith(() => new Response("no", { status: 422 }));
  const error = await rejection(client.account.get());
  error.name = "MyError";
  Object.assign(error, { body: "mine", extra: 1 });
  assertEquals([error.name, (error as unknown as { extra: number }).extra], ["MyError", 1]);
  assertEquals(structuredClone(error).message, error.message);
});

Deno.test("14.20 a 401 says where tokens are made, and a pasted Bearer is understood", async () => {
  const { client, authorizations } = clientWith(
    () => Response.json({ title: "Unauthenticated", detail: "no", status: 401 }, { status: 401 }),
    { auth: `Bearer ${TOKEN}` },
  );
  const error = await rejection(client.account.get());
  assert(error instanceof ApiError);
  assert(error.message.includes("https://replicate.com/account/api-tokens"), error.message);
  assertEquals(authorizations, [`Bearer ${TOKEN}`]);
});

Deno.test("14.20 signal: controller says to give controller.signal", async () => {
  const { client } = clientWith(() => Response.json({ id: "a" }));
  const signal = new AbortController() as unknown as AbortSignal;
  const error = await rejection(client.predictions.get("abc", { signal }));
  assert(error instanceof TypeError && error.message.includes("controller.signal"), String(error));
});

Deno.test("14.23 debug shows requests, answers, waits and errors, without token and prompts", async () => {
  const events: DebugEvent[] = [];
  let requests = 0;
  const { client } = clientWith(
    () =>
      ++requests === 1
        ? new Response("", { status: 503, headers: { "retry-after": "0.001" } })
        : Response.json({ id: "a" }, { headers: { "cf-ray": "ray-1" } }),
    { debug: (event) => events.push(event), retry: { minDelay: 1 } },
  );
  await client.predictions.get("abc");
  const known = events.map(({ event, method, path, attempt, status, requestId }) => [
    event,
    method,
    path,
    attempt,
    status,
    requestId,
  ]);
  assertEquals(known, [
    ["request", "GET", "/predictions/abc", 1, undefined, undefined],
    ["response", "GET", "/predictions/abc", 1, 503, undefined],
    ["wait", "GET", "/predictions/abc", 1, undefined, undefined],
    ["request", "GET", "/predictions/abc", 2, undefined, undefined],
    ["response", "GET", "/predictions/abc", 2, 200, "ray-1"],
  ]);
  await client.predictions.create({ version: "acme/x", input: { prompt: "private" } });
  const shown = JSON.stringify(events);
  assert(!shown.includes(TOKEN) && !shown.includes("private"), shown);
});

Deno.test("14.23 debug: true prints a line for each step", async () => {
  const lines: string[] = [];
  const { error } = console;
  console.error = (line: string) => void lines.push(line);
  try {
    const { client } = clientWith(() => Response.json({ id: "a" }), { debug: true });
    await client.predictions.get("abc");
  } finally {
    console.error = error;
  }
  assertEquals(lines.length, 2);
  assert(
    /^replicate: GET \/predictions\/abc {2}attempt 1 {2}response 200 {2}\d+ ms$/.test(lines[1]!),
  );
});
