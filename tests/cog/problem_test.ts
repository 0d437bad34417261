import { assertEquals } from "@std/assert";
import { refusalOf } from "../../src/cog/problem.ts";

/** The refusal of an input for one entry of the list of a 422. */
function invalid(entry: Record<string, unknown>): unknown {
  const { body } = refusalOf(422, JSON.stringify({ detail: [entry] }));
  return (body.invalid_fields as unknown[])[0];
}

Deno.test("refusalOf() gives the words of the server, in whatever form they are", () => {
  const cases: [string, string][] = [
    ['{"detail":"not found"}', "not found"],
    ['{"error":"At capacity"}', "At capacity"],
    ['"busy"', "busy"],
    ["<h1>Bad gateway</h1>", "<h1>Bad gateway</h1>"],
    ["", "the server answered 502"],
  ];
  for (const [text, detail] of cases) {
    assertEquals(refusalOf(502, text), { status: 502, body: { detail, status: 502 } });
  }
});

Deno.test("refusalOf() gives the kinds of pydantic and coglet in Replicate's words", () => {
  const cases: [string, string][] = [
    ["missing", "required"],
    ["type_error.enum", "enum"],
    ["literal_error", "enum"],
    ["value_error.number.not_le", "number_lte"],
    ["less_than_equal", "number_lte"],
    ["value_error.number.not_ge", "number_gte"],
    ["greater_than_equal", "number_gte"],
    ["type_error.integer", "integer"],
    ["string_type", "string_type"],
  ];
  for (const [type, kind] of cases) {
    const { type: found } = invalid({ loc: ["body", "input", "n"], msg: "m", type }) as {
      type: string;
    };
    assertEquals([type, found], [type, kind]);
  }
});

Deno.test("refusalOf() takes an entry without a place, a message or a kind", () => {
  assertEquals(invalid({}), { type: "", field: "", description: "" });
  const { body } = refusalOf(422, '{"detail":[{"msg":"the body is too large"},7]}');
  assertEquals(body.detail, "- the body is too large\n");
  assertEquals(invalid({ loc: ["body", "input", 0], msg: "m", type: "x" }), {
    type: "x",
    field: "input.0",
    description: "m",
  });
});
