import { assertEquals } from "@std/assert";
import { differenceOf } from "../../../src/testing/recording/match.ts";
import { REDACTED } from "../../../src/testing/recording/scrub.ts";
import type { RecordedCall } from "../../../src/testing/recording/types.ts";

const TERMS = { ignored: ["seed"], plain: (text: string) => text.replace(/^https:\/\/\w+/, "") };
const URL = "https://api.replicate.com/v1/predictions";

const difference = (recorded: Partial<RecordedCall>, asked: Partial<RecordedCall>) =>
  differenceOf(
    { method: "POST", url: URL, ...recorded },
    { method: "POST", url: URL, ...asked },
    TERMS,
  );

Deno.test("differenceOf() names the method, the address and the headers that count", () => {
  assertEquals(difference({}, { method: "GET" }), "the method");
  assertEquals(difference({}, { url: `${URL}/x` }), "the address");
  assertEquals(difference({}, { headers: { range: "bytes=1-" } }), "the header range");
  assertEquals(
    difference({ headers: { "last-event-id": "1" } }, { headers: { "last-event-id": "2" } }),
    "the header last-event-id",
  );
  assertEquals(difference({}, { headers: { accept: "x/y" } }), undefined);
  assertEquals(difference({ url: `${URL}?a=1&b=2` }, { url: `${URL}?b=2&a=1#x` }), undefined);
});

Deno.test("differenceOf() names the place in the body, and no value", () => {
  const json = { input: { tags: ["a", "b"], seed: 1, n: 1 } };
  assertEquals(difference({ json }, { json: { input: { ...json.input, seed: 2 } } }), undefined);
  assertEquals(difference({ json }, { json: { input: { ...json.input, n: 2 } } }), "input.n");
  assertEquals(
    difference({ json }, { json: { input: { ...json.input, tags: ["a", "c"] } } }),
    "input.tags[1]",
  );
  assertEquals(difference({ text: "a" }, { text: "b" }), "the body");
  assertEquals(difference({ text: "a" }, {}), "the body");
  assertEquals(difference({}, {}), undefined);
});

Deno.test("differenceOf() takes any text for what was redacted, between the same texts", () => {
  const recorded = { text: `a${REDACTED}b${REDACTED}c` };
  assertEquals(difference(recorded, { text: "a-1-b-2-c" }), undefined);
  for (const text of ["x-b-c", "a-b-x", "a-x-c", "a"]) {
    assertEquals([text, difference(recorded, { text })], [text, "the body"]);
  }
  // The texts before and behind may not share a character.
  assertEquals(difference({ text: `ab${REDACTED}bc` }, { text: "abc" }), "the body");
});

Deno.test("differenceOf() compares the parts of a form by field, text, name, type and size", () => {
  const file = { name: "content", filename: "a.txt", type: "text/plain", size: 3 };
  const form = [{ name: "type", text: "x" }, file];
  assertEquals(difference({ form }, { form }), undefined);
  const cases = [
    [[form[0]!], "the part content of the form"],
    [[{ name: "kind", text: "x" }, file], "the part type of the form"],
    [[{ name: "type", text: "y" }, file], "the part type of the form"],
    [[...form, { name: "more", text: "" }], "the part more of the form"],
    [
      [form[0]!, { ...file, filename: "b.txt" }],
      "the filename of the file in the part content of the form",
    ],
    [[form[0]!, { ...file, size: 4 }], "the size of the file in the part content of the form"],
  ] as const;
  for (const [asked, place] of cases) {
    assertEquals(difference({ form }, { form: asked }), place);
  }
});
