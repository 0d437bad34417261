/** What every sink does: it hands over each file, tries again, and says where each file is. */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type FileOutput, ReplicateError } from "../../mod.ts";
import { customSink, SinkError, type SinkFile } from "../../src/sinks/mod.ts";
import { createSend, run } from "../../mod.ts";
import { trace } from "npm:@opentelemetry/api@1.9.1";
import { traced } from "../../src/trace/mod.ts";
import { inWorld, taking } from "../run/world.ts";
import { FIG, making, PLUM, sha256Of, shelf } from "./world.ts";

Deno.test("run() with a sink says of each file where it is, with its size and sha256", () =>
  inWorld({ "acme/two": making(FIG, PLUM) }, async ({ client }) => {
    const { files, put } = shelf();
    const work = client.run("acme/two", { input: {}, sink: customSink(put) });
    const { id } = await work.prediction();
    assertEquals((await work.files()).map(({ stored }) => stored), [
      { location: `${id}-0-fig.txt`, size: 5, sha256: await sha256Of("a fig") },
      { location: `${id}-1-plum.txt`, size: 6, sha256: await sha256Of("a plum") },
    ]);
    assertEquals([...files.values()].sort(), ["a fig", "a plum"]);
  }));

Deno.test("run() with a sink has places in its JSON, and URLs in its text", () =>
  inWorld({ "acme/a": making({ image: FIG, caption: "a fig" }) }, async ({ client }) => {
    const work = client.run("acme/a", { input: {}, sink: customSink(shelf().put) });
    const { id, output } = await work.prediction();
    const kept = { image: `${id}-0-fig.txt`, caption: "a fig" };
    assertEquals(await work.json(), kept);
    const { image } = await work as { image: FileOutput };
    assertEquals(JSON.parse(JSON.stringify(await work)), kept);
    const { image: url } = output as { image: string };
    assertEquals([`${image}`, image.href, image.url().href], [url, url, url]);
  }));

Deno.test("run() without a sink leaves files as they were", () =>
  inWorld({ "acme/a": making(FIG) }, async ({ client }) => {
    const work = client.run("acme/a", { input: {} });
    const file = await work.file();
    assertEquals("stored" in file, false);
    assertEquals(JSON.stringify(file), JSON.stringify(file.href));
  }));

Deno.test("run() with a sink gives an output without files as it is", () =>
  inWorld({ "acme/a": making(["1", "2"]) }, async ({ client }) => {
    const work = client.run("acme/a", { input: {}, sink: customSink(shelf().put) });
    assertEquals([await work, await work.json(), await work.text()], [
      ["1", "2"],
      ["1", "2"],
      "12",
    ]);
  }));

Deno.test("customSink() gets the facts about a file", () =>
  inWorld({ "acme/two": making(FIG, new Blob(["?"])) }, async ({ client }) => {
    const seen: SinkFile[] = [];
    const sink = customSink(async (file) => {
      seen.push(file);
      await new Response(file.stream).text();
      return file.key;
    });
    const { id } = await client.run("acme/two", { input: { a: 1 }, sink }).prediction();
    const facts = seen.sort((a, b) => a.index - b.index).map((file) => {
      const { stream: _, signal: __, prediction, ...rest } = file;
      return { ...rest, id: prediction.id, model: prediction.model, input: prediction.input };
    });
    const job = { id, model: "acme/two", input: { a: 1 } };
    assertEquals(facts, [
      {
        ...job,
        index: 0,
        name: "fig.txt",
        key: `${id}-0-fig.txt`,
        size: 5,
        contentType: "text/plain",
      },
      {
        ...job,
        index: 1,
        name: "out-1.bin",
        key: `${id}-1-out-1.bin`,
        size: 1,
        contentType: "application/octet-stream",
      },
    ]);
  }));

Deno.test("customSink() takes a place in each form that stores give", async () => {
  const places = ["a", { location: "b" }, { url: "c" }, { key: "d" }, { path: "e" }];
  await inWorld({ "acme/a": making(...places.map(() => FIG)) }, async ({ client }) => {
    const sink = customSink(async ({ stream, index }) => {
      await new Response(stream).text();
      return places[index]!;
    });
    assertEquals(await client.run("acme/a", { input: {}, sink }).json(), ["a", "b", "c", "d", "e"]);
  });
});

