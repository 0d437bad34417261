/**
 * A chat with a model on Replicate, as a handler of requests: the messages of `useChat` come in, and a
 * stream of the answer goes out. When the visitor leaves, the prediction is canceled.
 *
 * In a project with npm the imports are `ai`, `@x/replicate` and `@x/replicate/ai`.
 */
import {
  convertToModelMessages,
  createUIMessageStreamResponse,
  streamText,
  toUIMessageStream,
  type UIMessage,
} from "npm:ai@7.0.173";
import type { Client } from "@x/replicate";
import { replicate } from "@x/replicate/ai";

/** Makes the handler of a chat with one model. */
export function chat(client: Client, model: string): (request: Request) => Promise<Response> {
  const ai = replicate(client);
  return async (request) => {
    const { messages } = await request.json() as { messages: UIMessage[] };
    const result = streamText({
      model: ai(model),
      system: "Answer in a few sentences.",
      messages: await convertToModelMessages(messages),
      abortSignal: request.signal,
    });
    const stream = toUIMessageStream({
      stream: result.stream,
      // The visitor is told no more than this; the log of the server has the rest.
      onError: () => "The model could not answer. Please try again.",
    });
    return createUIMessageStreamResponse({ stream });
  };
}
