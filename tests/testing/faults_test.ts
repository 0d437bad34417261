import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { FakeReplicate, type Fault, withFakeTime } from "../../src/testing/mod.ts";
import { ask, create } from "./helpers.ts";
import { rejection } from "../rejection.ts";

const URL_OF_ACCOUNT = "https://api.replicate.com/v1/account";
const HEADERS = { authorization: "Bearer t" };

function withFaults(...faults: Fault[]): FakeReplicate {
  return new FakeReplicate({ models: { "acme/open": { run: () => 1 } }, faults });
}

function codeOf(error: Error): unknown {
  return (error.cause as { code?: unknown }).code;
}

Deno.test("a fault answers in place of the server, once", async () => {
  await using fake = withFaults({ status: 503 }, { status: 429, retryAfter: 5 });
  const down = await create(fake, "acme/open");
  assertEquals([down.status, fake.predictions.size], [503, 0]);
  const slow = await create(fake, "acme/open");
  assertEquals([slow.status, slow.headers.get("retry-after"), slow.json.retry_after], [
    429,
    "5",
    5,
  ]);
  assertEquals((await create(fake, "acme/open")).status, 201);
  fake.assertDone();
});

Deno.test("a fault with accept lets the server act before it answers something else", async () => {
  await using fake = withFaults({ status: 502, body: "<h1>Bad gateway</h1>", accept: true });
  const { status, text, headers } = await create(fake, "acme/open");
  assertEquals([status, text, fake.predictions.size], [502, "<h1>Bad gateway</h1>", 1]);
  assertEquals(headers.get("content-type"), "text/html; charset=utf-8");
});

Deno.test("a fault can replace the body only, or the headers only", async () => {
  await using fake = withFaults(
    { body: "", contentType: "application/json" },
    { body: { username: 5 } },
    { headers: { "cf-ray": "abc" }, contentType: "text/plain" },
  );
  const empty = await fake.fetch(URL_OF_ACCOUNT);
  assertEquals([empty.headers.get("content-type"), await empty.text()], ["application/json", ""]);
  assertEquals((await ask(fake, "GET", "/account")).json, { username: 5 } as never);
  const { headers, text } = await ask(fake, "GET", "/account");
  assertEquals([headers.get("cf-ray"), headers.get("content-type")], ["abc", "text/plain"]);
  assertEquals(JSON.parse(text).username, "acme");
});

Deno.test("a dropped connection rejects like a network error, before or after the act", async () => {
  await using fake = withFaults(
    { drop: "before" },
    { drop: "before", refused: true },
    { drop: "after" },
  );
  const codes = [];
  for (let count = 0; count < 3; count++) {
    const error = await assertRejects(() => create(fake, "acme/open"), TypeError, "fetch failed");
    codes.push([codeOf(error), fake.predictions.size]);
  }
  assertEquals(codes, [["ECONNRESET", 0], ["ECONNREFUSED", 0], ["ECONNRESET", 1]]);
});

Deno.test("a fault waits for the request it is meant for", async () => {
  await using fake = withFaults(
    { match: { method: "get", path: "/predictions/*", nth: 2 }, status: 500, times: 2 },
    { match: { path: /^\/models\/acme\/\w+$/g }, status: 418 },
    { match: { path: "/v1/account" }, status: 419 },
  );
  const { id } = (await create(fake, "acme/open")).json;
  const statuses = [];
  for (let count = 0; count < 4; count++) {
    statuses.push((await ask(fake, "GET", `/predictions/${id}`)).status);
  }
  assertEquals(statuses, [200, 500, 500, 200]);
  assertEquals((await ask(fake, "GET", "/models/acme/open")).status, 418);
  assertThrows(() => fake.assertDone(), Error, 'unused fault {"match":{"path":"/v1/account"}');
  assertEquals((await ask(fake, "GET", "/account")).status, 419);
  fake.assertDone();
});

Deno.test("assertDone() counts the uses of a fault that is to happen several times", async () => {
  await using fake = withFaults({ status: 500, times: 2 }, { drop: "before", times: Infinity });
  await ask(fake, "GET", "/account");
  assertThrows(() => fake.assertDone(), Error, "unused fault");
  await ask(fake, "GET", "/account");
  assertThrows(() => fake.assertDone(), Error, '{"drop":"before"');
  await assertRejects(() => ask(fake, "GET", "/account"));
  fake.assertDone();
});

Deno.test("a delayed answer keeps its headers back while the server has acted", async () => {
  await withFakeTime(async (time) => {
    await using fake = withFaults({ delay: 5_000 });
    const pending = create(fake, "acme/open");
    await time.tick(1_000);
    assertEquals(fake.predictions.size, 1);
    assertEquals([(await pending).json.status, time.elapsed()], ["starting", 5_000]);
  });
});

