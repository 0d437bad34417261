/** The messages of a prompt of the AI SDK, as the turns of a conversation. */

import type { Draft } from "./draft.ts";
import { type InputFile, promptFile } from "./file_data.ts";
import type { AiMessage, AiPart } from "./language_types.ts";

/** A file of a message. */
export interface TurnFile {
  /** The first part of its media type, such as `image`. */
  readonly kind: string;
  readonly file: InputFile;
}

/** One turn of a conversation. */
export interface Turn {
  readonly role: "user" | "assistant";
  readonly text: string;
  readonly files: readonly TurnFile[];
}

/** A prompt, taken apart. */
export interface Conversation {
  /** The text of all system messages. */
  readonly system: string;
  readonly turns: readonly Turn[];
}

/** Parts that are left out without a word: the model has written them to itself. */
const SILENT = ["reasoning", "reasoning-file"];

/** Takes a prompt apart. What cannot be sent becomes a warning of the draft. */
export function conversationOf(prompt: readonly AiMessage[], draft: Draft): Conversation {
  const system: string[] = [];
  const turns: Turn[] = [];
  for (const { role, content } of prompt) {
    if (role === "system") system.push(content);
    else if (role === "tool") draft.warn("tools", "the results of tools are left out");
    else turns.push(turnOf(role, content, draft));
  }
  return { system: system.join("\n\n"), turns };
}

function turnOf(role: Turn["role"], parts: readonly AiPart[], draft: Draft): Turn {
  const texts: string[] = [];
  const files: TurnFile[] = [];
  for (const { type, text, data, mediaType = "", filename } of parts) {
    if (type === "text") texts.push(text ?? "");
    else if (type === "file") {
      const content = promptFile(data, mediaType, filename);
      if (content && "text" in content) texts.push(content.text);
      else if (content) files.push({ kind: mediaType.split("/")[0]!.toLowerCase(), ...content });
      else draft.warn("files", "a file that another provider keeps is left out");
    } else if (!SILENT.includes(type)) draft.warn(`parts of type ${type}`);
  }
  return { role, text: texts.join("\n\n"), files };
}

/** The conversation in one text, for a model that takes nothing else. */
export function transcript({ turns }: Conversation): string {
  const lines = turns.map(({ role, text }) => `${role === "user" ? "User" : "Assistant"}: ${text}`);
  return [...lines, "Assistant:"].join("\n\n");
}

/** The conversation as messages of the form that OpenAI has, which models on Replicate take. */
export function messagesOf(
  { system, turns }: Conversation,
  withFiles: boolean,
): { role: string; content: unknown }[] {
  const first = system === "" ? [] : [{ role: "system", content: system }];
  return [
    ...first,
    ...turns.map((turn) => ({
      role: turn.role,
      content: withFiles && turn.files.length > 0 ? contentOf(turn) : turn.text,
    })),
  ];
}

function contentOf({ text, files }: Turn): unknown[] {
  return [
    { type: "text", text },
    ...files.map(({ file }) => ({ type: "image_url", image_url: { url: file } })),
  ];
}
