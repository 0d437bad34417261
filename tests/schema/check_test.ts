/** The check of values, with schemas of our own for each feature of real ones. */

import { assertEquals } from "@std/assert";
import { FileInput } from "../../src/files/file_input.ts";
import { type Problem, problemsOf } from "../../src/schema/check.ts";
import { checkInput, issuesOf } from "../../src/schema/input.ts";
import type { JsonSchema, Schemas } from "../../src/schema/json_schema.ts";

const codes = (problems: readonly Problem[]): string[] =>
  problems.map(({ place, code }) => `${place.join(".")} ${code}`.trim());

const check = (
  properties: Record<string, JsonSchema>,
  input: object,
  options: { required?: string[]; schemas?: Schemas; coerce?: boolean } = {},
) => {
  const { required = [], schemas = {}, coerce } = options;
  return checkInput({ input: { properties, required }, schemas }, input, coerce);
};

Deno.test("checkInput() finds every problem at once, in the server's words", () => {
  const properties: Record<string, JsonSchema> = {
    prompt: { type: "string" },
    steps: { type: "integer", minimum: 1, maximum: 4 },
    size: { allOf: [{ $ref: "#/components/schemas/size" }] },
    image: { type: "string", format: "uri" },
  };
  const schemas = { size: { type: "string", enum: ["small", "large"] } };
  const input = { promt: "x", steps: 9, size: "larg", image: "./a.png" };
  const { problems } = check(properties, input, { schemas, required: ["prompt"] });
  assertEquals(issuesOf(problems), [
    { path: "input.prompt", code: "required", message: "prompt is required" },
    {
      path: "input.promt",
      code: "additional_property_not_allowed",
      message: "Additional property promt is not allowed",
      suggestion: "did you mean prompt?",
    },
    {
      path: "input.steps",
      code: "number_lte",
      message: "Must be less than or equal to 4",
    },
    {
      path: "input.size",
      code: "enum",
      message: 'size must be one of the following: "small", "large"',
      suggestion: "did you mean large?",
    },
    {
      path: "input.image",
      code: "format",
      message: "Does not match format 'uri'",
      suggestion: "give a whole URL, a Blob, or FileInput.fromPath(...)",
    },
  ]);
});

Deno.test("checkInput() drops null and undefined, and changes no object of the caller", () => {
  const given = Object.freeze({ prompt: "x", seed: null, mask: undefined });
  const { input, problems } = check({ prompt: {}, seed: { type: "integer" }, mask: {} }, given);
  assertEquals([input, problems], [{ prompt: "x" }, []]);
  const { problems: missing } = check({ prompt: {} }, { prompt: null }, { required: ["prompt"] });
  assertEquals(codes(missing), ["prompt required"]);
});

Deno.test("checkInput() reads text as numbers and back only where that is asked for", () => {
  const properties: Record<string, JsonSchema> = {
    steps: { type: "integer" },
    scale: { type: "number" },
    tiled: { type: "boolean" },
    name: { type: "string" },
    sizes: { type: "array", items: { type: "integer" } },
  };
  const given = { steps: "4", scale: " 7.5e0 ", tiled: "true", name: 12, sizes: ["1", 2] };
  const coerced = check(properties, given, { coerce: true });
  assertEquals(coerced.problems, []);
  assertEquals(coerced.input, { steps: 4, scale: 7.5, tiled: true, name: "12", sizes: [1, 2] });
  assertEquals(codes(check(properties, given).problems), [
    "steps invalid_type",
    "scale invalid_type",
    "tiled invalid_type",
    "name invalid_type",
    "sizes.0 invalid_type",
  ]);
  for (const steps of ["4.5", "four", "", " ", "0x10", "1e999"]) {
    assertEquals(codes(check(properties, { steps }, { coerce: true }).problems), [
      "steps invalid_type",
    ], steps);
  }
});

Deno.test("checkInput() takes files, URLs and promises where the schema wants text", () => {
  const uri: JsonSchema = { type: "string", format: "uri" };
  const files = [
    new Blob(["x"]),
    new Uint8Array(1),
    new URL("https://example.com/a.png"),
    "data:,x",
    FileInput.fromPath("a.png"),
    Promise.resolve("https://example.com/a.png"),
    new Response("x").body,
  ];
  assertEquals(check({ files: { type: "array", items: uri } }, { files }).problems, []);
  assertEquals(check({ file: { type: "string" } }, { file: files[0] }).problems, []);
  assertEquals(codes(check({ n: { type: "integer" } }, { n: files[0] }).problems), [
    "n invalid_type",
  ]);
});