Deno.test("customSink() tries a file again from its URL, with growing waits", () =>
  inWorld({ "acme/a": making(FIG) }, async ({ client, elapsed, fake }) => {
    const at: number[] = [];
    const { files, put } = shelf();
    const sink = customSink(async (file) => {
      at.push(elapsed());
      if (at.length < 4) throw new Error("the store is down");
      return await put(file);
    });
    const file = await client.run("acme/a", { input: {}, sink }).file();
    assertEquals(files.get(file.stored!.location), "a fig");
    assertEquals(at.length, 4);
    const waits = at.slice(1).map((ms, index) => ms - at[index]!);
    waits.forEach((ms, index) => {
      const most = 1000 * 2 ** index;
      assert(ms >= most / 2 && ms <= most + 10, waits.join());
    });
    assertEquals(fake.requests.filter(({ path }) => path.endsWith("fig.txt")).length, 4);
  }));

Deno.test("customSink() gives up after its attempts, and says until when the output exists", () =>
  inWorld({ "acme/two": making(FIG, PLUM) }, async ({ client }) => {
    const { files, put } = shelf();
    let calls = 0;
    const sink = customSink((file) => {
      if (file.index === 1) return put(file);
      calls++;
      throw new Error("the store is down");
    }, { attempts: 3 });
    const input = { prompt: "a secret" };
    const error = await assertRejects(
      () => client.run("acme/two", { input, sink }),
      SinkError,
    );
    const { id, completed_at, output } = error.prediction;
    const until = new Date(Date.parse(completed_at!) + 3_600_000);
    assertEquals(calls, 3);
    assertEquals(
      error.message,
      `Cannot keep fig.txt of prediction ${id}: the store is down; the output is at Replicate until ` +
        until.toISOString(),
    );
    assert(error instanceof ReplicateError);
    assertEquals([error.id, error.until, (output as string[]).length], [id, until, 2]);
    assertEquals(error.stored[0], null);
    assertEquals(error.stored[1]?.location, `${id}-1-plum.txt`);
    assertEquals(files.size, 1, "the other file was not kept");
    assert(!JSON.stringify(error).includes("secret") && !Deno.inspect(error).includes("secret"));
  }));

Deno.test("customSink() does not try again what is gone, and says so", () =>
  inWorld({ "acme/a": making(FIG) }, async ({ client, fake, elapsed }) => {
    fake.fault({ match: { path: /fig\.txt$/ }, status: 404 });
    const before = elapsed();
    const sink = customSink(shelf().put);
    const error = await assertRejects(() => client.run("acme/a", { input: {}, sink }), SinkError);
    assert(error.message.includes("it is gone") && !error.message.includes("until"), error.message);
    assertEquals(error.until, undefined);
    assert(elapsed() - before < 500);
  }));

Deno.test("customSink() refuses a sink that does not read the file, or gives no place", () =>
  inWorld({ "acme/a": making(FIG) }, async ({ client }) => {
    const lazy = customSink(() => "here");
    await assertRejects(
      () => client.run("acme/a", { input: {}, sink: lazy }),
      SinkError,
      "the sink took 0 of its 5 bytes; read the stream to its end",
    );
    const silent = customSink(
      (async ({ stream }: SinkFile) => {
        await new Response(stream).text();
      }) as never,
    );
    await assertRejects(
      () => client.run("acme/a", { input: {}, sink: silent }),
      SinkError,
      "the sink gave no place",
    );
  }));

Deno.test("customSink() aborts the signal of an attempt that has failed, and of no other", () =>
  inWorld({ "acme/a": making(FIG) }, async ({ client }) => {
    const signals: AbortSignal[] = [];
    const { put } = shelf();
    const sink = customSink((file) => {
      if (signals.push(file.signal) === 1) throw new Error("busy");
      return put(file);
    });
    await client.run("acme/a", { input: {}, sink });
    assertEquals(signals.map(({ aborted }) => aborted), [true, false]);
  }));

Deno.test("customSink() cuts off a store that does not move, and tries again", () =>
  inWorld({ "acme/a": making(FIG) }, async ({ client, elapsed }) => {
    const reasons: unknown[] = [];
    const { put } = shelf();
    const sink = customSink((file) => {
      if (reasons.length > 0) return put(file);
      return new Promise((_, reject) => {
        file.signal.addEventListener("abort", () => {
          reasons.push(file.signal.reason);
          reject(file.signal.reason);
        });
      });
    }, { timeout: "20s" });
    await client.run("acme/a", { input: {}, sink });
    assertEquals((reasons[0] as Error).name, "TimeoutError");
    assert(elapsed() >= 20_000 && elapsed() < 23_000, `${elapsed()}`);
  }));

Deno.test("run() with a sink rejects with the reason of its signal, and cancels nothing that has ended", () =>
  inWorld({ "acme/a": making(FIG) }, async ({ client, requests, timers }) => {
    const controller = new AbortController();
    const left: unknown[] = [];
    const sink = customSink(({ signal }) => {
      signal.addEventListener("abort", () => left.push(signal.reason));
      controller.abort("gone");
      return new Promise(() => {});
    });
    const { signal } = controller;
    const reason = await client.run("acme/a", { input: {}, sink, signal }).catch((it) => it);
    assertEquals([reason, left], ["gone", ["gone"]]);
    assert(!requests().some((it) => it.endsWith("/cancel")));
    assertEquals(timers(), 0);
  }));

