import { assertEquals, assertThrows } from "@std/assert";
import { ReplicateError } from "../../src/errors.ts";
import { jsonOf, textOf } from "../../src/run/views.ts";

const settled = (output: unknown) => ({ prediction: { id: "p1", output }, output }) as never;

Deno.test("textOf() joins text, and says which view fits what is no text", () => {
  assertEquals([textOf(settled("a")), textOf(settled(["a", "b"])), textOf(settled([]))], [
    "a",
    "ab",
    "",
  ]);
  const cases: [unknown, string][] = [
    [null, "empty"],
    [undefined, "empty"],
    [["https://a.b/1", "https://a.b/2"], "a list of 2 files: use files()"],
    [[1, "a"], "a mixed list: use json()"],
    [{ a: 1 }, "of type object: use json()"],
    [7, "of type number: use json()"],
  ];
  for (const [output, shape] of cases) {
    const error = assertThrows(() => textOf(settled(output)), ReplicateError);
    assertEquals(error.message, `Cannot read the output of prediction p1 as text: it is ${shape}`);
  }
});

Deno.test("jsonOf() reads JSON out of text and its pieces, and gives the rest as it is", () => {
  assertEquals(jsonOf(settled('{"a":1}')), { a: 1 });
  assertEquals(jsonOf(settled(['{"a"', ":1}"])), { a: 1 });
  assertEquals(jsonOf(settled(["1", "2"])), ["1", "2"]);
  assertEquals(jsonOf(settled(["a", "b"])), ["a", "b"]);
  assertEquals([jsonOf(settled([])), jsonOf(settled(null))], [[], null]);
  assertThrows(() => jsonOf(settled("words")), ReplicateError, "it is text that is no JSON");
});
