/** The runtimes that the library tells apart, with the globals by which each one is known. */

// Deno sets these up at their first use, for which it needs its own globals.
import "node:crypto";
import "node:fs";
import "node:path";
import "node:process";
import "node:url";
import { assert, assertEquals } from "@std/assert";

type Runtime = typeof import("../../src/base/runtime.ts");

let copies = 0;

/** Runs `use` with a fresh copy of the file, which remembers where it runs, among these globals. */
async function within<T>(
  globals: Record<string, unknown>,
  use: (runtime: Runtime) => T | Promise<T>,
): Promise<T> {
  const file = new URL(`../../src/base/runtime.ts?copy=${copies++}`, import.meta.url);
  const runtime: Runtime = await import(file.href);
  const old = Object.keys(globals).map((name) =>
    [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const
  );
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  try {
    return await use(runtime);
  } finally {
    for (const [name, property] of old) {
      if (property) Object.defineProperty(globalThis, name, property);
      else Reflect.deleteProperty(globalThis, name);
    }
  }
}

const NOWHERE = { Deno: undefined, process: undefined, navigator: undefined };
const WORKERD = { ...NOWHERE, navigator: { userAgent: "Cloudflare-Workers" } };
const BUN = { ...NOWHERE, Bun: {}, process: { versions: { node: "24.0.0" } } };
const NODE = { ...NOWHERE, process: { versions: { node: "20.9.0" }, env: { A: "b" } } };
const PAGE = { ...NOWHERE, document: {}, location: { href: "https://example.com/a" } };
const WORKER = { ...NOWHERE, location: { href: "https://example.com/worker.js" } };

Deno.test("runtimeName() tells runtimes apart, also those that imitate Node", async () => {
  const names = [];
  for (const globals of [{}, WORKERD, BUN, NODE, PAGE, WORKER, NOWHERE]) {
    names.push(await within(globals, (runtime) => runtime.runtimeName()));
  }
  assertEquals(names, ["deno", "workerd", "bun", "node", "browser", "browser", "unknown"]);
  const imitation = { ...WORKERD, process: NODE.process };
  assertEquals(await within(imitation, (runtime) => runtime.runtimeName()), "workerd");
});

Deno.test("isolatesRequests() takes it for granted where the runtime does not say what it is", async () => {
  const isolating = [];
  for (const globals of [WORKERD, NOWHERE, NODE, PAGE]) {
    isolating.push(await within(globals, (runtime) => runtime.isolatesRequests()));
  }
  assertEquals(isolating, [true, true, false, false]);
});

Deno.test("userAgent() names the runtime, and nothing in a page", async () => {
  const node = await within(NODE, (runtime) => runtime.userAgent());
  assert(node?.endsWith("(node)"), node);
  assertEquals(await within(PAGE, (runtime) => runtime.userAgent()), undefined);
});

Deno.test("readEnv() reads the environment of Node, and finds nothing where there is none", async () => {
  assertEquals(await within(NODE, ({ readEnv }) => [readEnv("A"), readEnv("B")]), [
    { value: "b" },
    { value: undefined },
  ]);
  const none = { value: undefined };
  assertEquals(await within(NOWHERE, ({ readEnv }) => readEnv("A")), none);
  assertEquals(await within({ process: {}, Deno: undefined }, ({ readEnv }) => readEnv("A")), none);
});

Deno.test("readEnv() does not ask the user on Deno unless it may", async () => {
  let asked = 0;
  const env = {
    get: (): string => {
      asked++;
      throw new Error("NotCapable");
    },
  };
  const permissions = { querySync: () => ({ state: "prompt" }) };
  const Deno = { env, permissions, version: { deno: "2.0.0" } };
  assertEquals(await within({ Deno }, ({ readEnv }) => readEnv("A", false)), { denied: true });
  assertEquals(asked, 0);
  assertEquals(await within({ Deno }, ({ readEnv }) => readEnv("A")), { denied: true });
  assertEquals(asked, 1);
});

Deno.test("bodySentOnce() keeps every body on runtimes that do not send one again", async () => {
  const bodies = ["text", new URLSearchParams("a=b"), new Uint8Array(2), undefined];
  const kept = await within(NODE, ({ bodySentOnce }) => bodies.map((it) => bodySentOnce(it)));
  assertEquals(kept, bodies);
});

Deno.test("bodySentOnce() makes a blob of text, a form, bytes and nothing on Deno", async () => {
  await within({}, async ({ bodySentOnce }) => {
    const sent = [
      bodySentOnce("fig"),
      bodySentOnce(new URLSearchParams({ a: "b c" })),
      bodySentOnce(new Uint8Array([65, 66])),
      bodySentOnce(new Uint8Array([67]).buffer),
      bodySentOnce(undefined),
    ];
    const seen = [];
    for (const pending of sent) {
      const blob = await pending;
      assert(blob instanceof Blob);
      seen.push([await blob.text(), blob.type]);
    }
    assertEquals(seen, [
      ["fig", "text/plain;charset=utf-8"],
      ["a=b+c", "application/x-www-form-urlencoded;charset=utf-8"],
      ["AB", ""],
      ["C", ""],
      ["", ""],
    ]);
    const form = new FormData();
    assertEquals(bodySentOnce(form), form);
  });
});

Deno.test("fetchOptionsOf() gives only the options that requests of the runtime take", async () => {
  /** A `Request` as on workerd, which throws for what it does not know. */
  class OldRequest {
    constructor(_: string, init: RequestInit) {
      if (init.redirect === "error") throw new TypeError("Invalid redirect value");
      if (init.cache) throw new Error("The 'cache' field is not implemented");
    }
  }
  const optionsWith = (Request: unknown) =>
    within({ Request }, ({ fetchOptionsOf }) => fetchOptionsOf());
  assertEquals(await optionsWith(OldRequest), { redirect: "manual" });
  assertEquals(await optionsWith(Request), { redirect: "error", cache: "no-store" });
  assertEquals(await optionsWith(undefined), { redirect: "error", cache: "no-store" });
});

Deno.test("pageUrl() is the address of a page, and isPage() is false in its workers", async () => {
  const seen = [];
  for (const globals of [PAGE, WORKER, NODE]) {
    seen.push(await within(globals, (it) => [it.isPage(), it.pageUrl(), it.isEmulatedPage()]));
  }
  assertEquals(seen, [
    [true, "https://example.com/a", false],
    [false, "https://example.com/worker.js", false],
    [false, undefined, false],
  ]);
});

Deno.test("isEmulatedPage() knows jsdom, which runs on Node", async () => {
  const jsdom = { ...NODE, document: {} };
  assertEquals(await within(jsdom, (runtime) => runtime.isEmulatedPage()), true);
});

Deno.test("builtinModule() is undefined where Node's modules are missing or refused", async () => {
  const refusing = {
    getBuiltinModule: () => {
      throw new Error("not here");
    },
  };
  for (const process of [undefined, {}, refusing]) {
    assertEquals(
      await within({ process }, (it) => [it.builtinModule("node:fs"), it.sha256()]),
      [undefined, undefined],
    );
  }
});

Deno.test("loadModules() loads Node's modules on a Node without getBuiltinModule", async () => {
  await within(NODE, async ({ builtinModule, loadModules }) => {
    assertEquals(builtinModule("node:path"), undefined);
    await loadModules();
    await loadModules();
    assertEquals(
      builtinModule<{ basename(path: string): string }>("node:path")?.basename("/a/b"),
      "b",
    );
  });
});

Deno.test("loadModules() loads nothing where the runtime is not Node", async () => {
  await within(WORKERD, async ({ builtinModule, loadModules }) => {
    await loadModules();
    assertEquals(builtinModule("node:path"), undefined);
  });
});

Deno.test("isProcessAlive() tells what a signal that does nothing tells", async () => {
  const failing = (code: string) => () => {
    throw Object.assign(new Error(code), { code });
  };
  const answers = [];
  for (
    const kill of [() => true, failing("ESRCH"), failing("EPERM"), failing("EINVAL"), undefined]
  ) {
    const globals = { Deno: undefined, process: { kill, pid: 7 } };
    answers.push(await within(globals, (it) => it.isProcessAlive(9)));
    assertEquals(await within(globals, (it) => it.processId()), 7);
  }
  assertEquals(answers, [true, false, true, undefined, undefined]);
  const permissions = { querySync: () => ({ state: "prompt" }) };
  const Deno = { permissions };
  assertEquals(await within({ Deno }, (it) => it.isProcessAlive(9)), undefined);
});

Deno.test("unlinkAtExit() deletes its files when the process of Node exits", async () => {
  const deleted: (string | URL)[] = [];
  const listeners: (() => void)[] = [];
  const unlinkSync = (path: string | URL): void => {
    deleted.push(path);
    if (path === "gone") throw new Error("ENOENT");
  };
  const process = {
    getBuiltinModule: () => ({ unlinkSync }),
    once: (_: string, listener: () => void) => listeners.push(listener),
  };
  await within({ Deno: undefined, process }, ({ unlinkAtExit }) => {
    for (const path of ["gone", "a.part", "a.part"]) unlinkAtExit(path);
    assertEquals([listeners.length, deleted], [1, []]);
    listeners[0]!();
  });
  assertEquals(deleted, ["gone", "a.part"]);
});

Deno.test("nativeBase64() is Buffer's on older Nodes, and missing where there is neither", async () => {
  const { prototype } = Uint8Array as unknown as { prototype: Record<string, unknown> };
  const { fromBase64 } = Uint8Array as unknown as { fromBase64: unknown };
  const old = Object.getOwnPropertyDescriptor(prototype, "toBase64");
  Reflect.deleteProperty(prototype, "toBase64");
  Object.assign(Uint8Array, { fromBase64: undefined });
  try {
    const { Buffer } = await import("node:buffer");
    await within({ Buffer }, ({ nativeBase64, nativeFromBase64 }) => {
      assertEquals(nativeBase64()?.(new TextEncoder().encode("xfigx").subarray(1, 4)), "Zmln");
      assertEquals(nativeFromBase64(), undefined);
    });
    assertEquals(await within({ Buffer: undefined }, (it) => it.nativeBase64()), undefined);
  } finally {
    if (old) Object.defineProperty(prototype, "toBase64", old);
    Object.assign(Uint8Array, { fromBase64 });
  }
});

Deno.test("streamedBody() is the way that the runtime's fetch streams a body of known length", async () => {
  const ways = [];
  for (const globals of [{}, NODE, BUN, WORKERD, PAGE]) {
    ways.push(await within(globals, (it) => [it.streamedBody(), it.fillsBuffers()]));
  }
  assertEquals(ways, [
    ["blob-once", true],
    ["blob", false],
    ["stream", false],
    ["form", false],
    ["form", false],
  ]);
});

Deno.test("allowListeners() lifts Node's limit of listeners, once a signal", async () => {
  const limit = Symbol("events.maxEventTargetListeners");
  const signal = () =>
    Object.assign(new AbortController().signal, { [limit]: 10, [Symbol("other")]: 1 });
  await within(NODE, ({ allowListeners }) => {
    const one = signal();
    allowListeners(one);
    assertEquals(one[limit], 0);
    one[limit] = 5;
    allowListeners(one);
    assertEquals(one[limit], 5);
    // A signal of another make may be frozen.
    const frozen = Object.freeze(signal());
    allowListeners(frozen);
    assertEquals(frozen[limit], 10);
  });
  const one = signal();
  await within({}, ({ allowListeners }) => allowListeners(one));
  assertEquals(one[limit], 10);
});
