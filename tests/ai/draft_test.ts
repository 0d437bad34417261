import { assertEquals, assertThrows } from "@std/assert";
import { conversationOf } from "../../src/ai/conversation.ts";
import { Draft } from "../../src/ai/draft.ts";
import { Fields } from "../../src/ai/fields.ts";
import { languageInput } from "../../src/ai/language_input.ts";
import { textOf, usageOf } from "../../src/ai/language_result.ts";
import type { AiLanguageOptions, AiMessage } from "../../src/ai/language_types.ts";
import type { JsonSchema } from "../../src/schema/json_schema.ts";
import { FILE, FILES, INTEGER, NUMBER, TEXT } from "./world.ts";

const fieldsOf = (properties: Record<string, JsonSchema>, required: string[] = []) =>
  new Fields({ type: "object", properties, required });

const user = (text: string): AiMessage => ({ role: "user", content: [{ type: "text", text }] });
const bot = (text: string): AiMessage => ({
  role: "assistant",
  content: [{ type: "text", text }],
});

const inputOf = (fields: Fields, prompt: AiMessage[], more: Partial<AiLanguageOptions> = {}) =>
  languageInput(fields, "acme/x", { prompt, ...more });

Deno.test("Draft.set() writes a value in the form that the field has", () => {
  const list = { type: "array", items: TEXT } as JsonSchema;
  const draft = new Draft(
    fieldsOf({ stop: list, stops: TEXT, seed: TEXT, n: INTEGER, size: { enum: [512, 1024] } }),
  );
  draft.set("stop", "stop", "END");
  draft.set("stops", "stops", ["a", "b"]);
  draft.set("seed", "seed", 7);
  draft.set("n", "n", 2);
  draft.set("size", "size", "512");
  assertEquals(draft.input, { stop: ["END"], stops: "a,b", seed: "7", n: 2, size: 512 });
  assertEquals(draft.warnings, []);
});

Deno.test("Draft.set() lists the choices of a field, of many the first ones", () => {
  const draft = new Draft(fieldsOf({ size: { enum: Array.from({ length: 20 }, (_, n) => n) } }));
  assertEquals(draft.set("size", "size", "huge"), false);
  const [warning] = draft.warnings;
  assertEquals(warning, {
    type: "unsupported",
    feature: "size",
    details: "size takes 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, ...",
  });
  draft.set("size", "size", "larger");
  assertEquals(draft.warnings.length, 1);
});

Deno.test("Draft.setFiles() warns of files that the model does not take", () => {
  const draft = new Draft(fieldsOf({ image: FILE, image_2: FILE }));
  draft.setFiles("videos", "video", ["v"]);
  draft.setFiles("images", "image", ["a", "b", "c", "d"]);
  assertEquals(draft.input, { image: "a", image_2: "b" });
  assertEquals(draft.warnings.map((it) => "feature" in it && it.feature), ["videos", "images"]);
});

Deno.test("Draft.finish() refuses providerOptions.replicate that is no object", () => {
  const draft = new Draft(fieldsOf({ prompt: TEXT }));
  for (const replicate of ["x", null, [1]]) {
    const options = { replicate } as unknown as AiLanguageOptions["providerOptions"];
    assertThrows(() => draft.finish(options), TypeError, "Cannot use providerOptions.replicate");
  }
});

Deno.test("Fields of an unknown model has no names, and supposes the first one", () => {
  const fields = new Fields(undefined);
  assertEquals([fields.names, fields.known, fields.requires("a")], [[], false, false]);
  assertEquals(fields.find("a b")?.name, "a");
});

Deno.test("conversationOf() says what it leaves out, and is silent on reasoning", () => {
  const draft = new Draft(fieldsOf({ prompt: TEXT }));
  const { turns, system } = conversationOf([
    { role: "system", content: "Be brief" },
    { role: "tool", content: [] },
    {
      role: "user",
      content: [
        { type: "text" },
        { type: "file", data: { type: "text", text: "a fig" }, mediaType: "text/plain" },
        { type: "file", data: { type: "reference", reference: { openai: "f1" } } },
        { type: "file", data: new URL("https://example.com/a") },
        { type: "reasoning", text: "hm" },
        { type: "hologram" },
      ],
    },
  ] as AiMessage[], draft);
  assertEquals(system, "Be brief");
  assertEquals(turns, [{
    role: "user",
    text: "\n\na fig",
    files: [{ kind: "", file: "https://example.com/a" }],
  }]);
  assertEquals(draft.warnings.map((it) => "feature" in it && it.feature), [
    "tools",
    "files",
    "parts of type hologram",
  ]);
});

