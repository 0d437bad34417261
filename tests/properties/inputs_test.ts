/** Inputs with files at any depth: against `JSON.stringify`, with a mark in the place of each file. */

import fc from "npm:fast-check@4.11.0";
import { assertEquals, assertThrows } from "@std/assert";
import { Walk } from "../../src/files/input_json.ts";

/** A file, and the number that it is told by. */
class Marked extends Blob {
  constructor(readonly number: number) {
    super([String(number)]);
  }
}

const leaf = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
  fc.date({ noInvalidDate: true }),
  fc.nat(99).map((n) => new Marked(n)),
);
const { input } = fc.letrec<{ value: unknown; input: object }>((tie) => ({
  value: fc.oneof({ depthSize: "small" }, leaf, fc.array(tie("value")), tie("input")),
  input: fc.dictionary(fc.string(), tie("value")),
}));

/** The place of a file in a message. */
function placeOf(path: readonly (string | number)[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return /^[A-Za-z_$][\w$]*$/.test(key) ? `${text}.${key}` : `${text}[${JSON.stringify(key)}]`;
  }, "input");
}

/** The files of an input, by place, in the order in which they are met. */
function filesIn(value: unknown, path: (string | number)[] = []): [string, Marked][] {
  if (value instanceof Marked) return [[placeOf(path), value]];
  if (typeof value !== "object" || value === null || value instanceof Date) return [];
  const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return keys.flatMap((key) => filesIn((value as Record<string, unknown>)[key], [...path, key]));
}

Deno.test("Walk copies any input as JSON does, and finds each file in its place", () => {
  fc.assert(fc.property(input, (given) => {
    const walk = new Walk("input", given);
    assertEquals(walk.files.map(({ path, value }) => [path, value]), filesIn(given));
    for (const { value, set } of walk.files) set(`file ${(value as Marked).number}`);
    const wanted = JSON.stringify(
      given,
      (_, value) => value instanceof Marked ? `file ${value.number}` : value,
    );
    assertEquals(JSON.stringify(walk.value), wanted);
  }));
});

Deno.test("Walk leaves the caller's own objects as they are", () => {
  fc.assert(fc.property(input, (given) => {
    const before = structuredClone(JSON.stringify(given));
    freeze(given);
    const walk = new Walk("input", given);
    for (const { set } of walk.files) set("x");
    assertEquals(JSON.stringify(given), before);
  }));
});

function freeze(value: unknown): void {
  if (typeof value !== "object" || value === null || value instanceof Blob) return;
  Object.freeze(value);
  for (const item of Object.values(value)) freeze(item);
}

Deno.test("Walk refuses what JSON would change, and names its place", () => {
  const bad = fc.constantFrom<unknown>(NaN, Infinity, 1n, () => {}, Symbol("x"), new Map(), /x/);
  const way = fc.array(fc.oneof(fc.stringMatching(/^[a-z]{1,4}$/), fc.nat(3)), { maxLength: 5 });
  fc.assert(fc.property(way, bad, (way, bad) => {
    const path = ["root", ...way];
    const given = path.reduceRight<unknown>((value, key) => {
      if (typeof key === "string") return { [key]: value };
      return Array.from({ length: key + 1 }, (_, at) => at === key ? value : 0);
    }, bad);
    const { message } = assertThrows(() => new Walk("input", given), TypeError);
    assertEquals(message.startsWith(`Cannot send ${placeOf(path)}: `), true, message);
  }));
});
