/** The input of a language model, from a call of the AI SDK. */

import {
  type Conversation,
  conversationOf,
  messagesOf,
  transcript,
  type TurnFile,
} from "./conversation.ts";
import { Draft } from "./draft.ts";
import { type Field, type Fields, takesList } from "./fields.ts";
import type { AiLanguageOptions } from "./language_types.ts";

/** The fields that language models on Replicate have for the same thing, the usual one first. */
const PROMPT = "prompt text message question query input";
const SYSTEM = "system_prompt system_instruction system";
const SETTINGS = {
  maxOutputTokens: "max_tokens max_completion_tokens max_output_tokens max_new_tokens max_length",
  temperature: "temperature",
  topP: "top_p",
  topK: "top_k",
  presencePenalty: "presence_penalty",
  frequencyPenalty: "frequency_penalty",
  stopSequences: "stop_sequences stop",
  seed: "seed",
};
const FILES = {
  image: "image_input images image input_images input_image",
  video: "video_input videos video input_video",
  audio: "audio_input audio audios input_audio",
  "": "files file documents document pdf",
};

/** Writes the input of a call. */
export function languageInput(
  fields: Fields,
  label: string,
  options: AiLanguageOptions,
): { input: Record<string, unknown>; warnings: Draft["warnings"] } {
  const draft = new Draft(fields);
  const conversation = conversationOf(options.prompt, draft);
  writePrompt(draft, withFormat(conversation, draft, options.responseFormat), label, options);
  draft.setAll(SETTINGS, options);
  if (options.reasoning !== "provider-default") {
    draft.set("reasoning", "reasoning_effort thinking_level", options.reasoning);
  }
  if (options.tools?.length) draft.warn("tools");
  return { input: draft.finish(options.providerOptions), warnings: draft.warnings };
}

/** The prompt in the form that the model has: text, messages, or a conversation written as text. */
function writePrompt(
  draft: Draft,
  conversation: Conversation,
  label: string,
  { providerOptions }: AiLanguageOptions,
): void {
  const { fields } = draft;
  const prompt = fields.find(PROMPT);
  const messages = fields.known ? fields.find("messages") : undefined;
  const { turns } = conversation;
  const isOne = turns.length === 1 && turns[0]?.role === "user";
  if (messages && !(isOne && prompt)) {
    writeMessages(draft, conversation, messages);
    // Such a model takes the conversation from the messages, and wants a prompt all the same.
    if (prompt && fields.requires(prompt.name)) draft.input[prompt.name] = turns.at(-1)?.text ?? "";
  } else if (prompt) {
    if (!isOne) draft.adapted("messages", "the conversation is sent as the text of one prompt");
    writeText(draft, conversation, prompt, isOne ? turns[0]!.text : transcript(conversation));
    writeFiles(draft, turns.flatMap(({ files }) => files));
  } else if (!providerOptions?.replicate) {
    throw new TypeError(
      `Cannot run ${label} as a language model: its input has neither prompt nor messages, but ` +
        `${fields.names.join(", ")}; set its fields by providerOptions.replicate`,
    );
  }
}

function writeText(draft: Draft, { system }: Conversation, prompt: Field, text: string): void {
  const field = system === "" ? undefined : draft.fields.find(SYSTEM);
  if (field) draft.input[field.name] = system;
  else if (system !== "") draft.adapted("system", "the system message is put before the prompt");
  draft.input[prompt.name] = field || system === "" ? text : `${system}\n\n${text}`;
}

function writeMessages(draft: Draft, conversation: Conversation, field: Field): void {
  if (takesList(field)) {
    // Files may be anywhere in a list: the client uploads them, and puts their URLs there.
    draft.input[field.name] = messagesOf(conversation, true);
    return;
  }
  draft.input[field.name] = JSON.stringify(messagesOf(conversation, false));
  writeFiles(draft, conversation.turns.flatMap(({ files }) => files));
}

function writeFiles(draft: Draft, files: readonly TurnFile[]): void {
  const rest = new Set(files);
  for (const [kind, names] of Object.entries(FILES)) {
    const mine = [...rest].filter((it) => kind === "" || it.kind === kind);
    for (const it of mine) rest.delete(it);
    const feature = kind === "" ? "files" : `files of type ${kind}`;
    draft.setFiles(feature, names, mine.map(({ file }) => file));
  }
}

/** Asks for JSON by the model's own means, or in words. */
function withFormat(
  conversation: Conversation,
  draft: Draft,
  format: AiLanguageOptions["responseFormat"],
): Conversation {
  if (format?.type !== "json") return conversation;
  const { fields } = draft;
  const field = fields.known && format.schema ? fields.find("json_schema") : undefined;
  if (field) {
    draft.set("responseFormat", field.name, asFieldTakes(field, format.schema));
    return conversation;
  }
  draft.adapted("responseFormat", "JSON is asked for in the system message");
  const schema = format.schema
    ? ` that fits this JSON schema: ${JSON.stringify(format.schema)}`
    : "";
  const wish = `Answer with one JSON value${schema}\nWrite nothing else, and no code fence.`;
  const system = conversation.system === "" ? wish : `${conversation.system}\n\n${wish}`;
  return { ...conversation, system };
}

function asFieldTakes({ schema }: Field, value: unknown): unknown {
  return schema.type === "string" ? JSON.stringify(value) : value;
}
