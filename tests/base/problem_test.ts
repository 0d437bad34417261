import { assertEquals } from "@std/assert";
import { parseProblem, readableDetail, retryAfterMs } from "../../src/base/problem.ts";

const detailOf = (body: string, status = 500): string =>
  readableDetail(parseProblem(body), { status, body });

Deno.test("parseProblem() reads the fields that were refused, whatever they lack", () => {
  const fields = [{ type: "required", field: "input.steps", description: "is required" }, {}, null];
  const { invalidFields } = parseProblem(JSON.stringify({ invalid_fields: fields }));
  assertEquals(invalidFields, [
    { type: "required", field: "input.steps", description: "is required" },
    { type: "", field: "", description: "" },
  ]);
});

Deno.test("readableDetail() finds the reason in whatever the server or a proxy has sent", () => {
  assertEquals(
    detailOf('{"title":"Bad","detail":"- input: x\\n- steps: y\\n"}'),
    "input: x; steps: y",
  );
  assertEquals(detailOf('{"title":"Bad"}'), "Bad");
  assertEquals(detailOf('{"error":"no luck"}'), "no luck");
  assertEquals(detailOf('{"message":"busy"}'), "busy");
  assertEquals(detailOf("<html><title>502 Bad Gateway</title>", 502), "Bad Gateway");
  assertEquals(detailOf("<p>Try <b>later</b></p>"), "Try later");
  assertEquals(detailOf("plain words"), "plain words");
  assertEquals(detailOf("{}", 404), "Not found");
  assertEquals(detailOf("", 418), "the server gave no reason");
});

Deno.test("retryAfterMs() takes seconds and dates, by the clock of the server", () => {
  const wait = (headers: Record<string, string>, body?: string) =>
    retryAfterMs(new Headers(headers), body);
  assertEquals(wait({ "retry-after": "1.5" }), 1500);
  const date = "Thu, 01 Jan 2026 00:00:00 GMT";
  assertEquals(wait({ "retry-after": "Thu, 01 Jan 2026 00:00:07 GMT", date }), 7000);
  assertEquals(wait({ "retry-after": date, date }), undefined);
  assertEquals(wait({ "retry-after": "1,1" }), undefined);
  assertEquals(wait({}, '{"retry_after":2}'), 2000);
  assertEquals(wait({}, '"retry_after"'), undefined);
  assertEquals(wait({}, "retry_after null"), undefined);
  assertEquals(wait({ "retry-after": "99999999999" }), 365 * 86_400_000);
});
