import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import {
  ApiError,
  AuthError,
  ConnectionError,
  RateLimitError,
  ReplicateError,
  TimeoutError,
} from "../../src/errors.ts";
import type { ClientOptions, Fetch } from "../../src/http/options.ts";
import { createSend } from "../../src/http/send.ts";
import type { RequestSpec } from "../../src/http/types.ts";
import { withFakeTime } from "../../src/testing/time.ts";
import { countListeners } from "../listeners.ts";
import { rejection } from "../rejection.ts";

const GET: RequestSpec = { method: "GET", path: "/things", action: "list things" };

const POST: RequestSpec = { method: "POST", path: "/things", action: "create a thing", json: {} };

const ok = (): Response => Response.json({ ok: true });

const lost = (): never => {
  throw new TypeError("fetch failed", {
    cause: Object.assign(new Error("reset"), { code: "ECONNRESET" }),
  });
};

const refusedError = (): TypeError =>
  new TypeError("fetch failed", {
    cause: Object.assign(new Error("no"), { code: "ECONNREFUSED" }),
  });

/** A server that gives one answer after the other, the last one for ever. */
function server(...answers: (() => Response | Promise<Response>)[]) {
  const requests: { url: string; init: RequestInit; headers: Headers }[] = [];
  const fetch: Fetch = async (input, init = {}) => {
    const headers = new Headers(input instanceof Request ? input.headers : init.headers);
    const url = input instanceof Request ? input.url : String(input);
    requests.push({ url, init, headers });
    await Promise.resolve();
    return await (answers[Math.min(requests.length, answers.length) - 1] ?? ok)();
  };
  const send = (spec: RequestSpec, options: ClientOptions = {}): Promise<unknown> =>
    createSend({ auth: "r8_secret", fetch, limiter: false, ...options })(spec);
  return { requests, fetch, send };
}

const status = (code: number, body = "", headers: HeadersInit = {}) => (): Response =>
  new Response(body || null, { status: code, headers });

/** How many requests a spec costs against these answers, and how it ended. */
function requestsFor(
  spec: RequestSpec,
  ...answers: (() => Response)[]
): Promise<[number, unknown]> {
  return withFakeTime(async () => {
    const { requests, send } = server(...answers);
    const end = await send(spec).then(() => "ok", (error) => error);
    return [requests.length, end] as [number, unknown];
  });
}

Deno.test("send() sends a GET again on 408, 429, 5xx and network loss, not on other errors", async () => {
  for (const code of [408, 429, 500, 502, 503, 504]) {
    assertEquals(await requestsFor(GET, status(code), ok), [2, "ok"], `${code}`);
  }
  assertEquals(await requestsFor(GET, lost, ok), [2, "ok"]);
  for (const code of [400, 401, 402, 403, 404, 409, 413, 422]) {
    const [requests, error] = await requestsFor(GET, status(code), ok);
    assertEquals(requests, 1, `${code}`);
    assertInstanceOf(error, ApiError);
  }
});

Deno.test("send() sends a POST again only when the server cannot have accepted it", async () => {
  assertEquals(await requestsFor(POST, status(429), ok), [2, "ok"]);
  const refuse = () => {
    throw refusedError();
  };
  assertEquals(await requestsFor(POST, refuse, ok), [2, "ok"]);
  for (const answer of [lost, status(408), status(500), status(502), status(503), status(504)]) {
    const [requests, error] = await requestsFor(POST, answer, ok);
    assertEquals(requests, 1);
    assertInstanceOf(error, ReplicateError);
  }
});

Deno.test("send() sends a PATCH like a POST, and a repeatable POST like a GET", async () => {
  assertEquals((await requestsFor({ ...GET, method: "PATCH" }, lost, ok))[0], 1);
  assertEquals(await requestsFor({ ...POST, repeatable: true }, lost, status(503), ok), [3, "ok"]);
  assertEquals(await requestsFor({ ...GET, method: "DELETE" }, lost, status(204)), [2, "ok"]);
  assertEquals(await requestsFor({ ...GET, method: "QUERY", body: "x" }, lost, ok), [2, "ok"]);
});

