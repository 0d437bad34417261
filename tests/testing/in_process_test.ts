import { assertEquals, assertRejects } from "@std/assert";
import { inProcessFetch } from "../../src/testing/in_process.ts";

const ORIGIN = "https://api.test";

/** A `fetch` of a server that redirects `/from` with a status, and tells what it was asked. */
function redirecting(status: number, location = "/to"): {
  fetch: typeof fetch;
  asked: string[];
} {
  const asked: string[] = [];
  const serve = (request: Request): Promise<Response> => {
    const { origin, pathname } = new URL(request.url);
    const token = request.headers.has("authorization") ? " with a token" : "";
    asked.push(`${request.method} ${origin === ORIGIN ? "" : origin}${pathname}${token}`);
    const isFirst = pathname === "/from";
    return Promise.resolve(
      isFirst ? new Response(null, { status, headers: { location } }) : new Response("there"),
    );
  };
  return { fetch: inProcessFetch(serve, ORIGIN), asked };
}

const headers = { authorization: "Bearer t" };

Deno.test("inProcessFetch() follows a redirect, and sends a POST on as a GET after a 303", async () => {
  const { fetch, asked } = redirecting(303);
  const response = await fetch("/from", { method: "POST", body: "x", headers });
  assertEquals([await response.text(), response.url], ["there", `${ORIGIN}/to`]);
  assertEquals(asked, ["POST /from with a token", "GET /to with a token"]);
});

Deno.test("inProcessFetch() keeps HEAD after a redirect, and gives no token to another host", async () => {
  const { fetch, asked } = redirecting(302, "https://files.test/to");
  await fetch(new Request(`${ORIGIN}/from`, { method: "HEAD", headers }));
  assertEquals(asked, ["HEAD /from with a token", "HEAD https://files.test/to"]);
});

Deno.test("inProcessFetch() cannot send a body again after a 307 or 308", async () => {
  for (const status of [307, 308]) {
    const { fetch, asked } = redirecting(status);
    const error = await assertRejects(() => fetch("/from", { method: "POST", body: "x" }));
    const { message } = (error as TypeError).cause as Error;
    assertEquals(message, "the body cannot be sent again");
    assertEquals(asked, ["POST /from"]);
  }
});

Deno.test("inProcessFetch() takes the redirect mode of its options, or else of its request", async () => {
  const { fetch } = redirecting(302);
  await assertRejects(() => fetch("/from", { redirect: "error" }), TypeError, "fetch failed");
  const request = new Request(`${ORIGIN}/from`, { redirect: "manual" });
  const response = await fetch(request);
  assertEquals([response.status, response.headers.get("location")], [302, "/to"]);
});

Deno.test("inProcessFetch() gives up on redirects in a circle", async () => {
  const { fetch, asked } = redirecting(302, "/from");
  await assertRejects(() => fetch("/from"), TypeError, "fetch failed");
  assertEquals(asked.length, 21);
});

Deno.test("inProcessFetch() sends nothing for a signal that has aborted, in a Request too", async () => {
  const { fetch, asked } = redirecting(302);
  const signal = AbortSignal.abort(new Error("left"));
  await assertRejects(() => fetch("/from", { signal }), Error, "left");
  await assertRejects(() => fetch(new Request(`${ORIGIN}/from`, { signal })), Error, "left");
  assertEquals(asked, []);
});
