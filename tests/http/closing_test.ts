/** What a call leaves behind, and what it takes along: nothing that is not its own. */

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { retryAfterMs } from "../../src/base/problem.ts";
import { ApiError } from "../../src/errors.ts";
import { rateLimiter } from "../../src/http/limiter.ts";
import { createSend } from "../../src/http/send.ts";
import type { RequestSpec } from "../../src/http/types.ts";
import { withFakeTime } from "../../src/testing/time.ts";
import { countListeners } from "../listeners.ts";
import { rejection } from "../rejection.ts";
import { scripted } from "../scripted.ts";

const GET: RequestSpec = { method: "GET", path: "/things", action: "list things" };
const ELSEWHERE: RequestSpec = { ...GET, path: "https://replicate.delivery/x", bare: true };

const ok = (): Response => Response.json({ ok: true });

Deno.test("send() gives its place in the limiter back after an error", async () => {
  await withFakeTime(async (time) => {
    const { fetch, asked } = scripted(() =>
      new Response("", { status: asked.length > 1 ? 200 : 404 })
    );
    const options = { auth: "r8_x", fetch, limiter: { concurrency: 1 } };
    const send = createSend(options, { rateLimiter });
    assertInstanceOf(await rejection(send(GET)), ApiError);
    await send({ ...GET, as: "text" });
    assertEquals(time.elapsed(), 0);
  });
});

Deno.test("send() asks for an output while the limiter of the API has no place", async () => {
  await withFakeTime(async (time) => {
    let answer = (_: Response): void => {};
    const { fetch } = scripted(({ url }) =>
      url.host === "replicate.delivery" ? ok() : new Promise((resolve) => answer = resolve)
    );
    const options = { auth: "r8_x", fetch, limiter: { concurrency: 1 } };
    const send = createSend(options, { rateLimiter });
    const first = send(GET);
    assertEquals(await send(ELSEWHERE), { ok: true });
    assertEquals(time.elapsed(), 0);
    answer(ok());
    await first;
  });
});

Deno.test("send() learns the server's clock from the API alone", async () => {
  const { fetch } = scripted(() =>
    Response.json({}, { headers: { date: "Thu, 01 Jan 2026 00:00:00 GMT" } })
  );
  const send = createSend({ auth: "r8_x", fetch });
  await send(ELSEWHERE);
  assert(Math.abs(send.clock!.now() - Date.now()) < 60_000, "it is still ours");
  await send(GET);
  assert(Math.abs(send.clock!.now() - Date.UTC(2026)) < 60_000, "it is the server's");
});

Deno.test("a step that sends a request elsewhere does not take the token along", async () => {
  const { fetch, asked } = scripted(ok);
  const send = createSend({
    auth: "r8_x",
    fetch,
    headers: { "x-secret": "s3cret" },
    middleware: [(request, next) => next(new Request("https://evil.example/", request))],
  });
  await send(GET);
  const [{ url, headers }] = asked as [typeof asked[0]];
  assertEquals(url.host, "evil.example");
  assertEquals([headers.get("authorization"), headers.get("x-secret")], [null, null]);
});

Deno.test("a response that was read to its end leaves no listener and no timer", async () => {
  await withFakeTime(async (time) => {
    const { signal } = new AbortController();
    const listeners = countListeners(signal);
    const { fetch } = scripted(() => new Response("some text"));
    const send = createSend({ auth: "r8_x", fetch });
    const response = await send<Response>({ ...GET, as: "response", options: { signal } });
    assertEquals(listeners(), 1);
    assertEquals(await response.text(), "some text");
    assertEquals([listeners(), time.timers], [0, 0]);
  });
});

Deno.test("a response that is left lets its source go", async () => {
  let reason: unknown;
  const source = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(8)),
    cancel: (why) => void (reason = why),
  });
  const { fetch } = scripted(() => new Response(source));
  const send = createSend({ auth: "r8_x", fetch });
  const { body } = await send<Response>({ ...GET, as: "response" });
  await body!.cancel("enough");
  assertEquals(reason, "enough");
});

Deno.test("the request of a caller who leaves is cut off", async () => {
  const controller = new AbortController();
  const underWay = Promise.withResolvers<void>();
  const { fetch, asked } = scripted(() => {
    underWay.resolve();
    return new Promise(() => {});
  });
  const send = createSend({ auth: "r8_x", fetch });
  const call = rejection<unknown>(send({ ...GET, options: { signal: controller.signal } }));
  await underWay.promise;
  controller.abort("enough");
  assertEquals(await call, "enough");
  assertEquals(asked[0]!.signal?.aborted, true);
});

Deno.test("an answer that is cut shows nothing of the input that it may hold", async () => {
  const cut = '{"id":"p1","input":{"prompt":"a secret fig","steps":';
  const { fetch } = scripted(() => new Response(cut, { status: 201 }));
  const send = createSend({ auth: "r8_x", fetch });
  for (const method of ["POST", "GET"] as const) {
    const error = await rejection<Error>(
      send({ ...GET, method, ...(method === "POST" && { json: {} }) }),
    );
    assertInstanceOf(error, ApiError);
    assert(!`${error.stack}${JSON.stringify(error)}`.includes("fig"), `${method}: ${error}`);
  }
});

Deno.test("an answer that is no JSON keeps no cause that quotes it", async () => {
  const { fetch } = scripted(() => new Response('["fig",!]'));
  const error = await rejection<Error>(createSend({ auth: "r8_x", fetch })(GET));
  assertInstanceOf(error, ApiError);
  assertEquals(error.cause, undefined);
});

Deno.test("a record is asked for, and what is none is an ApiError that says what came", async () => {
  for (const answer of ["null", "[]", "5", "{}", '{"id":5}', '""']) {
    const { fetch } = scripted(() => new Response(answer));
    const send = createSend({ auth: "r8_x", fetch });
    const error = await rejection(send({ ...GET, expect: "record" }));
    assertInstanceOf(error, ApiError, answer);
  }
});

Deno.test("retryAfterMs() never cuts a wait short", () => {
  assertEquals(retryAfterMs(new Headers({ "retry-after": "1.0005" })), 1001);
});