Deno.test("languageInput() gives a model with messages the prompt that it requires, too", () => {
  const fields = fieldsOf({ messages: { type: "array" }, prompt: TEXT }, ["prompt"]);
  const { input } = inputOf(fields, [user("Hi"), bot("Hello"), user("Bye")]);
  assertEquals(input.prompt, "Bye");
  assertEquals((input.messages as unknown[]).length, 3);
  assertEquals(inputOf(fields, []).input, { messages: [], prompt: "" });
  const optional = fieldsOf({ messages: TEXT, prompt: TEXT });
  assertEquals(Object.keys(inputOf(optional, [user("Hi"), bot("Ho")]).input), ["messages"]);
});

Deno.test("languageInput() puts the system message before the prompt where it has no field", () => {
  const system: AiMessage = { role: "system", content: "Be brief" };
  const { input, warnings } = inputOf(fieldsOf({ prompt: TEXT }), [system, user("Hi")]);
  assertEquals(input, { prompt: "Be brief\n\nHi" });
  assertEquals(warnings.map(({ type }) => type), ["compatibility"]);
});

Deno.test("languageInput() takes a model without a prompt whose fields are given", () => {
  const fields = fieldsOf({ seeds: NUMBER });
  const own = { providerOptions: { replicate: { seeds: 1 } } };
  assertEquals(inputOf(fields, [user("Hi")], own).input, { seeds: 1 });
  assertThrows(() => inputOf(fields, [user("Hi")]), TypeError, "neither prompt nor messages");
});

Deno.test("languageInput() asks for JSON by the field of the model, or in words", () => {
  const schema = { type: "object" } as const;
  const json = { responseFormat: { type: "json", schema } } as Partial<AiLanguageOptions>;
  const asked = (field: JsonSchema) =>
    inputOf(fieldsOf({ prompt: TEXT, json_schema: field }), [user("Hi")], json).input.json_schema;
  assertEquals(asked(TEXT), '{"type":"object"}');
  assertEquals(asked({ type: "object" }), schema);
  const system: AiMessage = { role: "system", content: "Be brief" };
  const fields = fieldsOf({ prompt: TEXT, system_prompt: TEXT });
  const any = { responseFormat: { type: "json" } } as Partial<AiLanguageOptions>;
  const wish = "Answer with one JSON value\nWrite nothing else, and no code fence.";
  assertEquals(
    inputOf(fields, [system, user("Hi")], any).input.system_prompt,
    `Be brief\n\n${wish}`,
  );
  assertEquals(inputOf(fields, [user("Hi")], any).input.system_prompt, wish);
});

Deno.test("languageInput() sends files of a conversation in the field for their kind", () => {
  const message: AiMessage = {
    role: "user",
    content: [
      { type: "text", text: "What is it?" },
      { type: "file", data: new URL("https://example.com/a.png"), mediaType: "image/png" },
    ],
  };
  assertEquals(inputOf(fieldsOf({ prompt: TEXT, images: FILES }), [message]).input, {
    prompt: "What is it?",
    images: ["https://example.com/a.png"],
  });
});

Deno.test("textOf() writes every output as text, and none as an empty one", () => {
  const outputs = [null, undefined, "a", ["a", null, "b"], { a: 1 }, 7];
  assertEquals(outputs.map(textOf), ["", "", "a", "ab", '{"a":1}', "7"]);
});

Deno.test("usageOf() of a model that counts nothing has no tokens", () => {
  const usage = usageOf({ status: "succeeded" } as never);
  assertEquals([usage.inputTokens.total, usage.outputTokens.total, usage.raw], [
    undefined,
    undefined,
    {},
  ]);
});
