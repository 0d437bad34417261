import { assertEquals } from "@std/assert";
import { anyOf } from "../../src/testing/signals.ts";

Deno.test("anyOf() has aborted where one of its signals has, with the reason of the caller", () => {
  const open = new AbortController().signal;
  const left = anyOf(AbortSignal.abort("left"), open).signal;
  assertEquals([left.aborted, left.reason], [true, "left"]);
  const closed = anyOf(open, AbortSignal.abort()).signal;
  assertEquals([closed.aborted, closed.reason.cause.code], [true, "ECONNRESET"]);
});

Deno.test("anyOf() follows none of its signals once it is unlinked", () => {
  const [asked, closing] = [new AbortController(), new AbortController()];
  const { signal, unlink } = anyOf(asked.signal, closing.signal);
  unlink();
  asked.abort();
  closing.abort();
  assertEquals(signal.aborted, false);
  assertEquals(anyOf(undefined, closing.signal).signal.aborted, true);
});
