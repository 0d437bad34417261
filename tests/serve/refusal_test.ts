import { assertEquals } from "@std/assert";
import { ConnectionError, TimeoutError } from "../../src/errors.ts";
import { answerTo, Refusal } from "../../src/serve/refusal.ts";

const request = (signal?: AbortSignal) =>
  new Request("https://example.com/api/watch/p1?ticket=secret", { signal: signal ?? null });

Deno.test("answerTo() tells pages a status, and the server the error", () => {
  const seen: unknown[] = [];
  const errors: [unknown, number][] = [
    [new ConnectionError("Cannot get a run: reset", { retryable: true } as never), 502],
    [Object.assign(new TypeError("bug")), 500],
    ["text", 500],
    [new Refusal(403, "not yours"), 403],
  ];
  for (const [error, status] of errors) {
    assertEquals(answerTo(error, request(), (it) => seen.push(it)).status, status, String(error));
  }
  assertEquals(seen, errors.slice(0, 3).map(([error]) => error));
});

Deno.test("answerTo() asks pages to come again where the account is busy", () => {
  const seen: unknown[] = [];
  const timeout = (phase: string) =>
    Object.assign(Object.create(TimeoutError.prototype), { phase }) as TimeoutError;
  const busy = answerTo(timeout("deadline"), request(), (it) => seen.push(it));
  assertEquals([busy.status, busy.headers.get("retry-after"), seen], [503, "5", []]);
  const late = answerTo(timeout("request"), request(), (it) => seen.push(it));
  assertEquals([late.status, seen.length], [504, 1]);
});

Deno.test("answerTo() prints what goes wrong without the query, which may be a ticket", () => {
  const { error } = console;
  const lines: string[] = [];
  console.error = (...parts: unknown[]) => void lines.push(parts.map(String).join(" "));
  try {
    assertEquals(answerTo(new TypeError("bug"), request(), undefined).status, 500);
    const left = new AbortController();
    left.abort(new Error("left"));
    assertEquals(answerTo(left.signal.reason, request(left.signal), undefined).status, 499);
  } finally {
    console.error = error;
  }
  assertEquals(lines, ["Cannot serve GET https://example.com/api/watch/p1: TypeError: bug"]);
});
