/** Reads the transcripts of the models on Replicate, whose forms differ. */

import { isRecord } from "../base/record.ts";
import type { AiSegment, AiTranscriptionResult } from "./media_types.ts";

/** A transcript, as far as the output has it. */
export type Transcript = Pick<
  AiTranscriptionResult,
  "text" | "segments" | "words" | "language" | "durationInSeconds"
>;

/** The transcript in an output; `undefined` if there is no text in it. */
export function readTranscript(output: unknown): Transcript | undefined {
  if (typeof output === "string") return transcript(output);
  if (Array.isArray(output)) return readList(output);
  if (!isRecord(output)) return undefined;
  const parts = [output.segments, output.chunks].find(Array.isArray) ?? [];
  const segments = parts.flatMap(segmentsOf);
  const text = textIn(output) ?? (parts.length > 0 ? joined(segments) : undefined);
  if (text === undefined) return undefined;
  const words = [output.words, ...parts.map((it) => isRecord(it) ? it.words : undefined)]
    .flatMap((it) => Array.isArray(it) ? it.flatMap(segmentsOf) : []);
  return {
    ...transcript(text, segments),
    ...(words.length > 0 && { words }),
    language: textAt(output, ["language", "detected_language", "language_code"]),
    durationInSeconds: secondsAt(output, ["duration", "audio_duration"]),
  };
}

/** A list is the text in pieces, as it was streamed, or segments. */
function readList(output: unknown[]): Transcript | undefined {
  if (output.every((it) => typeof it === "string")) return transcript(output.join(""));
  const segments = output.flatMap(segmentsOf);
  return segments.length > 0 ? transcript(joined(segments), segments) : undefined;
}

function transcript(text: string, segments: AiSegment[] = []): Transcript {
  return { text: text.trim(), segments, language: undefined, durationInSeconds: undefined };
}

function textIn(output: Record<string, unknown>): string | undefined {
  return textAt(output, ["text", "transcription", "transcript", "output"]);
}

function joined(segments: readonly AiSegment[]): string {
  return segments.map(({ text }) => text.trim()).join(" ");
}

/** A segment or a word: `{ text, start, end }`, `{ word, ... }` or `{ text, timestamp: [0, 1.5] }`. */
function segmentsOf(value: unknown): AiSegment[] {
  if (!isRecord(value)) return [];
  const text = textAt(value, ["text", "word", "content"]);
  const [from, to] = Array.isArray(value.timestamp) ? value.timestamp : [value.start, value.end];
  if (text === undefined || typeof from !== "number") return [];
  // The end of the last one may be open.
  return [{ text, startSecond: from, endSecond: typeof to === "number" ? to : from }];
}

function textAt(record: Record<string, unknown>, names: readonly string[]): string | undefined {
  return names.map((name) => record[name]).find((it) => typeof it === "string");
}

function secondsAt(record: Record<string, unknown>, names: readonly string[]): number | undefined {
  return names.map((name) => record[name]).find((it) => typeof it === "number");
}
