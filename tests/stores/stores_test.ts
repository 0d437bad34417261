import { assert, assertEquals } from "@std/assert";
import {
  type BatchStore,
  type CloudflareKv,
  cloudflareKvStore,
  type DenoKv,
  denoKvStore,
  type DurableObjectStorage,
  durableObjectStore,
  fileStore,
  memoryStore,
} from "../../src/stores/mod.ts";
import { withFakeTime } from "../../src/testing/mod.ts";

/** Deno KV, with its limit of a value: 64 KiB, in which a character may take two bytes. */
function fakeDenoKv(): DenoKv & { values: Map<string, unknown> } {
  const values = new Map<string, unknown>();
  return {
    values,
    get: (key) => Promise.resolve({ value: values.get(key.join("/")) ?? null }),
    set: (key, value) => {
      if (typeof value === "string" && value.length > 32_000) throw new TypeError("too large");
      return Promise.resolve(values.set(key.join("/"), value));
    },
    delete: (key) => Promise.resolve(values.delete(key.join("/"))),
  };
}

/** Workers KV, which refuses a second write of a key within a second. */
function fakeCloudflareKv(): CloudflareKv {
  const values = new Map<string, { value: string | null; at: number }>();
  const write = (key: string, value: string | null): Promise<void> => {
    const now = Date.now();
    if (now - (values.get(key)?.at ?? -Infinity) < 1000) throw new Error("429 Too Many Requests");
    values.set(key, { value, at: now });
    return Promise.resolve();
  };
  return {
    get: (key) => Promise.resolve(values.get(key)?.value ?? null),
    put: write,
    delete: (key) => write(key, null),
  };
}

function fakeStorage(): DurableObjectStorage {
  const values = new Map<string, unknown>();
  return {
    get: (key) => Promise.resolve(structuredClone(values.get(key))),
    put: (key, value) => Promise.resolve(void values.set(key, structuredClone(value))),
    delete: (key) => Promise.resolve(values.delete(key)),
  };
}

/** What every store does. */
async function checkStore(store: BatchStore): Promise<void> {
  assertEquals(await store.get("a") ?? undefined, undefined);
  const long = { text: "é".repeat(100_000), list: [1, null, { deep: true }] };
  await Promise.all([store.set("a", { n: 1 }), store.set("b", long)]);
  assertEquals([await store.get("a"), await store.get("b")], [{ n: 1 }, long]);
  await store.set("b", { n: 2 });
  assertEquals(await store.get("b"), { n: 2 });
  await store.set("b", long);
  await store.delete("b");
  await store.delete("never there");
  assertEquals(await store.get("b") ?? undefined, undefined);
  assertEquals(await store.get("a"), { n: 1 });
}

const stores: Record<string, () => BatchStore> = {
  memoryStore,
  denoKvStore: () => denoKvStore(fakeDenoKv(), ["batch", "one"]),
  durableObjectStore: () => durableObjectStore(fakeStorage()),
  cloudflareKvStore: () => cloudflareKvStore(fakeCloudflareKv()),
};
for (const [name, make] of Object.entries(stores)) {
  Deno.test(`${name}() keeps values, long ones too, and forgets them`, async () => {
    await withFakeTime(() => checkStore(make()));
  });
}

Deno.test("fileStore() keeps values, long ones too, and forgets them", async () => {
  const path = await Deno.makeTempFile();
  try {
    await checkStore(fileStore(path));
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("memoryStore() gives copies", async () => {
  const store = memoryStore();
  const value = { n: 1 };
  await store.set("a", value);
  value.n = 2;
  (await store.get("a") as typeof value).n = 3;
  assertEquals(await store.get("a"), { n: 1 });
});

Deno.test("denoKvStore() leaves nothing of a long value behind", async () => {
  const kv = fakeDenoKv();
  const store = denoKvStore(kv);
  await store.set("a", "x".repeat(100_000));
  assert(kv.values.size > 3);
  await store.delete("a");
  assertEquals(kv.values.size, 0);
});

Deno.test("denoKvStore() works with Deno KV itself", async () => {
  const door = new URL("../../src/stores/mod.ts", import.meta.url).href;
  const code = `
    import { denoKvStore } from ${JSON.stringify(door)};
    const kv = await Deno.openKv(":memory:");
    const store = denoKvStore(kv, ["batch", "covers"]);
    const long = "é".repeat(100_000);
    await store.set("a", { long });
    const same = (await store.get("a")).long === long;
    await store.delete("a");
    const left = await Array.fromAsync(kv.list({ prefix: [] }));
    kv.close();
    console.log(JSON.stringify([same, await left.length]));
  `;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--unstable-kv", "--no-check", "--quiet", "--ext=ts", code],
    cwd: new URL("../../", import.meta.url),
  }).output();
  const text = new TextDecoder();
  assertEquals(text.decode(stdout).trim(), "[true,0]", text.decode(stderr));
});
