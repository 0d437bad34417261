import { parseJsonEventStream, uiMessageChunkSchema } from "npm:ai@7.0.173";
import { assert, assertEquals } from "@std/assert";
import { chat } from "../../examples/ai_chat/chat.ts";
import { chat as chatModel, inAiWorld, LLAMA } from "./world.ts";

/** The request that `useChat` sends. */
function ask(text: string, signal?: AbortSignal): Request {
  const messages = [{ id: "m1", role: "user", parts: [{ type: "text", text }] }];
  const body = JSON.stringify({ id: "c1", trigger: "submit-message", messages });
  const headers = { "content-type": "application/json" };
  return new Request("https://app.example/api/chat", {
    method: "POST",
    body,
    headers,
    ...(signal && { signal }),
  });
}

/** The parts of the answer, as the hook reads them. */
async function* partsOf(response: Response): AsyncGenerator<{ type: string; delta?: string }> {
  const stream = parseJsonEventStream({ stream: response.body!, schema: uiMessageChunkSchema });
  for await (const part of stream) {
    if (!part.success) throw part.error;
    yield part.value as { type: string; delta?: string };
  }
}

Deno.test("examples/ai_chat answers a message of useChat as a stream", () =>
  inAiWorld({ "acme/llama": chatModel(LLAMA) }, async ({ client, inputs }) => {
    const response = await chat(client, "acme/llama")(ask("Rain?"));
    assertEquals(response.headers.get("content-type"), "text/event-stream");
    let text = "";
    const types = new Set<string>();
    for await (const { type, delta = "" } of partsOf(response)) {
      types.add(type);
      text += delta;
    }
    assertEquals(text, "Rain taps softly");
    assert(types.has("start") && types.has("finish"), [...types].join());
    assertEquals(inputs(), [{ prompt: "Rain?", system_prompt: "Answer in a few sentences." }]);
  }));

Deno.test("examples/ai_chat cancels the prediction of a visitor who leaves", () =>
  inAiWorld(
    { "acme/llama": chatModel(LLAMA, { words: Array(99).fill("x") }) },
    async ({ client, fake }) => {
      const visitor = new AbortController();
      const response = await chat(client, "acme/llama")(ask("Rain?", visitor.signal));
      for await (const { type } of partsOf(response)) if (type === "text-delta") visitor.abort();
      await new Promise((resolve) => setTimeout(resolve, 100));
      assertEquals(fake.cancels, [...fake.predictions.keys()]);
    },
  ));

Deno.test("examples/ai_chat tells the visitor nothing of the reason of a failure", () =>
  inAiWorld({
    "acme/llama": chatModel(LLAMA, {
      run: () => {
        throw new Error("secret weights");
      },
    }),
  }, async ({ client }) => {
    const response = await chat(client, "acme/llama")(ask("Rain?"));
    const text = await response.text();
    assert(text.includes("The model could not answer"), text);
    assert(!text.includes("secret"), text);
  }));
