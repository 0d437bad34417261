/** The input of a model from what is written, and the help on its options. */

import { assertEquals, assertMatch } from "@std/assert";
import { FileInput } from "../../src/files/file_input.ts";
import { shownInput } from "../../src/cli/model_input.ts";
import { type FakeModel, FakeReplicate } from "../../src/testing/mod.ts";
import { inFolder, replicate } from "./world.ts";

const many = Object.fromEntries(
  Array.from({ length: 20 }, (_, n) => [`an_option_with_a_long_name_${n}`, { type: "string" }]),
);
const needed = Object.fromEntries(["a", "b", "c", "d", "e"].map((it) => [it, { type: "integer" }]));

const MODELS: Record<string, FakeModel> = {
  "acme/odd": {
    official: true,
    schema: {
      Input: {
        type: "object",
        properties: {
          text: { type: "string", description: "What to say\nand how" },
          extra: { type: "object" },
          either: { anyOf: [{ type: "integer" }, { type: "string" }] },
          free: {},
          one: { type: "integer", minimum: 1 },
          range: { type: "integer", minimum: 1, maximum: 4, default: 2 },
          pick: { type: "string", enum: Array.from({ length: 25 }, (_, n) => `p${n}`) },
          files: { type: "array", items: { type: "string", format: "uri" } },
          key: { type: "string", format: "password", default: "hidden" },
        },
        required: ["text"],
      },
      Output: { type: "array", items: { type: "string" }, "x-cog-array-display": "concatenate" },
    },
    run: (input) => [JSON.stringify(input)],
  },
  "acme/many": { official: true, schema: { properties: many }, run: () => "done" },
  "acme/needs": {
    official: true,
    schema: { properties: needed, required: Object.keys(needed) },
    run: () => "done",
  },
  "acme/none": {
    official: true,
    schema: { Input: { type: "object", properties: {} }, Output: {} },
    run: (input) => JSON.stringify(input),
  },
};

const withFake = async (test: (fake: FakeReplicate) => Promise<void>): Promise<void> => {
  await using fake = new FakeReplicate({ models: MODELS });
  await test(fake);
};

Deno.test("run refuses a file that is no text for an option of text", () =>
  inFolder((folder) =>
    withFake(async (fake) => {
      await Deno.writeFile(`${folder}/x.bin`, new Uint8Array([0xff, 0xfe]));
      const args = ["run", "acme/odd", `text=@${folder}/x.bin`];
      const { code, stderr } = await replicate(args, { fake });
      assertEquals([code, fake.predictions.size], [2, 0]);
      assertMatch(stderr, /Cannot use the file for text: the model takes text, and it is none/);
    })
  ));

Deno.test("run takes a choice of types as it is written, and an object that is not JSON as text", () =>
  withFake(async (fake) => {
    for (const [word, value] of [["either=3", 3], ["either=x", "x"], ["free=x", "x"]] as const) {
      const { code, stdout, stderr } = await replicate(["run", "acme/odd", "text=a", word], {
        fake,
      });
      assertEquals(code, 0, stderr);
      assertEquals(Object.values(JSON.parse(stdout)).includes(value), true, stdout);
    }
    const wrong = await replicate(["run", "acme/odd", "text=a", "extra={x"], { fake });
    assertEquals(wrong.code, 2);
    assertMatch(wrong.stderr, /extra: Invalid type. Expected: object, given: string/);
  }));

Deno.test("run tells three problems of an input, how many more there are, and a part of a long list", () =>
  withFake(async (fake) => {
    const needs = await replicate(["run", "acme/needs"], { fake });
    assertEquals(needs.code, 2);
    assertMatch(needs.stderr, /a is required; b is required; c is required; and 2 more\n/);
    const many = await replicate(["run", "acme/many", "zzz=1"], { fake });
    assertMatch(many.stderr, /there is no option zzz\nIts options: an_option.*\.\.\.\n/);
  }));

Deno.test("run takes any option of a model whose schema has none", () =>
  withFake(async (fake) => {
    const { code, stdout } = await replicate(["run", "acme/none", "n:=1"], { fake });
    assertEquals([code, JSON.parse(stdout)], [0, { n: 1 }]);
  }));

Deno.test("run reads a file under the home folder for @~/", () =>
  inFolder((folder) =>
    withFake(async (fake) => {
      await Deno.writeTextFile(`${folder}/x.txt`, "from home\n");
      const { stdout } = await replicate(["run", "acme/odd", "text=@~/x.txt"], {
        fake,
        env: { HOME: folder },
      });
      assertEquals(JSON.parse(stdout).text, "from home");
    })
  ));

Deno.test("run --help owner/name shows the types, ranges and choices of the options", () =>
  withFake(async (fake) => {
    const { code, stdout } = await replicate(["run", "--help", "acme/odd"], { fake });
    assertEquals(code, 0);
    const lines = stdout.split("\n").map((line) => line.trim());
    for (
      const line of [
        "text  text, required",
        "either  integer or string",
        "free  anything",
        "one  integer, at least 1",
        "range  integer, 1 to 4, default 2",
        "files  list of file",
        "key  text",
        "Output: text",
      ]
    ) {
      assertEquals(lines.includes(line), true, `${line} in ${stdout}`);
    }
    assertMatch(stdout, /pick {2}p0 \| .* \| p19 \| and 5 more\n/);
    const none = await replicate(["run", "--help", "acme/none"], { fake });
    assertMatch(none.stdout, /It takes no options\.\n/);
  }));

Deno.test("run --help, models schema and deployments say of a model without a version that it has none", async () => {
  const fetch = (): Promise<Response> =>
    Promise.resolve(Response.json({ owner: "acme", name: "x", latest_version: null }));
  const help = await replicate(["run", "--help", "acme/x"], { fetch });
  assertEquals(help.code, 2);
  assertMatch(help.stderr, /Cannot show the options of acme\/x: it has no schema\nIts page/);
  const schema = await replicate(["models", "schema", "acme/x"], { fetch });
  assertMatch(schema.stderr, /acme\/x has no schema/);
  const create = ["deployments", "create", "web", "--model", "acme/x", "--hardware", "cpu"];
  assertMatch(
    (await replicate(create, { fetch })).stderr,
    /acme\/x has no version; give --version/,
  );
  const train = ["trainings", "create", "acme/x", "--destination", "acme/y"];
  assertMatch((await replicate(train, { fetch })).stderr, /acme\/x has no version/);
});

Deno.test("shownInput() gives @- for a file of stdin, and hides secrets that a schema names", () => {
  const input = { file: FileInput.fromBytes(new Uint8Array(1)), key: "k" };
  assertEquals(shownInput(input), { file: "@-", key: "k" });
  const schema = { type: "object", properties: { key: { type: "string", format: "password" } } };
  const shape = { input: schema, output: {}, schemas: {} };
  assertEquals(shownInput(input, shape), { file: "@-", key: "***" });
});