Deno.test("send() takes a 404 after an unheard DELETE as done, and one at once as an error", async () => {
  assertEquals(await requestsFor({ ...GET, method: "DELETE" }, lost, status(404)), [2, "ok"]);
  const [requests, error] = await requestsFor({ ...GET, method: "DELETE" }, status(404));
  assertEquals(requests, 1);
  assertInstanceOf(error, ApiError);
});

Deno.test("send() says of a POST that broke off that it may have been accepted", async () => {
  const [, error] = await requestsFor(POST, lost);
  assertInstanceOf(error, ConnectionError);
  assertEquals(
    error.message,
    "Cannot create a thing: the connection failed (reset (ECONNRESET)); it may have been accepted, so it is not sent again",
  );
  assertInstanceOf(error.cause, TypeError);
});

Deno.test("send() spends one attempt on an error that is no loss of the network", async () => {
  const bug = new Error("bug in a custom fetch");
  const thrown = await requestsFor(GET, () => {
    throw bug;
  });
  assertEquals(thrown, [1, bug]);
  await withFakeTime(async () => {
    const { requests, send } = server(ok);
    const middleware = [() => {
      throw new RangeError("bug in middleware");
    }];
    await assertRejects(() => send(GET, { middleware }), RangeError, "bug in middleware");
    assertEquals(requests.length, 0);
  });
});

Deno.test("send() reports a sync throw of fetch once, even a TypeError", async () => {
  let calls = 0;
  const fetch = () => {
    calls++;
    throw new TypeError("x is not a function");
  };
  const send = createSend({ auth: "r8_x", fetch, limiter: false });
  await assertRejects(() => send(GET), TypeError, "x is not a function");
  assertEquals(calls, 1);
});

Deno.test("send() waits as Retry-After says before the next attempt", async () => {
  await withFakeTime(async (time) => {
    const moments: number[] = [];
    const { fetch } = server(
      status(429, "", { "retry-after": "7" }),
      status(429, '{"detail":"slow down, resets in ~3s.","status":429,"retry_after":3}'),
      ok,
    );
    const send = createSend({
      auth: "r8_x",
      limiter: false,
      fetch: (input, init) => {
        moments.push(time.elapsed());
        return fetch(input, init);
      },
    });
    await send(POST);
    assertEquals(moments, [0, 7000, 10_000]);
  });
});

Deno.test("send() throws RateLimitError with the server's wait when its attempts are used up", async () => {
  const [requests, error] = await requestsFor(
    POST,
    status(429, '{"detail":"slow","retry_after":2}'),
  );
  assertEquals(requests, 4);
  assertInstanceOf(error, RateLimitError);
  assertEquals([error.name, error.status, error.retryAfter, error.attempts], [
    "RateLimitError",
    429,
    2000,
    4,
  ]);
});

Deno.test("send() cuts a silent server off with phase connect, on time", async () => {
  await withFakeTime(async (time) => {
    const never = () => new Promise<Response>(() => {});
    const { send, requests } = server(never);
    const error = await rejection(send(POST));
    assertInstanceOf(error, TimeoutError);
    assertEquals([error.phase, time.elapsed(), requests.length], ["connect", 30_000, 1]);
    assertEquals(time.timers, 0);
  });
});

Deno.test("send() adds the seconds that the server holds its answer to connect and request", async () => {
  await withFakeTime(async (time) => {
    const never = () => new Promise<Response>(() => {});
    const { send } = server(never);
    const error = await rejection(send({ ...POST, allow: 60_000 }));
    assertEquals([error.phase, time.elapsed()], ["connect", 90_000]);
  });
});

