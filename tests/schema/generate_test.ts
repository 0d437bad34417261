/** The generator: its output for schemas of our own, with the traps of real ones. */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ApiError, ReplicateError } from "../../src/errors.ts";
import { createSend } from "../../src/http/send.ts";
import {
  difference,
  generateTypes,
  type ModelSource,
  readSources,
  sourcesOf,
} from "../../src/schema/codegen/mod.ts";
import { FakeReplicate } from "../../src/testing/fake.ts";

const json: unknown[] = JSON.parse(
  await Deno.readTextFile(new URL("models.json", import.meta.url)),
);

const source = (name: string, schemas: object, more: Partial<ModelSource> = {}): ModelSource => ({
  owner: "acme",
  name,
  schemas: schemas as ModelSource["schemas"],
  ...more,
});
const input = (properties: object): object => ({ Input: { type: "object", properties } });
const names = (text: string): string[] =>
  [...text.matchAll(/^export const (\w+)/gm)].map(([, name]) => name!);

/** A copy of a JSON value in which the fields of objects come the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).reverse().map(([key, item]) => [key, reversed(item)]),
  );
}

Deno.test("generateTypes() writes models.ts, which other tests compile and run", async () => {
  const expected = await Deno.readTextFile(new URL("models.ts", import.meta.url));
  const text = generateTypes(sourcesOf(json), { registry: true });
  assertEquals(difference(expected, text), "", "deno task types --from tests/schema/models.json");
});

Deno.test("generateTypes() writes the same for whatever order the answers have", () => {
  const text = generateTypes(sourcesOf(json));
  const other = generateTypes(sourcesOf(reversed([...json].reverse())));
  assertEquals(difference(text, other), "");
});

Deno.test("generateTypes() gives names that are free, and stay when models are added", () => {
  const make = (...refs: string[]): string[] =>
    names(generateTypes(refs.map((ref) => {
      const [owner = "", name = ""] = ref.split("/");
      return { owner, name, schemas: {} };
    })));
  assertEquals(make("a/flux-schnell"), ["fluxSchnell"]);
  assertEquals(make("a/flux", "b/flux", "c/sdxl"), ["aFlux", "bFlux", "sdxl"]);
  assertEquals(make("a/class", "b/model", "c/3d", "d/_", "e/SDXL-v2.1"), [
    "aClass",
    "bModel",
    "model3d",
    "unnamed",
    "sdxlV21",
  ]);
  assertEquals(make("a-b/flux", "a/b-flux", "c/flux", "d/b-flux"), [
    "aBFlux",
    "aBFlux2",
    "cFlux",
    "dBFlux",
  ]);
  assertEquals(make("a/x-input", "a/x"), ["x", "xInput"]);
});

Deno.test("generateTypes() says why it knows nothing of a field", () => {
  const text = generateTypes([source("odd", {
    Input: {
      type: "object",
      properties: {
        lost: { allOf: [{ $ref: "#/components/schemas/lost" }] },
        odd: { type: "NamedThing" },
        none: { anyOf: [] },
        text: "no schema",
      },
    },
    Output: { $ref: "#/components/schemas/Loop" },
    Loop: { type: "array", items: { $ref: "#/components/schemas/Loop" } },
  })]);
  for (
    const part of [
      "refers to #/components/schemas/lost, which says nothing. */\n  lost?: unknown;",
      'a type that JSON does not have: "NamedThing". */\n  odd?: unknown;',
      "an empty list of types. */\n  none?: unknown;",
      "does not say what it is. */\n  text?: unknown;",
      "The schema contains itself.\n */\nexport type OddOutput = unknown[];",
    ]
  ) assert(text.includes(part), `${part}\n\nis not in\n\n${text}`);
});

