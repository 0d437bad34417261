import { assertEquals } from "@std/assert";
import { eventsBetween } from "../../src/run/events.ts";
import type { JobRecord } from "../../src/run/reader.ts";

/** The output that is told of a job that is seen with one output after the other, and then ends. */
function told(...outputs: unknown[]): unknown[] {
  const last = outputs.at(-1);
  const records = [
    ...outputs.map((output, index) => ({ status: "processing", logs: `${index}`, output })),
    { status: "succeeded", logs: "end", output: last },
  ] as JobRecord[];
  return records.flatMap((record, index) =>
    [...eventsBetween(records[index - 1], record)]
      .filter(({ event }) => event === "output")
      .map(({ data }) => data)
  );
}

Deno.test("eventsBetween() tells the items that a list has grown by, and the rest of a text", () => {
  assertEquals(told(null, ["a"], ["a"], ["a", "b", "c"]), ["a", "b", "c"]);
  assertEquals(told(undefined, "Ra", "Rain", "Rain"), ["Ra", "in"]);
  assertEquals(told("Rain", "Snow falls"), ["Rain", "Snow falls"]);
});

Deno.test("eventsBetween() tells an empty text once", () => {
  assertEquals(told("", "", ""), [""]);
  assertEquals(told("", "Rain"), ["", "Rain"]);
});

Deno.test("eventsBetween() tells anything else once, when it is complete", () => {
  assertEquals(told({ a: 1 }, { a: 1, b: 2 }), [{ a: 1, b: 2 }]);
  assertEquals(told(null, 0), [0]);
  assertEquals(told(null), []);
});

Deno.test("eventsBetween() tells logs that were begun anew from their start", () => {
  const record = (logs: string) => ({ status: "processing", logs }) as JobRecord;
  const events = [record("one\n"), record("one\ntwo\n"), record("new\n"), record("new\n")]
    .flatMap((it, index, all) => [...eventsBetween(all[index - 1], it)]);
  assertEquals(events.filter(({ event }) => event === "logs").map(({ data }) => data), [
    "one\n",
    "two\n",
    "new\n",
  ]);
});