Deno.test("send() cuts a body that drips with phase request, on time", async () => {
  await withFakeTime(async (time) => {
    const drip = () => {
      let timer: ReturnType<typeof setInterval>;
      return new Response(
        new ReadableStream({
          start(controller) {
            timer = setInterval(() => controller.enqueue(new Uint8Array([32])), 1000);
          },
          cancel: () => clearInterval(timer),
        }),
      );
    };
    const { send } = server(drip);
    const error = await rejection(send(POST));
    assertEquals([error.name, error.phase, time.elapsed()], ["TimeoutError", "request", 60_000]);
  });
});

Deno.test("send() makes no timer with timeout null", async () => {
  await withFakeTime(async (time) => {
    for (const timeout of [null, { connect: null, request: null }]) {
      let timers = -1;
      const { fetch } = server(ok);
      const send = createSend({
        auth: "r8_x",
        timeout,
        limiter: false,
        fetch: (input, init) => {
          timers = time.timers;
          return fetch(input, init);
        },
      });
      await send(GET);
      assertEquals(timers, 0);
    }
  });
});

Deno.test("send() rejects with the signal's reason, also when fetch does not listen", async () => {
  await withFakeTime(async (time) => {
    const controller = new AbortController();
    const { send, requests } = server(() => new Promise<Response>(() => {}));
    setTimeout(() => controller.abort("enough"), 100);
    const reason = await rejection(send({ ...GET, options: { signal: controller.signal } }));
    assertEquals([reason, time.elapsed(), time.timers, requests.length], ["enough", 100, 0, 1]);
  });
});

Deno.test("send() sends nothing for a signal that has aborted", async () => {
  const { send, requests } = server(ok);
  const reason = new Error("too late");
  const error = await rejection(send({ ...GET, options: { signal: AbortSignal.abort(reason) } }));
  assertStrictEquals(error, reason);
  assertEquals(requests.length, 0);
});

Deno.test("send() leaves no listener on a signal that outlives the call", async () => {
  const { signal } = new AbortController();
  const listeners = countListeners(signal);
  const { send } = server(status(404), ok);
  await send({ ...GET, options: { signal } }).catch(() => {});
  await send({ ...GET, options: { signal } });
  assertEquals(listeners(), 0);
});

Deno.test("send() hands an answer to onAnswer also when the caller left while it was under way", async () => {
  await withFakeTime(async (time) => {
    const controller = new AbortController();
    const answers: unknown[] = [];
    const slow = async () => {
      await new Promise((resolve) => setTimeout(resolve, 5000));
      return Response.json({ id: "late" });
    };
    const { send } = server(slow);
    setTimeout(() => controller.abort("left"), 1000);
    const onAnswer = (answer: unknown) => answers.push(answer);
    const spec = { ...POST, onAnswer, options: { signal: controller.signal } };
    assertEquals(await rejection<string>(send(spec)), "left");
    assertEquals([time.elapsed(), answers.length], [1000, 0]);
    await new Promise((resolve) => setTimeout(resolve, 5000));
    assertEquals(answers, [{ id: "late" }]);
    assertEquals(time.timers, 0);
  });
});

Deno.test("send() never throws a bare SyntaxError: an answer that is no JSON is an ApiError", async () => {
  const cases: [() => Response, string][] = [
    [status(200, "<html><title>Hi</title></html>", { "content-type": "text/html" }), "text/html"],
    [status(200, ""), "but the answer is empty"],
    [status(200, '{"id":"k7m2'), "is not JSON"],
  ];
  for (const [answer, text] of cases) {
    const [, error] = await requestsFor(GET, answer);
    assertInstanceOf(error, ApiError);
    assert(error.message.includes(text), error.message);
    assertEquals([error.method, error.url], ["GET", "https://api.replicate.com/v1/things"]);
    // The words of an engine quote the text, which may be a prompt.
    assertEquals(error.cause, undefined);
  }
  const [, error] = await requestsFor(GET, status(200, "x".repeat(100_000)));
  assertInstanceOf(error, ApiError);
  assert(error.message.length < 500 && error.body.length === 65_536);
});

