import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { AuthError } from "../../src/errors.ts";
import type { ClientOptions } from "../../src/http/options.ts";
import { createSend } from "../../src/http/send.ts";
import { scripted } from "../scripted.ts";

const GET = { method: "GET", path: "/things", action: "list things" } as const;

/** The `Authorization` header of a request. */
async function sent(options: ClientOptions): Promise<string | null> {
  const { fetch, asked } = scripted(() => Response.json({}));
  await createSend({ fetch, ...options })(GET);
  return asked[0]!.headers.get("authorization");
}

Deno.test("auth is a token, the whole value of the header, or a function of either", async () => {
  for (const auth of ["r8_x", "Bearer r8_x", " Token r8_x ", () => "r8_x"]) {
    assertEquals(await sent({ auth }), "Bearer r8_x");
  }
  assertEquals(await sent({ headers: { authorization: "Basic abc" } }), "Basic abc");
});

Deno.test("auth that is empty or cannot be sent is an AuthError, and is not quoted", async () => {
  const why = async (auth: unknown): Promise<string> =>
    (await assertRejects(() => sent({ auth } as ClientOptions), AuthError)).message.split(
      "; see ",
    )[0]!;
  assertEquals(await why(""), "Cannot list things: the API token given as `auth` is empty");
  assertEquals(await why(() => undefined), await why(""));
  assertEquals(
    await why("r8_x\u2026"),
    "Cannot list things: the API token holds characters that no token has",
  );
});

Deno.test("a client of a path on one's own server needs no token", async () => {
  const { location } = globalThis;
  const href = "https://example.com/page";
  Object.defineProperty(globalThis, "location", { value: { href }, configurable: true });
  try {
    assertEquals(await sent({ baseUrl: "/api/replicate" }), null);
  } finally {
    Object.defineProperty(globalThis, "location", { value: location, configurable: true });
  }
});

Deno.test("a token is not taken along to another origin in silence", () => {
  const send = createSend({ auth: "r8_x" });
  const error = assertThrows(() => send.with({ baseUrl: "https://example.com" }), TypeError);
  assertEquals(
    error.message,
    "Cannot use https://example.com as baseUrl with the token for https://api.replicate.com: " +
      "give auth as well",
  );
  const { baseUrl } = send.with({ baseUrl: "https://example.com/v1/", auth: "own" }).options;
  assertEquals(baseUrl, "https://example.com/v1");
});

Deno.test("createSend() says why an address or a part cannot be used", () => {
  const why = (options: unknown): string =>
    assertThrows(() => createSend(options as ClientOptions), TypeError).message;
  const rule = "give an https: or http: URL without a user name, a password, a query or a fragment";
  for (const end of ["#a", "?a", "?", "#"]) {
    assertEquals(
      why({ baseUrl: `https://example.com/a@b${end}` }),
      `Cannot use https://example.com/a@b as baseUrl: ${rule}`,
    );
  }
  for (const user of ["me", "me:secret", ":secret"]) {
    assertEquals(
      why({ baseUrl: `https://${user}@example.com` }),
      `Cannot use https://example.com/ as baseUrl: ${rule}`,
    );
  }
  assertEquals(why({ baseUrl: "//example.com" }), `Cannot use this as baseUrl: ${rule}`);
  assertEquals(why({ fetch: "x" }), "Cannot use fetch: give a function");
  assertEquals(
    why({ limiter: {} }),
    "Cannot use limiter: give createSend the part, as in { rateLimiter }",
  );
});
