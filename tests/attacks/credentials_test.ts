/** Issue numbers 13.1 to 13.6: credentials go with requests to the API, and nowhere else. */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ApiError } from "../../src/errors.ts";
import type { ClientOptions, Fetch, Middleware } from "../../src/http/options.ts";
import { createSend } from "../../src/http/send.ts";
import type { RequestSpec } from "../../src/http/types.ts";
import { rejection } from "../rejection.ts";

const TOKEN = "r8_secret_0123456789";
const POST: RequestSpec = {
  method: "POST",
  path: "/things",
  action: "create a thing",
  json: { prompt: "a private fig" },
};

interface Sent {
  url: string;
  init: RequestInit;
  headers: Headers;
}

/** A server that keeps what it is sent, by a `fetch` that takes URLs and plain values only. */
function server(answer: () => Response | Promise<Response> = () => Response.json({ id: "a" })) {
  const sent: Sent[] = [];
  const fetch: Fetch = async (input, init = {}) => {
    assert(typeof input === "string", "a fetch of another make gets a URL");
    sent.push({ url: input, init, headers: new Headers(init.headers) });
    return await answer();
  };
  const send = (options: ClientOptions = {}, spec: RequestSpec = POST) =>
    createSend({ auth: TOKEN, fetch, retry: false, headers: { "x-key": "mine" }, ...options })(
      spec,
    );
  return { sent, fetch, send };
}

Deno.test("13.1 a step sees the token and the caller's headers neither before nor after", async () => {
  const { sent, send } = server();
  const seen: string[] = [];
  const look = (request: Request): void => void seen.push(JSON.stringify([...request.headers]));
  const step: Middleware = async (request, next) => {
    look(request);
    const response = await next(request);
    look(request);
    return response;
  };
  await send({ middleware: [step] });
  assert(seen.every((it) => !it.includes(TOKEN) && !it.includes("mine")), seen.join());
  assertEquals(sent[0]?.headers.get("authorization"), `Bearer ${TOKEN}`);
  assertEquals(sent[0]?.headers.get("x-key"), "mine");
});

Deno.test("13.1 a step that keeps its request has no token in it when next() throws", async () => {
  const { send } = server(() => {
    throw new TypeError("fetch failed");
  });
  let kept: Request | undefined;
  const step: Middleware = (request, next) => next(kept = request);
  await assertRejects(() => send({ middleware: [step] }));
  assert(![...kept!.headers].some(([, value]) => value.includes(TOKEN)));
});

Deno.test("13.1 a request that a step has made anew keeps our mode for redirects", async () => {
  const { sent, send } = server();
  const step: Middleware = (request, next) =>
    next(new Request(request.url, { method: request.method, body: "{}", redirect: "follow" }));
  await send({ middleware: [step] });
  assertEquals(sent[0]?.init.redirect, "error");
  assertEquals(await new Response(sent[0]?.init.body).text(), "{}");
});

Deno.test("13.1 a step that sends a request elsewhere takes no credentials there", async () => {
  const { sent, send } = server();
  const step: Middleware = (request, next) =>
    next(new Request("https://mirror.example.com/", request));
  await send({ middleware: [step] });
  const { headers, init } = sent[0]!;
  assertEquals([headers.get("authorization"), headers.get("x-key")], [null, null]);
  assertEquals(init.redirect, "error");
});

Deno.test("13.1 a body passes through steps as it was, once", async () => {
  const { sent, send } = server();
  await send({ middleware: [(request, next) => next(request)] });
  assertEquals(await new Response(sent[0]?.init.body).json(), { prompt: "a private fig" });
  await send({ middleware: [(request, next) => next(new Request(request))] });
  assertEquals(await new Response(sent[1]?.init.body).json(), { prompt: "a private fig" });
});

Deno.test("13.2 a bare request has neither token nor headers of the caller, on the API's origin too", async () => {
  const { sent, send } = server();
  const url = "https://api.replicate.com/v1/webhooks/default/secret";
  const spec: RequestSpec = { method: "GET", path: url, action: "download it", bare: true };
  await send({}, spec);
  await send({ middleware: [(request, next) => next(new Request(request))] }, spec);
  for (const { headers } of sent) {
    assertEquals([headers.get("authorization"), headers.get("x-key")], [null, null]);
  }
});

