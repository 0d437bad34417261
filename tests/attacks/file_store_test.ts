/** Number 19: files that are no stores, that others may read, or that two processes write to. */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Client, ReplicateError } from "../../mod.ts";
import { fileStore } from "../../src/stores/mod.ts";
import { FakeReplicate } from "../../src/testing/mod.ts";
import { inFolder } from "../in_folder.ts";

const HEADER = '{"replicate":"store of a batch","version":1}\n';
const WORKER = new URL("store_worker.ts", import.meta.url).href;

/** Runs a test with the path of a file in a folder of its own. */
function withPath(run: (path: string) => Promise<void>): Promise<void> {
  return inFolder((folder) => run(`${folder}/batch.jsonl`));
}

/** A process with a store. */
function spawn(path: string, permissions: string[] = ["--allow-all"]): {
  pid: number;
  set: (key: string) => Promise<string>;
  kill: () => Promise<void>;
  end: () => Promise<void>;
} {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--quiet", "--no-prompt", ...permissions, WORKER, path],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const over = async (): Promise<void> => {
    await child.status;
    await reader.cancel();
  };
  return {
    pid: child.pid,
    async set(key): Promise<string> {
      await writer.write(new TextEncoder().encode(`${key}\n`));
      return ((await reader.read()).value ?? "").trim();
    },
    async kill(): Promise<void> {
      child.kill("SIGKILL");
      await writer.abort().catch(() => {});
      await over();
    },
    async end(): Promise<void> {
      await writer.close();
      await over();
    },
  };
}

Deno.test("13.19 fileStore() refuses any file that is no store, and leaves it as it is", async () => {
  await withPath(async (path) => {
    const texts = [
      "a text of 31 bytes, no line end",
      "prompt,seed\na fig,1\n",
      '{"key":"a","value":1}\n',
      '{"key":"a","value":1}',
      `\ufeff${HEADER}`,
      HEADER.trim(),
      HEADER.slice(0, 5),
      HEADER.replace("1", "2"),
      "\n",
      "\0",
    ];
    for (const text of texts) {
      await Deno.writeTextFile(path, text);
      const store = fileStore(path);
      for (const use of [() => store.get("a"), () => store.set("a", 1), () => store.delete("a")]) {
        const error = await assertRejects(() => Promise.resolve(use()), ReplicateError);
        assertStringIncludes(error.message, "not a file of fileStore()");
      }
      assertEquals(await Deno.readTextFile(path), text);
    }
    // What is empty holds nothing that could be lost.
    await Deno.writeTextFile(path, "");
    await fileStore(path).set("a", 1);
    assertEquals(await Deno.readTextFile(path), `${HEADER}{"key":"a","value":1}\n`);
  });
});

Deno.test("13.19 fileStore() makes a file that its owner alone can read, and keeps the mode of one", async () => {
  await withPath(async (path) => {
    await fileStore(path).set("a", 1);
    const mode = async (path: string): Promise<string> =>
      ((await Deno.stat(path)).mode! & 0o777).toString(8);
    assertEquals([await mode(path), await mode(`${path}.lock`)], ["600", "600"]);
    await Deno.chmod(path, 0o640);
    await fileStore(path).set("b", 2);
    assertEquals(await mode(path), "640");
  });
});

Deno.test("13.19 no store gets to hold the address of a webhook", async () => {
  await withPath(async (path) => {
    await using fake = new FakeReplicate({
      models: { "acme/x": { official: true, run: () => "hi" } },
    });
    const client = new Client({ auth: "r8_test", fetch: fake.fetch });
    const webhook = "https://user:pass@example.com/hook?key=hunter2";
    const options = { store: fileStore(path), webhook };
    await Array.fromAsync(client.batch("acme/x", [{}], options));
    assert(fake.requests.some(({ body }) => JSON.stringify(body ?? "").includes("hunter2")));
    const text = await Deno.readTextFile(path);
    assert(text.includes('"state":"ended"'));
    assert(!text.includes("hunter2") && !text.includes("example.com"));
  });
});

