import { assert, assertEquals, assertRejects } from "@std/assert";
import { ReplicateError } from "../../mod.ts";
import { fileStore } from "../../src/stores/mod.ts";
import { inFolder } from "../in_folder.ts";

/** Runs a test with the path of a file in a folder of its own. */
function withPath(run: (path: string) => Promise<void>): Promise<void> {
  return inFolder((folder) => run(`${folder}/batch.jsonl`));
}

const HEADER = '{"replicate":"store of a batch","version":1}\n';
const LINE_A = '{"key":"a","value":{"n":1}}\n';

Deno.test("fileStore() makes no file before there is something to keep", async () => {
  await withPath(async (path) => {
    assertEquals(await fileStore(path).get("a"), undefined);
    await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
  });
});

Deno.test("fileStore() appends a line of JSON for each change, and is read by the next process", async () => {
  await withPath(async (path) => {
    const store = fileStore(new URL(`file://${path}`));
    await store.set("a", { n: 1 });
    await store.set("b", "ü");
    await store.delete("b");
    await store.set("a", { n: 2 });
    assertEquals((await Deno.readTextFile(path)).split("\n"), [
      HEADER.trim(),
      '{"key":"a","value":{"n":1}}',
      '{"key":"b","value":"ü"}',
      '{"key":"b"}',
      '{"key":"a","value":{"n":2}}',
      "",
    ]);
    const next = fileStore(path);
    assertEquals([await next.get("a"), await next.get("b")], [{ n: 2 }, undefined]);
  });
});

Deno.test("fileStore() cuts off a last line that was torn, wherever, and goes on after it", async () => {
  const last = new TextEncoder().encode('{"key":"b","value":"größe"}\n');
  await withPath(async (path) => {
    for (let length = 1; length < last.length; length++) {
      await Deno.writeTextFile(path, HEADER + LINE_A);
      await Deno.writeFile(path, last.subarray(0, length), { append: true });
      const store = fileStore(path);
      assertEquals([await store.get("a"), await store.get("b")], [{ n: 1 }, undefined]);
      await store.set("c", 3);
      assertEquals(await Deno.readTextFile(path), `${HEADER}${LINE_A}{"key":"c","value":3}\n`);
    }
  });
});

Deno.test("fileStore() reads a file of any length, with lines of any length", async () => {
  await withPath(async (path) => {
    const store = fileStore(path, { sync: false });
    const values = Array.from({ length: 40 }, (_, n) => `${n} `.repeat(n * 997));
    await Promise.all(values.map((value, n) => store.set(`key ${n}`, value)));
    const next = fileStore(path);
    for (const [n, value] of values.entries()) assertEquals(await next.get(`key ${n}`), value);
    assert((await Deno.stat(path)).size > 2 * 256 * 1024);
  });
});

Deno.test("fileStore() writes changes of the same moment together, in their order", async () => {
  await withPath(async (path) => {
    const store = fileStore(path);
    await Promise.all(Array.from({ length: 1000 }, (_, n) => store.set("a", n)));
    assertEquals(await store.get("a"), 999);
    const lines = (await Deno.readTextFile(path)).trim().split("\n").slice(1);
    assertEquals(lines.map((line) => JSON.parse(line).value), Array.from(lines, (_, n) => n));
  });
});

Deno.test("fileStore() refuses a line that is not one of a batch, and leaves the file as it is", async () => {
  await withPath(async (path) => {
    const text = `${HEADER}${LINE_A}broken\n${LINE_A}`;
    await Deno.writeTextFile(path, text);
    const store = fileStore(path);
    await assertRejects(() => Promise.resolve(store.get("a")), ReplicateError, "line 3 is not");
    await assertRejects(() => Promise.resolve(store.set("a", 1)), ReplicateError, "Cannot read");
    assertEquals(await Deno.readTextFile(path), text);
  });
});

Deno.test("fileStore() rejects what cannot be written, and works again when it can be", async () => {
  await withPath(async (path) => {
    const folder = path.replace("batch.jsonl", "later");
    const store = fileStore(`${folder}/batch.jsonl`);
    await assertRejects(() => Promise.resolve(store.set("a", 1)));
    await Deno.mkdir(folder);
    await store.set("a", 1);
    assertEquals(await store.get("a"), 1);
  });
});