Deno.test("13.4 what is no http: URL and no path is refused before any request", async () => {
  const { sent, send } = server();
  const paths = [
    "foo:x/../../../v1/webhooks/default/secret",
    "http:80@evil.com/",
    "//evil.com/",
    "\\\\evil.com",
    "@evil.com/",
    ".evil.com/",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "data:,x",
    "predictions",
    "",
  ];
  for (const baseUrl of ["https://api.replicate.com", "https://api.replicate.com/v1"]) {
    for (const path of paths) {
      const spec: RequestSpec = { method: "GET", path, action: "get it" };
      const end = await send({ baseUrl }, spec).catch((error) => error);
      const { url = "" } = sent.at(-1) ?? {};
      const host = url === "" ? "" : new URL(url).host;
      // A path with two slashes stays a path, and a URL is one; everything else never leaves.
      if (path.startsWith("//")) assertEquals(host, "api.replicate.com");
      else if (path.startsWith("http:")) {
        assertEquals([host, sent[0]?.headers.has("authorization")], ["evil.com", false]);
      } else {assert(
          end instanceof TypeError && /^Cannot get it/.test(end.message),
          `${path}: ${end}`,
        );}
      sent.length = 0;
    }
  }
});

Deno.test("13.4 the token goes to the API's origin only, however a URL is written", async () => {
  const urls: [url: string, isApi: boolean][] = [
    ["https://api.replicate.com/v1/x", true],
    ["HTTPS://API.REPLICATE.COM/v1/x", true],
    ["https://api.replicate.com:443/v1/x", true],
    ["https://api.replicate.com.evil.com/v1/x", false],
    ["https://api.replicate.com@evil.com/v1/x", false],
    ["https://evil.com/https://api.replicate.com/", false],
    ["http://api.replicate.com/v1/x", false],
    ["https://api.replicate.com:444/v1/x", false],
  ];
  for (const [path, isApi] of urls) {
    const { sent, send } = server();
    await send({}, { method: "GET", path, action: "get it" });
    assertEquals(sent[0]?.headers.has("authorization"), isApi, path);
    assertEquals(sent[0]?.headers.has("x-key"), isApi, path);
  }
});

Deno.test("13.5 with() takes no token along to another origin in silence", () => {
  const send = createSend({ auth: TOKEN });
  const error = assertThrows(() => send.with({ baseUrl: "https://evil.example.com" }), TypeError);
  assert(error.message.includes("give auth as well") && !error.message.includes(TOKEN));
  send.with({ baseUrl: "https://gateway.example.com", auth: "other" });
  send.with({ baseUrl: "https://api.replicate.com/v2" });
  assertThrows(() => createSend().with({ baseUrl: "https://evil.example.com" }), TypeError);
});

Deno.test("13.5 a wrong header is refused at once, without its value", () => {
  for (const value of [`${TOKEN}\n`.padEnd(40, "x"), `a\0${TOKEN}`, `${TOKEN}\u2028`]) {
    const error = assertThrows(() => createSend({ headers: { "x-key": value } }), TypeError);
    assert(error.message.includes("x-key") && !error.message.includes(TOKEN), error.message);
  }
  assertThrows(() => createSend({ headers: { "x key": "a" } }), TypeError, "name of a header");
  assertThrows(() => createSend({ userAgent: "bad\nagent" }), TypeError, "user-agent");
});

Deno.test("13.5 a wrong header of one call is refused before any request", async () => {
  const { sent, send } = server();
  const error = await rejection(
    send({}, { ...POST, options: { headers: { a: `${TOKEN}\r\n\r\nb` } } }),
  );
  assert(error instanceof TypeError && !error.message.includes(TOKEN), error.message);
  assertEquals(sent.length, 0);
});

Deno.test("13.5 no message quotes what is secret in a baseUrl", () => {
  for (const baseUrl of [`https://user:${TOKEN}@example.com`, `not a url ${TOKEN}`]) {
    const error = assertThrows(() => createSend({ baseUrl }), TypeError);
    assert(!error.message.includes(TOKEN), error.message);
  }
});

Deno.test("13.5 ApiError shows no user name, password or signature of its URL", async () => {
  const { send } = server(() => new Response("gone", { status: 410 }));
  const path = `https://user:${TOKEN}@cdn.example.com/a.png?size=1&X-Amz-Signature=${TOKEN}`;
  const error = await rejection(send({}, { method: "GET", path, action: "get it", bare: true }));
  assert(error instanceof ApiError);
  assertEquals(error.url, "https://cdn.example.com/a.png?size=1&X-Amz-Signature=***");
  assert(!JSON.stringify(error).includes(TOKEN) && !Deno.inspect(error).includes(TOKEN));
});

Deno.test("13.6 a token in a page is refused at once, and the message names ./serve", () => {
  const page = globalThis as { document?: unknown };
  page.document = {};
  try {
    const error = assertThrows(() => createSend(TOKEN), TypeError);
    assert(error.message.includes("@x/replicate/serve") && !error.message.includes(TOKEN));
    assertThrows(() => createSend({ auth: () => TOKEN }), TypeError);
    createSend({ auth: TOKEN, dangerouslyAllowBrowser: true });
    createSend({ auth: TOKEN, fetch: () => Promise.reject(new Error("a fake")) });
    createSend({ auth: TOKEN, baseUrl: "https://example.com/api" });
    createSend({ baseUrl: "https://example.com/api" });
    createSend();
  } finally {
    delete page.document;
  }
});
