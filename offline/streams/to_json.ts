import { toText } from "./to_text.ts";

/** Reads a stream to its end and parses its text as JSON. */
export async function toJson(
  stream: ReadableStream<string> | ReadableStream<Uint8Array>,
): Promise<unknown> {
  return JSON.parse(await toText(stream));
}
