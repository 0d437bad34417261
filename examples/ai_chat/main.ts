/** Asks the chat one question, as `useChat` does in a page, and prints the answer as it comes. */

import { Client } from "@x/replicate";
import { parseJsonEventStream, uiMessageChunkSchema } from "npm:ai@7.0.173";
import { chat } from "./chat.ts";

const [text = "Two lines about rain, please."] = Deno.args;
const answer = chat(new Client(), "meta/meta-llama-3-8b-instruct");
const message = { id: "1", role: "user", parts: [{ type: "text", text }] };
const response = await answer(
  new Request("http://localhost/api/chat", {
    method: "POST",
    body: JSON.stringify({ messages: [message] }),
  }),
);

const encoder = new TextEncoder();
for await (
  const part of parseJsonEventStream({ stream: response.body!, schema: uiMessageChunkSchema })
) {
  if (!part.success) throw part.error;
  if (part.value.type === "text-delta") {
    await Deno.stdout.write(encoder.encode(part.value.delta));
  }
}
console.log();