Deno.test("a hanging request ends with the signal's reason, and leaves no listener", async () => {
  await withFakeTime(async (time) => {
    await using fake = withFaults({ hang: true }, { hang: true, accept: true });
    for (const count of [0, 1]) {
      const reason = new Error("enough");
      const controller = new AbortController();
      const pending = fake.fetch("https://api.replicate.com/v1/predictions", {
        method: "POST",
        headers: { ...HEADERS, "content-type": "application/json" },
        body: JSON.stringify({ version: fake.version("acme/open"), input: {} }),
        signal: controller.signal,
      });
      setTimeout(() => controller.abort(reason), 1_000);
      assertStrictEquals(await rejection(pending), reason);
      assertEquals([fake.predictions.size, time.timers], [count, 0]);
    }
  });
});

Deno.test("an aborted signal asks nothing, and breaks a body off with its reason", async () => {
  await using fake = withFaults();
  const reason = new Error("gone");
  const aborted = fake.fetch(URL_OF_ACCOUNT, { signal: AbortSignal.abort(reason) });
  assertStrictEquals(await rejection(aborted), reason);
  assertEquals(fake.requests.length, 0);
  const controller = new AbortController();
  const response = await fake.fetch(URL_OF_ACCOUNT, {
    headers: HEADERS,
    signal: controller.signal,
  });
  controller.abort(reason);
  assertStrictEquals(await rejection(response.text()), reason);
});

Deno.test("an abort stops the upload of a body", async () => {
  await using fake = withFaults();
  const controller = new AbortController();
  let canceled: unknown;
  let pulls = 0;
  const body = new ReadableStream({
    pull(target) {
      if (++pulls === 3) controller.abort("stop");
      target.enqueue(new Uint8Array(10));
    },
    cancel: (reason) => void (canceled = reason),
  });
  const { signal } = controller;
  const upload = { method: "POST", body, signal, headers: HEADERS, duplex: "half" };
  assertEquals(await rejection<string>(fake.fetch(URL_OF_ACCOUNT, upload)), "stop");
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals([canceled, pulls < 6], ["stop", true]);
});

Deno.test("a cut body breaks off at its byte, and a split one comes in pieces", async () => {
  const body = "abcdefghij";
  const pieces = async (fault: Fault): Promise<string[]> => {
    await using fake = withFaults({ body, ...fault });
    const { body: stream } = await fake.fetch(URL_OF_ACCOUNT);
    const reader = stream?.pipeThrough(new TextDecoderStream()).getReader();
    const found: string[] = [];
    for (;;) {
      const chunk = await reader?.read().catch((error: Error) => {
        found.push(`${error.message} ${codeOf(error)}`);
      });
      if (!chunk || chunk.done) return found;
      found.push(chunk.value);
    }
  };
  assertEquals(await pieces({ split: 4 }), ["abcd", "efgh", "ij"]);
  assertEquals(await pieces({ split: [1, 3] }), ["a", "bc", "defghij"]);
  assertEquals(await pieces({ cut: 3 }), ["abc", "terminated ECONNRESET"]);
  assertEquals(await pieces({ cut: 0 }), ["terminated ECONNRESET"]);
  assertEquals(await pieces({ cut: 5, split: 3 }), ["abc", "de", "terminated ECONNRESET"]);
  assertEquals(await pieces({ cut: 10 }), [body, "terminated ECONNRESET"]);
  assertEquals(await pieces({ cut: 11 }), [body]);
});

Deno.test("fetch() treats redirects as the caller says, and takes no token elsewhere", async () => {
  const location = "https://elsewhere.example/v1/account";
  const fault = { status: 302, headers: { location } };
  await using fake = withFaults(fault, fault, fault);
  const go = (redirect: RequestRedirect): Promise<Response> =>
    fake.fetch(URL_OF_ACCOUNT, { headers: HEADERS, redirect });
  await assertRejects(() => go("error"), TypeError);
  const manual = await go("manual");
  assertEquals([manual.status, await manual.text() !== ""], [302, true]);
  const followed = await go("follow");
  await followed.body?.cancel();
  assertEquals([followed.status, followed.url], [401, location]);
  assertEquals(fake.requests.at(-1)?.headers.authorization, undefined);
});

Deno.test("latency takes half of its time before the server acts", async () => {
  await withFakeTime(async (time) => {
    await using fake = new FakeReplicate({
      models: { "acme/open": { run: () => 1 } },
      latency: ({ method }) => method === "POST" ? 100 : 10,
    });
    const { json } = await create(fake, "acme/open");
    assertEquals([time.elapsed(), Date.parse(String(json.created_at)) - time.now()], [100, -50]);
    await ask(fake, "GET", "/account");
    assertEquals(time.elapsed(), 110);
    assert(fake.requests.every(({ status }) => status !== undefined));
  });
});
