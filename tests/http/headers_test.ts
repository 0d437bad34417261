import { assertEquals, assertThrows } from "@std/assert";
import { headerRecord, holdOf, protocolHeaders } from "../../src/http/headers.ts";

Deno.test("headerRecord() takes every form of headers, and none", () => {
  assertEquals(headerRecord(undefined), {});
  assertEquals(headerRecord(null as never), {});
  assertEquals(headerRecord(new Headers({ "X-A": "1" })), { "x-a": "1" });
  assertEquals(headerRecord([["X-A", "1"], ["x-a", "2"]]), { "x-a": "1, 2" });
  assertEquals(headerRecord({ "X-A": " 1\t", "x-b": undefined } as never), { "x-a": "1" });
});

Deno.test("headerRecord() refuses what no header may have, and quotes no value", () => {
  assertThrows(() => headerRecord({ "a b": "1" }), TypeError, '"a b" as the name of a header');
  const error = assertThrows(() => headerRecord({ authorization: "r8_secret\n2" }), TypeError);
  assertEquals(
    error.message,
    "Cannot use the header authorization: its value has a character that no header may have",
  );
});

Deno.test("protocolHeaders() takes a header of the caller where the option is not given", () => {
  const spec = { method: "POST", path: "/a", action: "a", json: {} } as const;
  const headers = { prefer: undefined, "cancel-after": "5s" };
  assertEquals(
    protocolHeaders({ ...spec, headers } as never, { prefer: "wait=5", "cancel-after": "9s" }),
    {
      accept: "application/json",
      "content-type": "application/json",
      prefer: "wait=5",
      "cancel-after": "5s",
    },
  );
  assertEquals(protocolHeaders({ ...spec, headers } as never, {}).prefer, undefined);
});

Deno.test("holdOf() is the time for which the server may hold its answer", () => {
  const holds = ["wait", "wait=5", " Wait = 7", "respond-async", "wait=x"].map(holdOf);
  assertEquals(holds, [60_000, 5000, 7000, 0, 60_000]);
});
