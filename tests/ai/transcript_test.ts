import { assertEquals } from "@std/assert";
import { readTranscript } from "../../src/ai/transcript.ts";

Deno.test("readTranscript() finds no text in what has none", () => {
  for (const output of [null, 7, {}, { segments: 7 }, [7], [{ start: 0 }]]) {
    assertEquals(readTranscript(output), undefined, JSON.stringify(output));
  }
});

Deno.test("readTranscript() reads a list of segments, and leaves out what is none", () => {
  const output = [
    { text: " Hi", start: 0, end: 1 },
    { text: "no time" },
    { start: 1, end: 2 },
    "noise",
    { text: " Ada", start: 1.5 },
  ];
  assertEquals(readTranscript(output), {
    text: "Hi Ada",
    // The end of the last one is open.
    segments: [{ text: " Hi", startSecond: 0, endSecond: 1 }, {
      text: " Ada",
      startSecond: 1.5,
      endSecond: 1.5,
    }],
    language: undefined,
    durationInSeconds: undefined,
  });
});

Deno.test("readTranscript() reads words beside the segments, language and duration", () => {
  const output = {
    transcript: "Hi",
    segments: ["noise", { text: "Hi", start: 0, end: 1 }],
    words: [{ word: "Hi", timestamp: [0, 0.5] }],
    language_code: "en",
    audio_duration: 3,
  };
  const { words, language, durationInSeconds } = readTranscript(output)!;
  assertEquals(words, [{ text: "Hi", startSecond: 0, endSecond: 0.5 }]);
  assertEquals([language, durationInSeconds], ["en", 3]);
});

Deno.test("readTranscript() takes silence with segments for an empty text", () => {
  assertEquals(readTranscript({ segments: [7] })?.text, "");
  assertEquals(readTranscript("")?.text, "");
});