Deno.test("generateTypes() lets no text of an author out of its comment", () => {
  const description = "*/ export const evil = 1; /*\u2028*/ evil(); //";
  const text = generateTypes([
    source("x", input({ a: { type: "string", description, default: "*/ evil" } }), { description }),
  ]);
  assertEquals(text.replace(/\/\*\*[^]*?\*\//g, "").includes("evil"), false);
});

Deno.test("generateTypes() keeps descriptions for tools only if it is told to", () => {
  const models = [
    source("x", input({ a: { type: "string", description: "Words.", default: "b" } })),
  ];
  assert(!generateTypes(models).includes('"description"'));
  assert(
    generateTypes(models, { descriptions: true }).includes(
      '"a":{"type":"string","default":"b","description":"Words."}',
    ),
  );
});

Deno.test("generateTypes() imports from the package that it is told", () => {
  const models = [source("x", input({ a: { type: "string", format: "uri" } }))];
  const text = generateTypes(models, { from: "jsr:@x/replicate@^1", registry: true });
  assert(text.includes('import type { FileSource } from "jsr:@x/replicate@^1";'));
  assert(text.includes('import { model, type SchemaModel } from "jsr:@x/replicate@^1/schema";'));
  assert(text.includes('declare module "jsr:@x/replicate@^1" {'));
});

Deno.test("generateTypes() writes what the formatter would leave, at every width", async () => {
  const models = Array.from({ length: 60 }, (_, index) => {
    const wide = "x".repeat(index);
    return source(`m${wide}`, {
      ...input({
        [`a${wide}`]: { type: "string", enum: [wide, "it's", 'a "b"', "日本語", "😀"] },
        [`b-${wide}`]: { type: "string", default: `${wide.repeat(3)}\n`, description: wide },
        c: { type: "array", items: { enum: [wide, `${wide}y`, "z".repeat(40)] } },
      }),
      Output: {
        type: "object",
        additionalProperties: { enum: [wide, 1, -1e21, null, true] },
      },
    });
  });
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, generateTypes(models, { registry: true, descriptions: true }));
    const { success, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["fmt", "--no-config", "--check", "--line-width=100", file],
      env: { NO_COLOR: "1" },
    }).output();
    assert(success, new TextDecoder().decode(stdout));
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("sourcesOf() takes models, pages, versions and documents", () => {
  const document = { components: { schemas: input({}) } };
  const model = { owner: "acme", name: "x", latest_version: { id: "1", openapi_schema: document } };
  const labels = (from: unknown, refs?: string[]): string[] =>
    sourcesOf(from, refs).map(({ owner, name }) => `${owner}/${name}`);
  assertEquals(labels(model), ["acme/x"]);
  assertEquals(labels([model, { ...model, name: "y" }]), ["acme/x", "acme/y"]);
  assertEquals(labels({ results: [model], next: null }), ["acme/x"]);
  assertEquals(labels({ "a/b": document, "a/c": model.latest_version }), ["a/b", "a/c"]);
  assertEquals(labels(document, ["a/b"]), ["a/b"]);
  assertEquals(labels(model.latest_version, ["a/b"]), ["a/b"]);
  assertEquals(labels([model, { ...model, name: "y" }], ["acme/y"]), ["acme/y"]);
  const refuses = (from: unknown, refs: string[], message: string): void => {
    assertThrows(() => sourcesOf(from, refs), ReplicateError, message);
  };
  refuses(document, [], "it has no name of a model; give one, as owner/name");
  refuses({}, ["a/b"], "neither a model nor an OpenAPI document");
  refuses([model], ["a/b"], "Cannot write types for a/b: the file has acme/x only");
  refuses(
    { ...model, latest_version: null },
    [],
    "Cannot write types for acme/x: the model has no",
  );
  refuses({ ...model, latest_version: { id: "1" } }, [], "its version has no schema");
});

Deno.test("readSources() asks the API, and says what is not there", async () => {
  const schema = { Input: { type: "object", properties: { a: { type: "string" } } } };
  const ids = ["b".repeat(64), "a".repeat(64)];
  await using fake = new FakeReplicate({ models: { "acme/x": { schema, versions: ids } } });
  const send = createSend({ auth: "r8_test", fetch: fake.fetch });
  const [latest, pinned] = await readSources(send, ["acme/x", `acme/x:${ids[1]}`]);
  assertEquals([latest?.version, pinned?.version], [undefined, ids[1]]);
  assertEquals(latest?.schemas.Input, schema.Input);
  const error = await assertRejects(
    () => readSources(send, ["acme/nobody"]),
    ReplicateError,
    "Cannot write types for acme/nobody: there is no such model or version; check the name at " +
      "https://replicate.com/acme/nobody",
  );
  assert(error.cause instanceof ApiError);
  await assertRejects(() => readSources(send, ["nobody"]), TypeError, '"owner/name"');
});

Deno.test("difference() shows what was changed, with the lines around it", () => {
  const before = Array.from({ length: 20 }, (_, index) => `line ${index + 1}`);
  const after = before.with(4, "other").toSpliced(15, 0, "more");
  assertEquals(difference(before.join("\n"), before.join("\n")), "");
  assertEquals(
    difference(before.join("\n"), after.join("\n")),
    [
      "@@ line 3 @@",
      " line 3",
      " line 4",
      "-line 5",
      "+other",
      " line 6",
      " line 7",
      "@@ line 14 @@",
      " line 14",
      " line 15",
      "+more",
      " line 16",
      " line 17",
      "",
    ].join("\n"),
  );
});
