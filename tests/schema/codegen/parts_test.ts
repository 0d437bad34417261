import { assert, assertEquals } from "@std/assert";
import { choiceTypes } from "../../../src/schema/codegen/choices.ts";
import { difference } from "../../../src/schema/codegen/difference.ts";
import { compare, identifier, typeName } from "../../../src/schema/codegen/names.ts";
import { columns, typed } from "../../../src/schema/codegen/print.ts";

Deno.test("choiceTypes() writes choices in the type that the schema has", () => {
  assertEquals(choiceTypes({ enum: [] }), undefined);
  assertEquals(choiceTypes({ type: "string" }), undefined);
  assertEquals(choiceTypes({ type: "string", enum: [512, true, "a"] }), ['"512"', '"true"', '"a"']);
  assertEquals(choiceTypes({ type: "integer", enum: ["512", " ", 7] }), ["512", '" "', "7"]);
  assertEquals(choiceTypes({ type: "boolean", enum: ["True", "false", "x"] }), ["boolean", '"x"']);
  assertEquals(choiceTypes({ enum: [null, [1], { a: 1 }] }), ["null", "unknown"]);
});

Deno.test("columns() counts the letters of East Asia twice, and marks not at all", () => {
  assertEquals(["fig", "無花果", "e\u0301", "é", "\u200b"].map(columns), [3, 6, 1, 1, 0]);
});

Deno.test("typed() breaks what does not fit on its line", () => {
  const long = "a".repeat(120);
  assertEquals(typed("size?:", ['"a"', '"b"'], 2), '  size?: "a" | "b";');
  assertEquals(typed("size?:", [long, long], 2), `  size?:\n    | ${long}\n    | ${long};`);
  assertEquals(
    typed("map?:", [`Record<string, ${long}>`], 2),
    `  map?: Record<\n    string,\n    ${long}\n  >;`,
  );
  assertEquals(typed("export type A =", [long], 0), `export type A =\n  ${long};`);
  assertEquals(typed("a:", [long], 2), `  a: ${long};`);
});

Deno.test("identifier() and typeName() make a name of any text", () => {
  assertEquals(["flux-schnell", "SDXL-v2", "FLUXDev", "3d-x", "花", ""].map(identifier), [
    "fluxSchnell",
    "sdxlV2",
    "fluxDev",
    "model3dX",
    "unnamed",
    "unnamed",
  ]);
  assertEquals(["flux-schnell", "花"].map(typeName), ["FluxSchnell", "Unnamed"]);
  assertEquals([compare("a", "b"), compare("b", "a"), compare("a", "a")], [-1, 1, 0]);
});

Deno.test("difference() cuts long lines, and takes no time for texts that have nothing in common", () => {
  assertEquals(difference("a", "a"), "");
  const [, line] = difference("x".repeat(500), "y").split("\n");
  assert(line!.endsWith("...") && line!.length < 500, line);
  const lines = (letter: string) => Array.from({ length: 5000 }, (_, n) => letter + n).join("\n");
  const rows = difference(lines("a"), lines("b")).split("\n");
  assertEquals(rows.filter((it) => it.startsWith("-")).length, 5000);
  assertEquals(rows.filter((it) => it.startsWith("+")).length, 5000);
});
