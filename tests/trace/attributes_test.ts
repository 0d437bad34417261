import { assert, assertEquals } from "@std/assert";
import type { DebugEvent } from "../../src/http/options.ts";
import type { JobRecord } from "../../src/run/reader.ts";
import {
  contentAttributes,
  costAttributes,
  errorType,
  jobAttributes,
  spanOf,
  stepOf,
} from "../../src/trace/attributes.ts";
import { record } from "../scripted.ts";

const step = (more: Partial<DebugEvent>): DebugEvent =>
  ({
    event: "response",
    method: "GET",
    path: "/predictions/p1",
    attempt: 1,
    ...more,
  }) as DebugEvent;

Deno.test("spanOf() tells the server of the client, with a port where it has one", () => {
  const server = (baseUrl: unknown) => {
    const [, attributes] = spanOf("batch", "acme/a", baseUrl);
    return [attributes["server.address"], attributes["server.port"]];
  };
  assertEquals(server("http://127.0.0.1:8080/v1"), ["127.0.0.1", 8080]);
  assertEquals(server("https://api.replicate.com/v1"), ["api.replicate.com", undefined]);
  assertEquals(server(undefined), [undefined, undefined]);
});

Deno.test("spanOf() is called after the operation alone where the model is not known", () => {
  const [name, attributes] = spanOf("generate_content", undefined, "https://api.replicate.com");
  assertEquals(name, "generate_content");
  assert(!("gen_ai.request.model" in attributes));
});

Deno.test("jobAttributes() takes text and numbers that are finite from the record, and no more", () => {
  const metrics = { predict_time: "long", total_time: 2, input_token_count: NaN };
  const attributes = jobAttributes(record({ metrics }) as unknown as JobRecord);
  assertEquals(attributes, {
    "replicate.status": "starting",
    "gen_ai.response.id": "p1",
    "gen_ai.response.model": "acme/x",
    "replicate.version": "hidden",
    "replicate.predict_time": "long",
    "replicate.total_time": 2,
  });
  const plain = jobAttributes(record() as unknown as JobRecord);
  assert(!("replicate.total_time" in plain));
});

Deno.test("costAttributes() tells no cost that is not all known", () => {
  const job = record() as unknown as JobRecord;
  const meter = (cost: object) => ({ costOf: () => cost }) as never;
  assertEquals(costAttributes(undefined, job, "acme/x"), {});
  assertEquals(costAttributes(meter({ amount: 0, unknown: "no price" }), job, "acme/x"), {});
  assertEquals(costAttributes(meter({ amount: 0.5 }), job, "acme/x"), { "replicate.cost": 0.5 });
});

Deno.test("contentAttributes() writes text as it is and the rest as JSON, and nothing for null", () => {
  const content = (value: unknown) => {
    const text = contentAttributes("output", value)["gen_ai.output.messages"];
    return text === undefined ? undefined : JSON.parse(String(text))[0].parts[0].content;
  };
  assertEquals(content("a fig"), "a fig");
  assertEquals(content({ a: [1] }), '{"a":[1]}');
  assertEquals([content(null), content(undefined)], [undefined, undefined]);
  // JSON has no word for a function.
  assertEquals(content(() => 1), "");
  const role = String(contentAttributes("input", "x")["gen_ai.input.messages"]);
  assertEquals(JSON.parse(role)[0].role, "user");
});

Deno.test("errorType() is one word for the kind of an error, whatever was thrown", () => {
  const types = [
    { kind: "out-of-memory", status: 500 },
    { status: 429, name: "ApiError" },
    { phase: "connect", name: "TimeoutError" },
    new TypeError("x"),
    "a text",
    { name: 1 },
    undefined,
    null,
  ].map(errorType);
  assertEquals(types, [
    "out-of-memory",
    "429",
    "timeout connect",
    "TypeError",
    "_OTHER",
    "_OTHER",
    "_OTHER",
    "_OTHER",
  ]);
});

Deno.test("stepOf() names each step by what it does", () => {
  const names = [
    step({ method: "POST", path: "/predictions/p1/cancel" }),
    step({ method: "POST", path: "/models/acme/x/predictions" }),
    step({ method: "POST", path: "/files" }),
    step({ path: "/trainings/t1" }),
    step({ path: "/predictions/p1" }),
    step({ path: "/models/acme/x" }),
    step({ path: "https://stream.replicate.com/v1/secret" }),
    step({ event: "wait", reason: "the rate limit" } as Partial<DebugEvent>),
    step({ event: "wait", ms: 5 } as Partial<DebugEvent>),
    step({ event: "request" }),
  ].map((it) => stepOf(it)?.[0].replace("replicate.", ""));
  assertEquals(names, [
    "cancel",
    "create",
    "upload",
    "poll",
    "poll",
    "request",
    "stream",
    "throttle",
    "wait",
    undefined,
  ]);
});

Deno.test("stepOf() tells a lost connection, and never the secret address of a stream", () => {
  const [, lost] = stepOf(step({ event: "error", ms: 3, attempt: 2 }))!;
  assertEquals(lost, {
    "http.request.method": "GET",
    "url.path": "/predictions/p1",
    "http.request.resend_count": 1,
    "replicate.ms": 3,
    "error.type": "connection",
  });
  const [, stream] = stepOf(step({ path: "https://stream.replicate.com/secret", status: 200 }))!;
  assert(!JSON.stringify(stream).includes("secret"));
});
