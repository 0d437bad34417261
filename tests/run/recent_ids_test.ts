import { assertEquals } from "@std/assert";
import { orderOf, RecentIds } from "../../src/run/recent_ids.ts";

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

function order(id: string): number {
  return orderOf(new TextEncoder().encode(`id: ${id}\n`), 4);
}

Deno.test("orderOf() rises with the ids of a stream, and is -1 for other forms", () => {
  const ids = ["1700000000:0", "1700000000:9", "1700000000:10", "1700000001:0", "1700000059:123"];
  const orders = ids.map(order);
  assertEquals(orders, orders.toSorted((a, b) => a - b));
  assertEquals(new Set(orders).size, ids.length);
  const others = ["a", "1:1x", "1:2:3", "-1:0", "1 :0", "☔", "1".repeat(33), "1:2\n"];
  assertEquals(others.map(order), [-1, -1, -1, -1, -1, -1, -1, order("1:2")]);
});

Deno.test("RecentIds tells ids from each other whose order is the same, or falls", () => {
  // Leading zeros, nothing at all, more than 17 bits of a count, and more than 32 bits of anything.
  const lists = [
    ["7:0", "7:00", "7:", ":0", ":", "07:0"],
    ["7:0", "7:131072", "8:0", "8:1"],
    ["8191:5", "8192:5", "8193:0", "16384:5"],
    ["4294967296:1", "0:1", "8589934592:1", "0:4294967297"],
    ["b", "a", "1:0", "0:1", "c"],
  ];
  for (const list of lists) {
    const ids = new RecentIds();
    for (const id of list) assertEquals(ids.add(id, order(id)), true, id);
    for (const id of list) assertEquals(ids.add(id, order(id)), false, id);
  }
});
