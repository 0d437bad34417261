/** The input of a typed model as a Standard Schema, in the hands of libraries that know nothing of us. */

import { assertEquals, assertThrows } from "@std/assert";
import { sValidator } from "npm:@hono/standard-validator@0.4.0";
import { generateText, tool } from "npm:ai@7.0.173";
import { MockLanguageModelV4 } from "npm:ai@7.0.173/test";
import { Hono } from "npm:hono@4.13.19";
import type { JsonSchema } from "../../src/schema/json_schema.ts";
import { model } from "../../src/schema/model.ts";
import { inputSchema } from "../../src/schema/standard.ts";
import * as models from "./models.ts";

Deno.test("input['~standard'] checks a value, and says what is wrong where", () => {
  const { version, vendor, validate } = models.typedPainter.input["~standard"];
  assertEquals([version, vendor], [1, "x-replicate"]);
  assertEquals(validate({ prompt: "a fig", seed: null }), { value: { prompt: "a fig" } });
  assertEquals(validate({ prompt: "a fig", frames: ["no url"], steps: 0 }), {
    issues: [
      {
        message:
          "Does not match format 'uri' (give a whole URL, a Blob, or FileInput.fromPath(...))",
        path: ["frames", 0],
      },
      { message: "Must be greater than or equal to 1", path: ["steps"] },
    ],
  });
  assertEquals("issues" in validate("text"), true);
});

Deno.test("input['~standard'] has a JSON schema for each draft, and refuses others", () => {
  const { jsonSchema } = models.typedPainter.input["~standard"];
  const schema = jsonSchema.input({ target: "draft-2020-12" });
  assertEquals(schema.$schema, "https://json-schema.org/draft/2020-12/schema");
  assertEquals([schema.type, schema.additionalProperties], ["object", false]);
  assertEquals(schema.required, ["prompt"]);
  const { seed } = schema.properties as Record<string, unknown>;
  assertEquals(seed, { type: "integer" });
  assertEquals(jsonSchema.output({ target: "openapi-3.0" }).$schema, undefined);
  assertThrows(() => jsonSchema.input({ target: "draft-99" }), TypeError, "draft-99");
});

Deno.test("a typed model's input is the schema of a tool of the AI SDK", async () => {
  const square = model<{ n: number }, number>("acme/square", {
    schema: { input: { properties: { n: { type: "integer", maximum: 9 } }, required: ["n"] } },
  });
  const calls: number[] = [];
  const seen: unknown[] = [];
  const call = async (input: object): Promise<string[]> => {
    const language = new MockLanguageModelV4({
      // deno-lint-ignore require-await
      doGenerate: async ({ tools }) => {
        seen.push(tools?.map((it) => "inputSchema" in it ? it.inputSchema : it));
        return {
          finishReason: { unified: "tool-calls", raw: undefined },
          usage: {
            inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
            outputTokens: { total: 1, text: 1, reasoning: 0 },
          },
          content: [{
            type: "tool-call",
            toolCallId: "1",
            toolName: "square",
            input: JSON.stringify(input),
          }],
          warnings: [],
        };
      },
    });
    const execute = ({ n }: { n: number }): number => {
      calls.push(n);
      return n ** 2;
    };
    const { content } = await generateText({
      model: language,
      prompt: "Square it",
      tools: { square: tool({ inputSchema: square.input, execute }) },
    });
    return content.map(({ type }) => type);
  };
  assertEquals(await call({ n: 3 }), ["tool-call", "tool-result"]);
  assertEquals(await call({ n: 10 }), ["tool-call", "tool-error"]);
  assertEquals(calls, [3]);
  const [[schema]] = seen as [[Record<string, unknown>]];
  assertEquals(schema.properties, { n: { type: "integer", maximum: 9 } });
});

Deno.test("a typed model's input is the schema of a route of Hono", async () => {
  const app = new Hono().post(
    "/",
    sValidator("json", models.typedPainter.input),
    (context) => context.json(context.req.valid("json").prompt),
  );
  const post = (body: object): Response | Promise<Response> =>
    app.request("/", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  assertEquals(await (await post({ prompt: "a fig" })).json(), "a fig");
  const refused = await post({ prompt: "a fig", steps: 99 });
  assertEquals(refused.status, 400);
  assertEquals(JSON.stringify(await refused.json()).includes("less than or equal to 50"), true);
});

Deno.test("inputSchema() writes a portable schema of what authors of models write", () => {
  const input = {
    properties: {
      n: { type: "integer", ge: 1, le: 4, nullable: true, "x-order": 0 },
      any: { anyOf: [], oneOf: [{ type: "string", ge: 2 }], items: true },
      deep: { type: "object", properties: { a: { le: 3 } }, additionalProperties: { ge: 1 } },
      odd: "text",
    },
  } as unknown as JsonSchema;
  const schema = inputSchema(() => ({ input }))["~standard"].jsonSchema.input({
    target: "draft-07",
  });
  assertEquals(schema.properties, {
    n: { type: "integer", minimum: 1, maximum: 4 },
    any: { oneOf: [{ type: "string", minimum: 2 }], items: true },
    deep: {
      type: "object",
      properties: { a: { maximum: 3 } },
      additionalProperties: { minimum: 1 },
    },
    odd: {},
  });
});