Deno.test("checkInput() lets pass what a schema does not say, or says in a way of its own", () => {
  const passes: [JsonSchema, unknown][] = [
    [{}, { a: [1] }],
    [{ allOf: [{ $ref: "#/components/schemas/lost" }] }, 1],
    [{ type: "NamedThing" }, 1],
    [{ type: "array", items: { anyOf: [] } }, [1, "a"]],
    [{ anyOf: [] }, 1],
    [{ enum: [] }, "x"],
    [{ type: "integer", enum: ["512", "256"] }, 512],
    [{ type: "integer", enum: ["512", "256"] }, "512"],
    [{ type: "boolean", enum: ["true"] }, true],
    [{ type: "string", enum: ["a"], default: "b" }, "b"],
    [{ type: "string", format: "uri", default: "no-url.zip" }, "no-url.zip"],
    [{ type: "integer", minimum: -9223372036854775808, maximum: 18446744073709551615 }, 2 ** 60],
    [{ type: ["string", "null"] }, "x"],
    [{ type: "string", maxLength: 2 }, "😀😀"],
    [{ type: "string", format: "password" }, "x"],
    [{ allOf: "odd", anyOf: 3, enum: "x", items: 4 } as unknown as JsonSchema, 1],
  ];
  for (const [schema, value] of passes) {
    assertEquals(check({ x: schema }, { x: value }).problems, [], JSON.stringify(schema));
  }
});

Deno.test("checkInput() knows fields that are called like keywords, or like members of objects", () => {
  const properties = Object.fromEntries(
    ["type", "format", "title", "default", "properties", "__proto__", "constructor", "$ref"]
      .map((name) => [name, { type: "integer" } as JsonSchema]),
  );
  const right = Object.fromEntries(Object.keys(properties).map((name) => [name, 1]));
  const { input, problems } = check(properties, right);
  assertEquals(problems, []);
  assertEquals(Object.keys(input), Object.keys(right));
  const wrong = Object.fromEntries(Object.keys(properties).map((name) => [name, "x"]));
  assertEquals(check(properties, wrong).problems.length, Object.keys(properties).length);
  assertEquals(codes(check({ a: {} }, { toString: 1 }).problems), [
    "toString additional_property_not_allowed",
  ]);
});

Deno.test("problemsOf() checks bounds of numbers, text and lists, also as ge and le", () => {
  const wrong: [JsonSchema, unknown, string][] = [
    [{ minimum: 1 }, 0.5, "number_gte"],
    [{ maximum: 1 }, 2, "number_lte"],
    [{ ge: 1 }, 0, "number_gte"],
    [{ le: 1 }, 2, "number_lte"],
    [{ minLength: 2 }, "a", "string_gte"],
    [{ maxLength: 2 }, "abc", "string_lte"],
    [{ maxLength: 2 }, "😀😀😀", "string_lte"],
    [{ minItems: 1 }, [], "array_min_items"],
    [{ maxItems: 1 }, [1, 2], "array_max_items"],
    [{ maximum: 1 }, NaN, "number_lte"],
    [{ anyOf: [{ type: "string" }, { type: "array" }] }, 1, "number_any_of"],
  ];
  for (const [schema, value, code] of wrong) {
    assertEquals(codes(problemsOf(schema, value)), [code], JSON.stringify(schema));
  }
});

Deno.test("problemsOf() ends where refs and values do not", () => {
  const schemas: Schemas = {
    Loop: { $ref: "#/components/schemas/Loop" },
    Node: {
      type: "object",
      required: ["name"],
      properties: { children: { type: "array", items: { $ref: "#/components/schemas/Node" } } },
    },
  };
  assertEquals(problemsOf({ $ref: "#/components/schemas/Loop" }, 1, schemas), []);
  const tree = { name: "a", children: [{ name: "b", children: [{}] }] };
  assertEquals(codes(problemsOf({ $ref: "#/components/schemas/Node" }, tree, schemas)), [
    "children.0.children.0.name required",
  ]);
  const endless: Record<string, unknown> = { name: "a" };
  endless.children = [endless];
  assertEquals(problemsOf({ $ref: "#/components/schemas/Node" }, endless, schemas), []);
});

