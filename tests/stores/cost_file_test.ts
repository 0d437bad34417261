import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { costMeter } from "../../src/batch/cost.ts";
import type { CostStore } from "../../src/batch/types.ts";
import { ReplicateError } from "../../src/errors.ts";
import {
  type DenoKvAtomic,
  denoKvCostStore,
  fileCostStore,
  memoryStore,
} from "../../src/stores/mod.ts";
import { FakeReplicate, withFakeTime } from "../../src/testing/mod.ts";
import { inFolder } from "../in_folder.ts";

/** Runs a test with the path of a file in a folder of its own. */
function withPath(run: (path: string, folder: string) => Promise<void>): Promise<void> {
  return inFolder((folder) => run(`${folder}/costs.json`, folder));
}

/** A store of the shape of Deno KV. */
function denoKv(): Parameters<typeof denoKvCostStore>[0] {
  const values = new Map<string, { value: unknown; versionstamp: string }>();
  let version = 0;
  const at = (key: string[]) => values.get(key.join("/"));
  return {
    get: (key) => Promise.resolve(at(key) ?? { value: null, versionstamp: null }),
    atomic: () => {
      const steps: (() => void)[] = [];
      let ok = true;
      const change: DenoKvAtomic = {
        check: ({ key, versionstamp }) => {
          ok &&= (at(key)?.versionstamp ?? null) === versionstamp;
          return change;
        },
        set: (key, value) => {
          const entry = { value: structuredClone(value), versionstamp: String(++version) };
          steps.push(() => values.set(key.join("/"), entry));
          return change;
        },
        commit: () => {
          if (ok) { for (const step of steps) step(); }
          return Promise.resolve({ ok });
        },
      };
      return change;
    },
  };
}

const add = (value: unknown): number => Number(value ?? 0) + 1;

Deno.test("a store of costs loses no change of those that come together", () =>
  withPath(async (path) => {
    const kv = denoKv();
    const memory = memoryStore();
    const stores: Record<string, [CostStore, CostStore]> = {
      memory: [memory, memory],
      file: [fileCostStore(path), fileCostStore(new URL(`file://${path}`), { sync: true })],
      "Deno KV": [denoKvCostStore(kv), denoKvCostStore(kv)],
    };
    for (const [name, pair] of Object.entries(stores)) {
      assertEquals(await pair[0].get("a") ?? undefined, undefined, name);
      const changes = Array.from({ length: 60 }, (_, n) => pair[n % 2]!.update("a", add));
      await Promise.all(changes);
      await pair[0].update("b", () => ({ x: [1] }));
      assertEquals([await pair[1].get("a"), await pair[1].get("b")], [60, { x: [1] }], name);
      const failing = async () =>
        await pair[0].update("a", () => {
          throw new Error("no");
        });
      await assertRejects(failing, Error, "no", name);
      assertEquals(await pair[0].get("a"), 60, name);
    }
  }));

Deno.test("fileCostStore() leaves nothing beside its file, which only its owner reads", () =>
  withPath(async (path, folder) => {
    const store = fileCostStore(path);
    await Promise.all([store.update("a", add), store.update("a", add)]);
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["costs.json"]);
    assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
    const before = (await Deno.stat(path)).mtime;
    await store.update("a", (value) => value);
    assertEquals((await Deno.stat(path)).mtime, before);
  }));

Deno.test("fileCostStore() refuses a file that is not its own, and leaves it as it is", () =>
  withPath(async (path) => {
    for (const text of ["{}", "[1]", "a text", '{"replicate":"store of a batch"}']) {
      await Deno.writeTextFile(path, text);
      const store = fileCostStore(path);
      const message = "it is not a file of fileCostStore(), and is left as it is";
      await assertRejects(async () => await store.get("a"), ReplicateError, message);
      await assertRejects(async () => await store.update("a", add), ReplicateError, message);
      assertEquals(await Deno.readTextFile(path), text);
    }
    assertThrows(() => fileCostStore(path, { sink: true } as never), TypeError, "sink");
  }));

Deno.test("fileCostStore() takes the lock of a process that is gone", () =>
  withPath((path, folder) =>
    withFakeTime(async (time) => {
      await Deno.writeTextFile(`${path}.lock`, "somebody who is gone\n");
      const stores = [1, 2, 3].map(() => fileCostStore(path));
      await Promise.all(stores.map((store) => store.update("a", add)));
      assert(time.elapsed() > 5000, `${time.elapsed()} ms`);
      assertEquals(await stores[0]!.get("a"), 3);
      assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["costs.json"]);
    })
  ));

/** Starts the worker in a process of its own. */
function start(url: string, path: string, ...more: string[]): Deno.ChildProcess {
  const worker = new URL("cost_worker.ts", import.meta.url).href;
  const args = ["run", "--quiet", "--no-check", "--allow-all", worker, url, path, ...more];
  return new Deno.Command(Deno.execPath(), { args, stdout: "piped", stderr: "inherit" }).spawn();
}

Deno.test("two processes that share a file do not pass the budget together, with a third one killed", () =>
  withPath(async (path) => {
    const models = { "acme/x": { official: true, run: () => "a" } };
    await using fake = new FakeReplicate({ models, latency: 20 });
    await using server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      (request) => fake.handle(request),
    );
    const url = `http://127.0.0.1:${server.addr.port}/v1`;
    const third = start(url, path, "killed");
    const store = fileCostStore(path);
    // Its first line says that it is at work.
    await third.stdout.getReader().read();
    third.kill("SIGKILL");
    await third.status;
    const meter = costMeter({ prices: { models: { "acme/x": { perRun: 1 } } }, store });
    for (const { key } of await meter.open()) await meter.drop(key);
    const outputs = await Promise.all(
      [start(url, path), start(url, path)].map((it) => it.output()),
    );
    const created = outputs.map(({ stdout }) => Number(new TextDecoder().decode(stdout)));
    assertEquals(created[0]! + created[1]!, 10);
    assert(created.every((count) => count <= 8), created.join());
    assertEquals(fake.predictions.size, 10);
    const { amount, runs, open } = await meter.total();
    assertEquals([amount, runs, open], [10, 10, 0]);
  }));