Deno.test("send() reads an error's body to a bound, and lets the rest go", async () => {
  let pulled = 0;
  let canceled = false;
  const endless = () =>
    new Response(
      new ReadableStream({
        pull(controller) {
          pulled++;
          controller.enqueue(new Uint8Array(16_384).fill(97));
        },
        cancel: () => void (canceled = true),
      }, { highWaterMark: 0 }),
      { status: 400 },
    );
  const [, error] = await requestsFor(POST, endless);
  assertInstanceOf(error, ApiError);
  assertEquals([error.body.length, pulled, canceled], [65_536, 4, true]);
});

Deno.test("ApiError shows the server's problem, its fields and its request id", async () => {
  const problem = {
    detail: "- input: prompt is required\n- input.steps: Must be less than or equal to 4\n",
    status: 422,
    title: "Input validation failed",
    invalid_fields: [
      { type: "required", field: "input", description: "prompt is required" },
      { type: "number_lte", field: "input.steps", description: "Must be less than or equal to 4" },
    ],
  };
  const [, error] = await requestsFor(
    POST,
    status(422, JSON.stringify(problem), { "cf-ray": "8a-AMS" }),
  );
  assertInstanceOf(error, ApiError);
  assertEquals(
    error.message,
    "Cannot create a thing: 422 input: prompt is required; input.steps: Must be less than or equal to 4",
  );
  assertEquals([error.title, error.requestId, error.invalidFields[1]?.field], [
    "Input validation failed",
    "8a-AMS",
    "input.steps",
  ]);
});

Deno.test("ApiError reads well for an empty body, a web page and plain text", async () => {
  const page =
    "<html><head><title>413 Request Entity Too Large</title></head><body>nginx</body></html>";
  const cases: [number, string, string][] = [
    [
      402,
      '{"title":"Insufficient credit","detail":"top up your account","status":402}',
      "top up your account",
    ],
    [401, "", "Unauthenticated: the API token is missing or not valid"],
    [413, page, "Request Entity Too Large"],
    [404, '{"detail":"Not found."}', "Not found."],
    [502, "upstream   went\naway", "upstream went away"],
  ];
  for (const [code, body, detail] of cases) {
    const [, error] = await requestsFor(POST, status(code, body));
    assertInstanceOf(error, ApiError);
    assertEquals(error.detail, detail);
  }
});

Deno.test("send() sends the token to the API's origin only", async () => {
  const { requests, send } = server(ok);
  await send({ ...GET, path: "https://api.replicate.com/v1/x" });
  await send({ ...GET, path: "https://api.replicate.com.evil.example/v1/x" });
  await send({ ...GET, path: "https://stream.replicate.net/x" }, {
    headers: { "x-team": "secret", authorization: "Bearer mine" },
  });
  assertEquals(requests.map(({ headers }) => headers.get("authorization")), [
    "Bearer r8_secret",
    null,
    null,
  ]);
  assertEquals(requests[2]?.headers.get("x-team"), null);
});

Deno.test("send() gives middleware neither the token nor a way to send it elsewhere", async () => {
  const { requests, send } = server(ok);
  const seen: (string | null)[] = [];
  await send(GET, {
    middleware: [(request, next) => {
      seen.push(request.headers.get("authorization"));
      return next(request);
    }],
  });
  await send(GET, { middleware: [(_, next) => next(new Request("https://evil.example/"))] });
  assertEquals(seen, [null]);
  assertEquals(requests.map(({ headers }) => headers.get("authorization")), [
    "Bearer r8_secret",
    null,
  ]);
});

Deno.test("send() runs middleware around each attempt, the first one outermost", async () => {
  await withFakeTime(async () => {
    const order: string[] = [];
    const step =
      (name: string) => async (request: Request, next: (r: Request) => Promise<Response>) => {
        order.push(`${name}>`);
        const response = await next(request);
        order.push(`<${name} ${response.status}`);
        return response;
      };
    const { send } = server(status(503), ok);
    await send(GET, { middleware: [step("a"), step("b")] });
    assertEquals(order, ["a>", "b>", "<b 503", "<a 503", "a>", "b>", "<b 200", "<a 200"]);
  });
});

