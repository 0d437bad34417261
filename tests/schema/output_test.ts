/** Outputs by schema. */

import { assertEquals } from "@std/assert";
import { readChunk, readOutput } from "../../src/schema/output.ts";
import type { JsonSchema, Schemas } from "../../src/schema/json_schema.ts";

const URI: JsonSchema = { type: "string", format: "uri" };

/** What is read as a file, and what is read by its value, is marked. */
const read = (schema: JsonSchema, value: unknown, schemas: Schemas = {}): unknown =>
  readOutput(schema, value, schemas, mark);
const mark = (value: unknown, isFile: boolean): unknown => isFile ? { file: value } : { as: value };

Deno.test("readOutput() makes files of URIs, and leaves text as text", () => {
  assertEquals(read(URI, "http://gateway/a"), { file: "http://gateway/a" });
  assertEquals(read({ type: "string" }, "https://example.com/a.png"), "https://example.com/a.png");
  assertEquals(read({ type: "array", items: URI }, ["a:1", "b:2"]), [{ file: "a:1" }, {
    file: "b:2",
  }]);
});

Deno.test("readOutput() joins the parts of one text", () => {
  const schema = {
    type: "array",
    items: { type: "string" },
    "x-cog-array-type": "iterator",
    "x-cog-array-display": "concatenate",
  };
  assertEquals(read(schema, ["Hel", "lo"]), "Hello");
  assertEquals(readChunk(schema, "lo", {}, mark), "lo");
  assertEquals(readChunk({ type: "array", items: URI }, "a:1", {}, mark), { file: "a:1" });
});

Deno.test("readOutput() keeps the shape of objects, by refs, unions and further fields", () => {
  const schemas: Schemas = {
    Out: {
      type: "object",
      properties: {
        text: { type: "string" },
        file: URI,
        parts: { type: "array", items: { $ref: "#/components/schemas/Out" } },
        either: { anyOf: [{ type: "number" }, URI] },
        kind: { allOf: [{ $ref: "#/components/schemas/Kind" }] },
      },
      additionalProperties: URI,
    },
    Kind: { type: "string", enum: ["https://example.com"] },
  };
  const value = {
    text: "https://a.b",
    file: "c:1",
    parts: [{ file: "d:2" }],
    either: "e:3",
    kind: "https://example.com",
    more: "f:4",
    nothing: null,
  };
  assertEquals(read({ $ref: "#/components/schemas/Out" }, value, schemas), {
    text: "https://a.b",
    file: { file: "c:1" },
    parts: [{ file: { file: "d:2" } }],
    either: { file: "e:3" },
    kind: "https://example.com",
    more: { file: "f:4" },
    nothing: { as: null },
  });
});

Deno.test("readOutput() reads by its value what contradicts the schema", () => {
  assertEquals(read({ type: "array", items: URI }, "https://a.b"), { as: "https://a.b" });
  assertEquals(read(URI, ["https://a.b"]), { as: ["https://a.b"] });
  assertEquals(read({}, "https://a.b"), { as: "https://a.b" });
  assertEquals(read({ type: "NamedThing" }, { a: 1 }), { as: { a: 1 } });
  assertEquals(read({ type: "object", properties: { a: URI } }, { b: "https://a.b" }), {
    b: { as: "https://a.b" },
  });
  assertEquals(read({ anyOf: [] }, 1), { as: 1 });
});

Deno.test("readOutput() reads lists and objects whose schema says nothing of what is in them", () => {
  assertEquals(read({ type: "array" }, ["https://a.b"]), [{ as: "https://a.b" }]);
  assertEquals(read({ type: "object" }, { a: "https://a.b" }), { a: { as: "https://a.b" } });
  assertEquals(readChunk({ type: "array" }, "https://a.b", {}, mark), { as: "https://a.b" });
  assertEquals(readChunk(URI, "a:1", {}, mark), { file: "a:1" });
  assertEquals(read({ type: "integer" }, 7), 7);
  assertEquals(read({ type: "string", nullable: true }, null), { as: null });
});

Deno.test("readOutput() reads by its value what fits no part of a union", () => {
  assertEquals(read({ anyOf: [URI, "odd" as unknown as JsonSchema] }, 7), { as: 7 });
  assertEquals(read({ allOf: [URI, { type: "string" }] }, "a:1"), { as: "a:1" });
});