Deno.test("13.19 fileStore() refuses a file that another process uses", async () => {
  await withPath(async (path) => {
    const worker = spawn(path);
    try {
      assertEquals(await worker.set("a"), "set a");
      const store = fileStore(path);
      for (const use of [() => store.get("a"), () => store.set("b", 2)]) {
        const error = await assertRejects(() => Promise.resolve(use()), ReplicateError);
        assertStringIncludes(error.message, `process ${worker.pid} uses it`);
        assertStringIncludes(error.message, `delete ${path}.lock`);
      }
      assertEquals(await worker.set("c"), "set c");
    } finally {
      await worker.end();
    }
    // It took its lock along.
    await assertRejects(() => Deno.stat(`${path}.lock`), Deno.errors.NotFound);
    const store = fileStore(path);
    assertEquals([await store.get("a"), await store.get("b"), await store.get("c")], [
      "a",
      undefined,
      "c",
    ]);
  });
});

Deno.test("13.19 fileStore() takes the lock of a process that was killed", async () => {
  await withPath(async (path) => {
    const worker = spawn(path);
    assertEquals(await worker.set("a"), "set a");
    await worker.kill();
    assert((await Deno.stat(`${path}.lock`)).isFile);
    const store = fileStore(path);
    assertEquals(await store.get("a"), "a");
    await store.set("b", 2);
    // One that died while it wrote its lock.
    await Deno.writeTextFile(`${path}.lock`, "");
    const next = spawn(path);
    assertEquals(await next.set("c"), "set c");
    await next.end();
  });
});

Deno.test("13.19 fileStore() stops a process that has lost its lock, so that two never write", async () => {
  await withPath(async (path) => {
    const store = fileStore(path);
    await store.set("a", 1);
    // It may not look at processes, so it cannot know that this one is alive.
    const worker = spawn(path, ["--allow-read", "--allow-write"]);
    try {
      assertEquals(await worker.set("b"), "set b");
      await assertRejects(
        () => Promise.resolve(store.set("c", 3)),
        ReplicateError,
        "another process has taken it over",
      );
      assertEquals(await worker.set("d"), "set d");
    } finally {
      await worker.end();
    }
    const text = await Deno.readTextFile(path);
    assertEquals(text.split("\n").slice(1, -1).map((line) => JSON.parse(line).key), [
      "a",
      "b",
      "d",
    ]);
  });
});

Deno.test("13.19 two stores of one process on one file never tear its lines", async () => {
  await withPath(async (path) => {
    const [one, two] = [fileStore(path), fileStore(path)];
    await Promise.all([one.get("x"), two.get("x")]);
    for (let n = 0; n < 20; n++) {
      await one.set(`one ${n}`, "x".repeat(n));
      await two.set(`two ${n}`, "y".repeat(n * 3));
    }
    for (const store of [two, fileStore(path)]) {
      for (let n = 0; n < 20; n++) {
        assertEquals(await store.get(`one ${n}`), "x".repeat(n));
        assertEquals(await store.get(`two ${n}`), "y".repeat(n * 3));
      }
    }
    // A file that was deleted meanwhile is begun anew.
    await Deno.remove(path);
    await one.set("a", 1);
    assertEquals([await one.get("a"), await one.get("one 3")], [1, undefined]);
  });
});

Deno.test("13.8 fileStore() copies each byte of a long line once when it reads it", async () => {
  const { set } = Uint8Array.prototype;
  let copied = 0;
  await withPath(async (path) => {
    const length = 20 * 2 ** 20;
    await Deno.writeTextFile(path, `${HEADER}{"key":"a","value":"${"x".repeat(length)}"}\n`);
    try {
      Uint8Array.prototype.set = function (this: Uint8Array, source, offset): void {
        copied += source.length;
        set.call(this, source, offset);
      };
      assertEquals((await fileStore(path).get("a") as string).length, length);
    } finally {
      Uint8Array.prototype.set = set;
    }
    assert(copied < 2 * length, `${copied} bytes were copied`);
  });
});