Deno.test("send() asks a function for the token before each request", async () => {
  await withFakeTime(async () => {
    let count = 0;
    for (const auth of [() => `r8_${++count}`, () => Promise.resolve(`r8_${++count}`)]) {
      count = 0;
      const { requests, send } = server(status(500), ok);
      await send(GET, { auth });
      assertEquals(requests.map(({ headers }) => headers.get("authorization")), [
        "Bearer r8_1",
        "Bearer r8_2",
      ]);
    }
  });
});

Deno.test("send() throws AuthError before any request where there is no token", async () => {
  const { requests, send } = server(ok);
  for (const auth of ["", "  ", () => "", () => undefined as unknown as string]) {
    const error = await rejection(send(GET, { auth }));
    assertInstanceOf(error, AuthError);
    assert(error.message.startsWith("Cannot list things: "), error.message);
  }
  await assertRejects(() => send(GET, { auth: "r8_\nx" }), AuthError, "characters");
  assertEquals(requests.length, 0);
});

Deno.test("send() takes white space off a token, as files end with a new line", async () => {
  const { requests, send } = server(ok);
  await send(GET, { auth: " r8_x\n" });
  assertEquals(requests[0]?.headers.get("authorization"), "Bearer r8_x");
});

Deno.test("send() never shows the token: not in errors, options or what is printed", async () => {
  const { send, fetch } = server(status(401, '{"detail":"token missing"}'));
  const error = await rejection(send(GET));
  const ready = createSend({ auth: "r8_secret", fetch });
  const shown = [error, error.cause, ready, ready.options].map((value) =>
    Deno.inspect(value, { depth: 20, showHidden: true }) + JSON.stringify(value) + String(value)
  ).join();
  assert(!shown.includes("r8_secret"), shown);
});

Deno.test("send() does not follow a redirect, and does not try it again", async () => {
  const redirect = () => {
    throw new TypeError("fetch failed", { cause: new Error("unexpected redirect") });
  };
  const [requests, error] = await requestsFor(GET, redirect);
  assertEquals(requests, 1);
  assertInstanceOf(error, ConnectionError);
  assert(error.message.includes("redirect"), error.message);
  // As Workers, which know no "error", see it.
  const [again, moved] = await requestsFor(
    GET,
    status(302, "", { location: "https://evil.example/" }),
  );
  assertEquals(again, 1);
  assertInstanceOf(moved, ApiError);
  assert(moved.message.includes("redirect"), moved.message);
});

Deno.test("createSend() refuses options that cannot be meant, at once", () => {
  const wrong: [unknown, string][] = [
    [{ baseUrl: "replicate.com" }, "baseUrl"],
    [{ baseUrl: "ftp://replicate.com" }, "baseUrl"],
    [{ baseUrl: "https://user:pass@replicate.com" }, "user name"],
    [{ baseUrl: "https://replicate.com/?x=1" }, "query"],
    [{ auth: 5 }, "auth"],
    [{ fileEncoding: "base64" }, "fileEncoding"],
    [{ timeout: "5 minutes" }, "timeout"],
    [{ timeout: { connect: -1 } }, "timeout.connect"],
    [{ timeout: { idle: NaN } }, "timeout.idle"],
    [{ retry: { jitter: -1 } }, "retry.jitter"],
    [null, "token"],
  ];
  for (const [options, text] of wrong) {
    try {
      createSend(options as ClientOptions);
    } catch (error) {
      assert(error instanceof TypeError || error instanceof RangeError);
      assert(error.message.includes(text), error.message);
      continue;
    }
    throw new Error(`${JSON.stringify(options)} was taken`);
  }
});