Deno.test("run() keeps an output whatever its timeout was, as it is paid for", () =>
  inWorld({ "acme/a": making(FIG) }, async ({ client, elapsed }) => {
    const { put } = shelf();
    const sink = customSink(async (file) => {
      await new Promise((resolve) => setTimeout(resolve, 30_000));
      return await put(file);
    });
    await client.run("acme/a", { input: {}, sink, timeout: "10s" });
    assert(elapsed() >= 30_000);
  }));

Deno.test("run() with a sink does not run again a model whose files could not be kept", () =>
  inWorld({ "acme/a": making(FIG) }, async ({ client, fake }) => {
    const sink = customSink(() => Promise.reject(new Error("full")), { attempts: 1 });
    const rerun = { attempts: 3, on: ["model" as const] };
    await assertRejects(() => client.run("acme/a", { input: {}, sink, rerun }), SinkError, "full");
    assertEquals(fake.predictions.size, 1);
  }));

Deno.test("run() keeps a file whose server does not tell its size", () =>
  inWorld({ "acme/a": making("https://files.example/fig.txt") }, async ({ client, fake }) => {
    let downloads = 0;
    const other = client.with({
      fetch: async (url, init) => {
        if (!String(url).includes("files.example")) return await fake.fetch(url, init);
        downloads++;
        return new Response(new Blob(["a fig"]).stream());
      },
    });
    const sizes: number[] = [];
    const { put } = shelf();
    const sink = customSink((file) => (sizes.push(file.size), put(file)));
    const { stored } = await other.run("acme/a", { input: {}, sink }).file();
    assertEquals([sizes, stored?.size, downloads], [[5], 5, 2]);
    assertEquals(stored?.sha256, await sha256Of("a fig"));
  }));

Deno.test('use() and traced() hand a sink on, and settle: "output" keeps what is there', () =>
  inWorld({ "acme/a": making(FIG) }, async ({ client }) => {
    const { files, put } = shelf();
    const sink = customSink(put);
    const paint = client.use("acme/a", { sink });
    const paths = [await paint({}).json()];
    const tracer = trace.getTracer("test");
    paths.push(await traced(client, { tracer }).run("acme/a", { input: {}, sink }).json());
    paths.push(await client.run("acme/a", { input: {}, sink, settle: "output" }).json());
    assertEquals([...files.keys()], paths);
  }));

Deno.test("run() keeps a file that is a data: URL", () =>
  inWorld({ "acme/a": making("data:text/plain;base64,YSBmaWc=") }, async ({ client }) => {
    const { files, put } = shelf();
    const { stored } = await client.run("acme/a", { input: {}, sink: customSink(put) }).file();
    assertEquals(files.get(stored!.location), "a fig");
    assert(stored!.location.endsWith("-0-file.txt"), stored!.location);
  }));

Deno.test("run() refuses what is no sink before any request", () =>
  inWorld({ "acme/a": making(FIG) }, async ({ client, requests, fake }) => {
    for (const sink of [() => "here", {}, null, "out"]) {
      await assertRejects(
        () => client.run("acme/a", { input: {}, sink: sink as never }),
        TypeError,
        "Cannot use this as sink: make one with @x/replicate/sinks",
      );
    }
    const send = createSend({ auth: "r8_test", fetch: fake.fetch });
    await assertRejects(
      () => run(send, "acme/a", { input: {}, sink: customSink(shelf().put) }),
      TypeError,
      "fileCodec",
    );
    assertEquals(requests(), []);
  }));

Deno.test("customSink() refuses a missing function and unknown options", () => {
  assertThrows(() => customSink(undefined as never), TypeError, "give a function");
  const put = shelf().put;
  assertThrows(() => customSink(put, { attempt: 2 } as never), TypeError, "did you mean attempts?");
  assertThrows(() => customSink(put, { attempts: 0 }), RangeError, "attempts");
  assertThrows(() => customSink(put, { timeout: "soon" as never }), RangeError, "timeout");
  assertThrows(() => customSink(put, null as never), TypeError, "options");
});

Deno.test("start() and stream() have no sink, and refuse one", () =>
  inWorld({ "acme/a": taking(0) }, async ({ client }) => {
    const options = { input: {}, sink: customSink(shelf().put) } as never;
    await assertRejects(
      () => client.start("acme/a", options),
      TypeError,
      "there is no option sink",
    );
  }));
