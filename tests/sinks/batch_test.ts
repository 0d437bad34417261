import { assert, assertEquals, assertRejects } from "@std/assert";
import { ApiError, type BatchResult, createSend, type FileOutput } from "../../mod.ts";
import { memoryStore } from "../../src/stores/mod.ts";
import { customSink, SinkError } from "../../src/sinks/mod.ts";
import type { FakeModel } from "../../src/testing/mod.ts";
import { batch } from "../../src/batch/batch.ts";
import { Versions } from "../../src/run/versions.ts";
import { inWorld, sleep } from "../run/world.ts";
import { shelf } from "./world.ts";

/** A model that makes two files of its input. */
const pair: FakeModel = {
  official: true,
  run: ({ n }) => [1, 2].map((it) => new File([`${n}.${it}`], `${n}.${it}.txt`)),
};

const INPUTS = [{ n: 1 }, { n: 2 }];

/** The places of the files of a result. */
const places = (result: BatchResult): (string | undefined)[] | string =>
  result.status === "rejected"
    ? String(result.reason)
    : (result.value as FileOutput[]).map(({ stored }) => stored?.location);

Deno.test("batch() keeps the files of each result", () =>
  inWorld({ "acme/pair": pair }, async ({ client }) => {
    const { files, put } = shelf();
    const sink = customSink(put);
    const results = await client.batch("acme/pair", INPUTS, { sink });
    assertEquals([...files.values()].sort(), ["1.1", "1.2", "2.1", "2.2"]);
    for (const result of results) {
      const [first] = await result.files();
      assertEquals(await result.json(), places(result));
      assertEquals(files.get(first!.stored!.location), `${result.index + 1}.1`);
    }
  }));

Deno.test("batch() remembers in its store where files are, and keeps none twice", () =>
  inWorld({ "acme/pair": pair }, async ({ client, requests }) => {
    const { files, put } = shelf();
    const store = new Map<string, unknown>();
    const options = { store, sink: customSink(put) };
    const first = (await client.batch("acme/pair", INPUTS, options)).map(places);
    files.clear();
    const before = requests().length;
    const again = await client.batch("acme/pair", INPUTS, options);
    assertEquals(again.map(places), first);
    assertEquals(await again[0]!.json(), first[0]);
    assertEquals([files.size, requests().length], [0, before]);
  }));

Deno.test("batch() goes on after a crash with the files that were not kept", () =>
  inWorld({ "acme/pair": pair }, async ({ client, fake }) => {
    const { files, put } = shelf();
    const store = memoryStore();
    const controller = new AbortController();
    // The process dies when one of the files of the first input is kept, and the other one hangs.
    const dying = customSink((file) => {
      if (file.index === 0) return put(file);
      setTimeout(() => controller.abort("died"), 100);
      return new Promise(() => {});
    });
    const { signal } = controller;
    const one = INPUTS.slice(0, 1);
    const reason = await client.batch("acme/pair", one, { store, sink: dying, signal }).all()
      .catch((it) => it);
    assertEquals([reason, [...files.values()]], ["died", ["1.1"]]);
    files.clear();
    const results = await client.batch("acme/pair", one, { store, sink: customSink(put) });
    assertEquals([...files.values()], ["1.2"]);
    const [id] = fake.predictions.keys();
    assertEquals(places(results[0]!), [`${id}-0-1.1.txt`, `${id}-1-1.2.txt`]);
    assertEquals(fake.predictions.size, 1);
  }));

Deno.test("batch() gives places when the output itself is long gone", () =>
  inWorld({ "acme/pair": pair }, async ({ client, fake }) => {
    const { put } = shelf();
    const store = new Map<string, unknown>();
    const first = await client.batch("acme/pair", INPUTS, { store, sink: customSink(put) });
    await sleep(2 * 3_600_000);
    const [file] = await first[0]!.files();
    await assertRejects(() => file!.bytes(), ApiError, "404");
    const count = fake.requests.length;
    const never = customSink(() => Promise.reject(new Error("it was kept before")));
    const again = await client.batch("acme/pair", INPUTS, { store, sink: never });
    assertEquals([again.map(places), fake.requests.length], [first.map(places), count]);
  }));

Deno.test("batch() rejects the one input whose files could not be kept, and keeps its record", () =>
  inWorld({ "acme/pair": pair }, async ({ client, fake }) => {
    const { put } = shelf();
    const store = new Map<string, unknown>();
    let broken = true;
    const sink = customSink((file) => {
      if (broken && file.name === "2.1.txt") throw new Error("full");
      return put(file);
    }, { attempts: 1 });
    const [one, two] = await client.batch("acme/pair", INPUTS, { store, sink });
    assertEquals([one?.status, two?.status], ["fulfilled", "rejected"]);
    assert(two?.status === "rejected" && two.reason instanceof SinkError);
    broken = false;
    const again = await client.batch("acme/pair", INPUTS, { store, sink });
    assertEquals(again.map(({ status }) => status), ["fulfilled", "fulfilled"]);
    assertEquals(fake.predictions.size, 2);
  }));

Deno.test("batch() keeps files that equal inputs share once, with dedupe", () =>
  inWorld({ "acme/pair": pair }, async ({ client }) => {
    const { files, put } = shelf();
    const options = { dedupe: true, sink: customSink(put) };
    const results = await client.batch("acme/pair", [{ n: 1 }, { n: 1 }], options);
    assertEquals(files.size, 2);
    assertEquals(places(results[0]!), places(results[1]!));
  }));

Deno.test("batch() refuses what is no sink, and a sink without the part for files", async () => {
  const send = createSend({ auth: "r8_test" });
  const context = { send, versions: new Versions() };
  const start = (sink: unknown) => async () =>
    await batch(context, "acme/pair", INPUTS, { sink } as never);
  await assertRejects(start("out"), TypeError, "Cannot use this as sink");
  await assertRejects(start(customSink(() => "a")), TypeError, "fileCodec");
});
