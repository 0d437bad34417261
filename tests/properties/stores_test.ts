/** Stores: any sequence of changes leaves what a `Map` would hold. */

import fc from "npm:fast-check@4.11.0";
import { assertEquals } from "@std/assert";
import {
  type BatchStore,
  type DenoKv,
  denoKvStore,
  durableObjectStore,
  fileStore,
  memoryStore,
} from "../../src/stores/mod.ts";

/** A database that holds values by key, as Deno KV does. */
function fakeKv(): DenoKv {
  const values = new Map<string, unknown>();
  return {
    get: (key) => Promise.resolve({ value: values.get(JSON.stringify(key)) ?? null }),
    set: (key, value) => Promise.resolve(values.set(JSON.stringify(key), value)),
    delete: (key) => Promise.resolve(values.delete(JSON.stringify(key))),
  };
}

function fakeStorage(): Parameters<typeof durableObjectStore>[0] {
  const values = new Map<string, unknown>();
  return {
    get: (key) => Promise.resolve(structuredClone(values.get(key))),
    put: (key, value) => Promise.resolve(void values.set(key, structuredClone(value))),
    delete: (key) => Promise.resolve(values.delete(key)),
  };
}

const STORES: Record<string, () => { open(): BatchStore }> = {
  memoryStore: () => {
    const store = memoryStore();
    return { open: () => store };
  },
  denoKvStore: () => {
    const kv = fakeKv();
    return { open: () => denoKvStore(kv) };
  },
  durableObjectStore: () => {
    const storage = fakeStorage();
    return { open: () => durableObjectStore(storage) };
  },
};

const KEYS = ["batch a-0", "batch b-1", "id x", "é☃"];
const key = fc.constantFrom(...KEYS);
// Some are longer than a value of Deno KV may be.
const value = fc.oneof(
  fc.dictionary(fc.string(), fc.jsonValue()),
  fc.nat(90_000).map((n) => ({ text: "é".repeat(n) })),
);
const change = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), key, value }),
  fc.record({ kind: fc.constant("delete" as const), key }),
  fc.record({ kind: fc.constant("reopen" as const) }),
);
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

/** Makes the changes to a store and to a map, and compares them after each. */
async function compare(
  open: () => BatchStore,
  changes: Change[],
): Promise<Map<string, unknown>> {
  const map = new Map<string, unknown>();
  let store = open();
  for (const change of changes) {
    if (change.kind === "reopen") store = open();
    else if (change.kind === "set") {
      map.set(change.key, JSON.parse(JSON.stringify(change.value)));
      await store.set(change.key, change.value);
    } else {
      map.delete(change.key);
      await store.delete(change.key);
    }
    await assertHolds(store, map);
  }
  return map;
}

async function assertHolds(store: BatchStore, map: Map<string, unknown>): Promise<void> {
  for (const key of KEYS) assertEquals(await store.get(key) ?? undefined, map.get(key));
}

for (const [name, make] of Object.entries(STORES)) {
  Deno.test(`${name}() holds what a Map would, after any changes`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { maxLength: 12 }),
        async (changes) => void await compare(make().open, changes),
      ),
      { numRuns: 40 },
    );
  });
}

Deno.test("fileStore() holds what a Map would, after any changes and a torn end", async () => {
  const folder = await Deno.makeTempDir();
  let number = 0;
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 8 }), fc.nat(20), async (changes, torn) => {
        const path = `${folder}/${number++}.jsonl`;
        const open = (): BatchStore => fileStore(path, { sync: false });
        const writes = changes.filter(({ kind }) => kind !== "reopen");
        const map = await compare(open, writes);
        const line = '{"key":"torn by a crash","value":'.slice(0, torn + 1);
        if (writes.length > 0) await Deno.writeTextFile(path, line, { append: true });
        const store = open();
        await assertHolds(store, map);
        assertEquals(await store.get("torn by a crash"), undefined);
        await store.set("id x", { after: true });
        await assertHolds(open(), map.set("id x", { after: true }));
      }),
      { numRuns: 20 },
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