Deno.test("problemsOf() lists the first of many choices only", () => {
  const choices = Array.from({ length: 1001 }, (_, index) => `choice ${index}`);
  const [problem] = problemsOf({ type: "string", enum: choices }, "choise 1000");
  assertEquals(problem?.message.endsWith('"choice 49", and 951 more'), true);
  assertEquals(problem?.suggestion, "did you mean choice 1000?");
});

Deno.test("problemsOf() says which type was expected, and which one came", () => {
  const given = [null, [1], new Blob([]), true, { a: 1 }].map((value) =>
    problemsOf({ type: "integer" }, value)[0]?.message.split("given: ")[1]
  );
  assertEquals(given, ["null", "array", "file", "boolean", "object"]);
  assertEquals(problemsOf({ type: "string", nullable: true }, null), []);
});

Deno.test("problemsOf() compares choices that are objects by what is in them", () => {
  const schema: JsonSchema = { enum: [{ a: 1 }, [2], 512] };
  for (const value of [{ a: 1 }, [2], 512]) assertEquals(problemsOf(schema, value), []);
  assertEquals(codes(problemsOf(schema, { a: 2 })), ["enum"]);
});

Deno.test("problemsOf() suggests no choice for a secret", () => {
  const schema: JsonSchema = { type: "string", enum: ["r8_abcdef"], "x-cog-secret": true };
  const [problem] = problemsOf(schema, "r8_abcdeg");
  assertEquals([problem?.code, problem?.suggestion], ["enum", undefined]);
});

Deno.test("problemsOf() holds a bound only against what it is about", () => {
  const bounds = { minimum: 5, maxLength: 1, minItems: 3 };
  assertEquals(codes(problemsOf(bounds, 1)), ["number_gte"]);
  assertEquals(codes(problemsOf(bounds, "ab")), ["string_lte"]);
  assertEquals(codes(problemsOf(bounds, [1])), ["array_min_items"]);
  assertEquals(problemsOf(bounds, true), []);
});

Deno.test("problemsOf() refuses further fields of a schema without any", () => {
  const [problem] = problemsOf({ type: "object", additionalProperties: false }, { a: 1 });
  assertEquals([problem?.code, problem?.suggestion], [
    "additional_property_not_allowed",
    undefined,
  ]);
  const text: JsonSchema = { type: "object", additionalProperties: { type: "string" } };
  assertEquals(codes(problemsOf(text, { a: 1, b: "x", c: undefined })), ["a invalid_type"]);
});

Deno.test("checkInput() coerces nothing that could be meant otherwise", () => {
  const properties: Record<string, JsonSchema> = {
    flag: { type: "boolean" },
    text: { type: "string" },
    list: { type: "array" },
    count: { type: "integer" },
  };
  const read = (input: object) => check(properties, input, { coerce: true });
  assertEquals(read({ flag: "true" }).input, { flag: true });
  assertEquals(read({ flag: "false", count: 5n, text: 7n }).input, {
    flag: false,
    count: 5,
    text: "7",
  });
  const wrong = read({ flag: "yes", text: { a: 1 }, list: "a", count: true });
  assertEquals(wrong.input, { flag: "yes", text: { a: 1 }, list: "a", count: true });
  assertEquals(wrong.problems.length, 4);
});

Deno.test("checkInput() lets every field pass where a schema names none", () => {
  const odd = { required: "prompt" } as unknown as JsonSchema;
  const { input, problems } = checkInput({ input: odd }, { prompt: 1, extra: null });
  assertEquals([input, problems], [{ prompt: 1 }, []]);
});

Deno.test("issuesOf() writes paths as a program would", () => {
  const places = [[], ["a", 0, "b"], ["a-b"], ["2x", "c d"]];
  const paths = issuesOf(places.map((place) => ({ place, code: "x", message: "y" })))
    .map(({ path }) => path);
  assertEquals(paths, ["input", "input.a[0].b", 'input["a-b"]', 'input["2x"]["c d"]']);
});
