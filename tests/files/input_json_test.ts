import { Buffer } from "node:buffer";
import { open } from "node:fs/promises";
import { Readable } from "node:stream";
import { assertEquals, assertThrows } from "@std/assert";
import { Walk } from "../../src/files/input_json.ts";
import { jsonOf } from "../../src/files/json_copy.ts";
import { FileInput } from "../../src/files/file_input.ts";
import { FileOutput } from "../../src/files/output.ts";
import { connect } from "./helpers.ts";

function json(value: unknown): unknown {
  return new Walk("input", value).value;
}

Deno.test("Walk keeps what is JSON, and leaves the object as it is", () => {
  const shared = { n: 1 };
  const input = Object.freeze({
    text: "a",
    none: null,
    yes: true,
    zero: -0,
    list: Object.freeze([1, [2], shared, shared]),
    "a-b": { deep: { er: "x" } },
  });
  const copy = json(input) as typeof input;
  assertEquals(copy, input);
  assertEquals(copy.list === input.list, false);
});

Deno.test("Walk copies fields as JSON does", () => {
  const url = new URL("https://example.com/a b");
  assertEquals(json({ at: new Date(0), url, gone: undefined }), {
    at: "1970-01-01T00:00:00.000Z",
    url: "https://example.com/a%20b",
    gone: undefined,
  });
  class Point {
    x = 1;
    get y(): number {
      return 2;
    }
  }
  assertEquals(json([new Point(), Object.create(null), Object("text"), { toJSON: () => [1] }]), [
    { x: 1 },
    {},
    "text",
    [1],
  ]);
});

Deno.test("Walk sends a FileOutput as its URL", () => {
  const { send } = connect();
  const href = "https://replicate.delivery/a.png";
  assertEquals(json({ image: new FileOutput(send, href) }), { image: href });
});

Deno.test("Walk keeps a field that is called __proto__", () => {
  const input = JSON.parse('{"__proto__":{"a":1},"constructor":2}');
  assertEquals(JSON.stringify(json(input)), '{"__proto__":{"a":1},"constructor":2}');
});

Deno.test("Walk refuses what JSON would change or lose, and says where it is", () => {
  const ring: Record<string, unknown> = {};
  ring.a = [{ ring }];
  const cases: [input: unknown, message: string][] = [
    [{ frames: [1, 2, { mask: new Map() }] }, "Cannot send input.frames[2].mask: Map is not JSON"],
    [{ a: new Set([1]) }, "Cannot send input.a: Set is not JSON"],
    [{ a: /x/ }, "Cannot send input.a: RegExp is not JSON"],
    [{ a: new Error("x") }, "Cannot send input.a: Error is not JSON"],
    [{ a: new Headers() }, "Cannot send input.a: Headers is not JSON"],
    [{ a: new (class Secret {})() }, "Cannot send input.a: Secret is not JSON"],
    [{ "a b": [() => 1] }, 'Cannot send input["a b"][0]: function is not JSON'],
    [{ a: Symbol("x") }, "Cannot send input.a: symbol is not JSON"],
    [{ a: 1n }, "Cannot send input.a: bigint is not JSON"],
    [{ a: NaN }, "Cannot send input.a: NaN is not JSON"],
    [{ a: -Infinity }, "Cannot send input.a: -Infinity is not JSON"],
    [{ a: [1, undefined] }, "Cannot send input.a[1]: undefined is not JSON"],
    [{ a: new Array(1) }, "Cannot send input.a[0]: undefined is not JSON"],
    [{ a: new Date(NaN) }, "Cannot send input.a: Invalid Date is not JSON"],
    [{ a: { toJSON: () => ({ b: 1n }) } }, "Cannot send input.a.b: bigint is not JSON"],
    [{ a: { toJSON: () => undefined } }, "Cannot send input.a: undefined is not JSON"],
    [ring, "Cannot send input.a[0].ring: it is within itself"],
  ];
  for (const [input, message] of cases) {
    assertThrows(() => json(input), TypeError, message);
  }
});

Deno.test("jsonOf() takes no files and no promises", () => {
  assertEquals(jsonOf("metadata", { a: [{ b: null }] }), { a: [{ b: null }] });
  assertThrows(
    () => jsonOf("metadata", { a: [new Blob()] }),
    TypeError,
    "Cannot send metadata.a[0]: there can be no file here",
  );
  assertThrows(
    () => jsonOf("metadata", { a: Promise.resolve(1) }),
    TypeError,
    "Cannot send metadata.a: a promise is not JSON",
  );
});

Deno.test("jsonOf() names the reason for a file of any kind", async () => {
  const path = await Deno.makeTempFile();
  using file = await Deno.open(path);
  const handle = await open(path);
  const files = [
    new Blob(),
    new File([], "a"),
    new ArrayBuffer(1),
    new Uint8Array(1),
    new DataView(new ArrayBuffer(1)),
    Buffer.from("a"),
    new Response("a"),
    new Response("a").body!,
    Readable.from(["a"]),
    FileInput.fromBytes(new Uint8Array(1)),
    file,
    handle,
  ];
  for (const file of files) {
    assertThrows(() => jsonOf("it", { file }, "no"), TypeError, "Cannot send it.file: no");
  }
  await handle.close();
  await Deno.remove(path);
});
