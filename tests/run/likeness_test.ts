/** The likeness of a prediction to a run: what the server may show differently, and what it may not. */

import fc from "npm:fast-check@4.11.0";
import { assertEquals, assertThrows } from "@std/assert";
import type { Prediction } from "../../mod.ts";
import { canonical, likeness, sentInput, soughtRun } from "../../src/run/likeness.ts";
import { parseRef } from "../../src/run/ref.ts";
import { record } from "../scripted.ts";

const VERSION = "5c7d5dc6dd8bf75c1acaa8565735e7986bc5b66206b55cca93cb72c9bf15ccaa";

/** The likeness of a run of `ref` with `ours` to a prediction with these fields. */
function like(ours: object, more: Record<string, unknown>, ref = "acme/x"): string | undefined {
  const sought = soughtRun(parseRef(ref), ours);
  return likeness(sought, record(more) as unknown as Prediction);
}

Deno.test("likeness() is the same for the same input in any order", () => {
  const input = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(fc.property(input, (input) => {
    fc.pre(Object.keys(input).length > 0);
    const turned = Object.fromEntries(Object.entries(input).reverse());
    assertEquals(like(input, { input: JSON.parse(JSON.stringify(turned)) }), "same");
  }));
});

Deno.test("likeness() is none for another input", () => {
  const ours = { a: [1, { b: "x" }], c: null };
  for (
    const theirs of [
      { a: [1, { b: "y" }], c: null },
      { a: [1], c: null },
      { a: [1, { b: "x" }, 2], c: null },
      { a: { 0: 1, 1: { b: "x" } }, c: null },
      { a: [1, { b: "x" }] },
      { a: [1, ["x"]], c: null },
      { a: [1, null], c: null },
    ]
  ) assertEquals(like(ours, { input: theirs }), undefined, JSON.stringify(theirs));
});

Deno.test("likeness() is a maybe where the server fills in, removes or renames", () => {
  const ours = { a: 1, left: undefined };
  assertEquals(like(ours, { input: { a: 1, steps: 4 } }), "maybe");
  assertEquals(like(ours, { input: {}, data_removed: true }), "maybe");
  assertEquals(like(ours, { input: null }), "maybe");
  assertEquals(like(ours, { input: { a: 1 }, model: "internal/x" }), "maybe");
  assertEquals(like(ours, { input: { a: 1 }, model: "other/x", version: "abc" }), undefined);
  assertEquals(like(ours, { input: { a: 1 }, source: "web" }), undefined);
});

Deno.test("likeness() takes the version or the deployment that was run", () => {
  const input = { a: 1 };
  assertEquals(like(input, { input, version: VERSION }, VERSION), "same");
  assertEquals(like(input, { input, version: "another" }, VERSION), "maybe");
  const sought = soughtRun(parseRef({ deployment: "acme/d" }), input);
  const of = (more: Record<string, unknown>): string | undefined =>
    likeness(sought, record({ input, ...more }) as unknown as Prediction);
  assertEquals(of({ deployment: "acme/d" }), "same");
  assertEquals([of({}), of({ deployment: "acme/e" })], ["maybe", undefined]);
});

Deno.test("likeness() takes any text for a file", async () => {
  const sent = await sentInput({ image: new Blob(["x"]), of: Promise.resolve("y") });
  const theirs = { image: "https://api.replicate.com/v1/files/a", of: "y" };
  assertEquals(like(sent, { input: theirs }), "maybe");
  assertEquals(like(sent, { input: { ...theirs, image: 5 } }), undefined);
});

Deno.test("canonical() refuses what is nested more deeply than any input", () => {
  const nest = (levels: number): unknown => {
    let value: unknown = 1;
    for (let level = 0; level < levels; level++) value = [value];
    return value;
  };
  assertEquals(canonical(nest(3)), "[[[1]]]");
  assertThrows(() => canonical(nest(1001)), TypeError, "more than 1000 levels");
  assertEquals(like({ a: 1 }, { input: { a: 1, deep: nest(2000) } }), "maybe");
});