Deno.test("createSend() shows its options with durations in milliseconds, without auth", () => {
  const send = createSend({ auth: "r8_x", timeout: { connect: "10s" }, retry: { maxRetries: 1 } });
  assertEquals(send.options.timeout, { connect: 10_000, request: 60_000, idle: 60_000 });
  assertEquals(send.options.retry, {
    maxRetries: 1,
    minDelay: 500,
    maxDelay: 30_000,
    multiplier: 2,
    jitter: 0.5,
    maxServerWait: 300_000,
  });
  assertEquals(send.options.baseUrl, "https://api.replicate.com/v1");
  assert(!("auth" in send.options) && Object.isFrozen(send.options));
});

Deno.test("send.with() changes a copy, and configure() what starts from then on", async () => {
  await withFakeTime(async () => {
    const { requests, fetch } = server(status(500));
    const send = createSend({ auth: "r8_x", fetch, limiter: false, headers: { "x-a": "1" } });
    const copy = send.with({ retry: { maxRetries: 1 } });
    await copy(GET).catch(() => {});
    assertEquals([requests.length, requests[0]?.headers.get("x-a")], [2, "1"]);
    assertEquals(requests[0]?.headers.get("authorization"), "Bearer r8_x");
    const running = send(GET).catch(() => {});
    send.configure({ retry: false });
    await running;
    assertEquals(requests.length, 6, "a call that runs keeps its policy");
    await send(GET).catch(() => {});
    assertEquals(requests.length, 7);
  });
});

Deno.test("send() takes retry, timeout and headers of one call in place of the client's", async () => {
  await withFakeTime(async (time) => {
    const { requests, send } = server(() => new Promise<Response>(() => {}));
    const options = {
      retry: { maxRetries: 1, jitter: 0 },
      timeout: "2s",
      headers: { "X-B": "2" },
    } as const;
    const error = await rejection(send({ ...GET, options }));
    assertInstanceOf(error, TimeoutError);
    assertEquals([requests.length, time.elapsed()], [2, 4500]);
    assertEquals(requests[0]?.headers.get("x-b"), "2");
  });
});

Deno.test("send() writes a query with dates as ISO text, and without what is undefined", async () => {
  const { requests, send } = server(ok);
  const query = { a: "x&y", b: undefined, c: new Date(0), d: 5, e: false };
  await send({ ...GET, query });
  assertEquals(
    requests[0]?.url,
    "https://api.replicate.com/v1/things?a=x%26y&c=1970-01-01T00%3A00%3A00.000Z&d=5&e=false",
  );
});

Deno.test("send() as response fails when the body stops moving, and not while its reader pauses", async () => {
  await withFakeTime(async (time) => {
    const sluggish = () => {
      let count = 0;
      return new Response(
        new ReadableStream({
          async pull(controller) {
            if (count++ === 3) await new Promise(() => {});
            await new Promise((resolve) => setTimeout(resolve, 50_000));
            controller.enqueue(new Uint8Array([count]));
          },
        }, { highWaterMark: 0 }),
      );
    };
    const { send } = server(sluggish);
    const response = await send({ ...GET, as: "response" }) as Response;
    const reader = response.body!.getReader();
    for (const expected of [1, 2, 3]) {
      await new Promise((resolve) => setTimeout(resolve, 300_000));
      assertEquals((await reader.read()).value?.[0], expected);
    }
    const before = time.elapsed();
    const error = await rejection(reader.read());
    assertInstanceOf(error, TimeoutError);
    assertEquals([error.phase, time.elapsed() - before, time.timers], ["idle", 60_000, 0]);
  });
});

Deno.test("send() as response stops with the signal's reason, also in the middle of the body", async () => {
  const controller = new AbortController();
  let canceled: unknown;
  const { send } = server(() =>
    new Response(
      new ReadableStream({
        start: (controller) => controller.enqueue(new Uint8Array([1])),
        cancel: (reason) => void (canceled = reason),
      }),
    )
  );
  const options = { signal: controller.signal };
  const response = await send({ ...GET, as: "response", options }) as Response;
  const reader = response.body!.getReader();
  await reader.read();
  controller.abort("enough");
  assertEquals(await rejection<string>(reader.read()), "enough");
  assertEquals(canceled, "enough");
});
