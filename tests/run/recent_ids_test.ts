import { assertEquals } from "@std/assert";
import { RecentIds } from "../../src/run/recent_ids.ts";

Deno.test("RecentIds knows the ids of a stream again, of any form", () => {
  const forms = [
    ["1700000000:0", "1700000000:1", "1700000001:0"],
    ["a", "b", ""],
    ["1:", ":1", "x:1", "1:x", "1:1x", "-1:0", "99999999999:0"],
    ["7:0", "7:2097152", "7:3"],
  ];
  for (const list of forms) {
    const ids = new RecentIds();
    assertEquals(list.map((id) => ids.add(id)), list.map(() => true), list.join());
    assertEquals(list.map((id) => ids.has(id)), list.map(() => true), list.join());
    assertEquals(list.map((id) => ids.add(id)), list.map(() => false), list.join());
    assertEquals(ids.has("1699999999:0"), false);
    assertEquals(ids.has("1800000000:0"), false);
  }
});

Deno.test("RecentIds forgets the oldest of many ids, and keeps the latest 10,000", () => {
  const ids = new RecentIds();
  for (let n = 0; n < 20_000; n++) ids.add(`1700000000:${n}`);
  assertEquals(ids.add("1700000000:10000"), false);
  assertEquals(ids.add("1700000000:19999"), false);
  assertEquals(ids.add("1700000000:0"), true);
});
