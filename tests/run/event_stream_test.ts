import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { PredictionError, StreamError } from "../../src/run/errors.ts";
import type { RunEvent } from "../../src/run/run_event.ts";
import type { FakeOptions } from "../../src/testing/types.ts";
import { cancels, creates, inWorld, sleep, taking, yielding } from "./world.ts";
import { rejection } from "../rejection.ts";

const WORDS = ["Rain", " taps", ".\n\nSoft", " é☃", " end"];

const TEXT = WORDS.join("");

async function textOf(pieces: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const piece of pieces) text += piece;
  return text;
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const result: T[] = [];
  for await (const item of items) result.push(item);
  return result;
}

Deno.test("stream() yields the events as the official client does, done last", async () => {
  await inWorld({ "acme/x": yielding(["a", " b"]) }, async ({ client }) => {
    const events = await all(client.stream("acme/x", { input: {} }));
    assertEquals(events.map(({ event, data }) => [event, data]), [
      ["output", "a"],
      ["output", " b"],
      ["done", "{}"],
    ]);
    assert(events.every(({ id }) => /^\d+:\d+$/.test(id ?? "")), "each has the server's id");
  });
});

Deno.test("stream() sends nothing before it is read, and can be read once", async () => {
  await inWorld({ "acme/x": yielding(WORDS) }, async ({ client, requests }) => {
    const stream = client.stream("acme/x", { input: {} });
    await sleep(1000);
    assertEquals(requests(), []);
    assertEquals(await textOf(stream.text()), TEXT);
    await assertRejects(() => all(stream), TypeError, "twice");
  });
});

Deno.test("stream() sends no token and no header of ours to the stream's host", async () => {
  await inWorld({ "acme/x": yielding(WORDS) }, async ({ client, fake }) => {
    await textOf(client.stream("acme/x", { input: {} }).text());
    const [create, stream] = fake.requests;
    assertEquals(create?.headers.authorization, "[redacted]");
    assertEquals(stream?.path.startsWith("/streams/"), true);
    assertEquals(stream?.headers.accept, "text/event-stream");
    if (!stream?.url.startsWith("https://api.replicate.com")) {
      assertEquals(stream?.headers.authorization, undefined);
    }
  });
});

Deno.test("stream() of a model without a stream polls its growing output", async () => {
  await inWorld({ "acme/x": yielding(WORDS, 1000, { stream: false }) }, async ({ client }) => {
    const events = await all(client.stream("acme/x", { input: {} }));
    assertEquals(events.filter(({ event }) => event === "output").map(({ data }) => data), WORDS);
    assertEquals(events.at(-1), { event: "done", data: "{}" });
  });
});

Deno.test("stream() of a model with one output tells it as one event", async () => {
  for (const [output, data] of [["text", "text"], [{ a: 1 }, '{"a":1}']] as const) {
    await inWorld({ "acme/x": { ...taking(500, output), stream: false } }, async ({ client }) => {
      const events = await all(client.stream("acme/x", { input: {} }));
      assertEquals(events.map(({ event, data }) => [event, data]), [["output", data], [
        "done",
        "{}",
      ]]);
    });
  }
});

Deno.test("stream() takes a prediction or a job that exists, and does not own it", async () => {
  await inWorld({ "acme/x": yielding(WORDS, 1000) }, async ({ client, requests }) => {
    const prediction = await client.models.predictions.create("acme", "x", { input: {} });
    assertEquals(await textOf(client.stream(prediction).text()), TEXT);
    const job = await client.start("acme/x", { input: {} });
    for await (const _ of client.stream(job)) break;
    await sleep(100);
    assertEquals(cancels(requests()), 0);
    assertEquals(await job.output(), WORDS);
  });
});

Deno.test("stream() goes on after the idle cut of 30 s, without a gap or a double", async () => {
  await inWorld({ "acme/x": yielding(WORDS, 70_000) }, async ({ client, requests }) => {
    assertEquals(await textOf(client.stream("acme/x", { input: {} }).text()), TEXT);
    assert(requests().filter((request) => request.includes("/streams/")).length > 5);
  }, { client: { timeout: { idle: null } } });
});

Deno.test("stream() connects again when nothing comes for the client's own idle time", async () => {
  await inWorld({ "acme/x": yielding(WORDS, 20_000) }, async ({ client }) => {
    assertEquals(await textOf(client.stream("acme/x", { input: {} }).text()), TEXT);
  }, { client: { timeout: { idle: "5s" } }, fake: { streamIdle: false } });
});

Deno.test("stream() cut after any byte is complete and never doubled", async () => {
  let whole = 0;
  await inWorld({ "acme/x": yielding(WORDS, 0) }, async ({ client, fake }) => {
    await textOf(client.stream("acme/x", { input: {} }).text());
    const stream = fake.requests.find(({ path }) => path.startsWith("/streams/"))!;
    whole = (await (await fake.fetch(stream.url)).arrayBuffer()).byteLength;
  });
  assert(whole > 100);
  for (let cut = 0; cut <= whole; cut += 3) {
    const faults = [{ match: { path: /^\/streams\// }, cut }];
    await inWorld({ "acme/x": yielding(WORDS, 5) }, async ({ client }) => {
      assertEquals(
        await textOf(client.stream("acme/x", { input: {} }).text()),
        TEXT,
        `cut at ${cut}`,
      );
    }, { fake: { faults } });
  }
});

Deno.test("stream() whose stream cannot be had is completed from the prediction", async () => {
  const broken: NonNullable<FakeOptions["faults"]>[number][] = [
    { status: 404 },
    { status: 410 },
    { status: 500, times: 9 },
    { status: 429, retryAfter: 1, times: 9 },
    { contentType: "text/html" },
    { drop: "before", times: 9 },
  ];
  for (const fault of broken) {
    const faults = [{ match: { path: /^\/streams\// }, ...fault }];
    await inWorld({ "acme/x": yielding(WORDS, 300) }, async ({ client, requests }) => {
      assertEquals(await textOf(client.stream("acme/x", { input: {} }).text()), TEXT);
      assertEquals([creates(requests()), cancels(requests())], [1, 0]);
    }, { fake: { faults } });
  }
});

Deno.test("stream() waits out a 429 and a 503 of the stream", async () => {
  for (const status of [429, 503]) {
    const faults = [{ match: { path: /^\/streams\// }, status, retryAfter: 1 }];
    await inWorld({ "acme/x": yielding(WORDS, 300) }, async ({ client, requests }) => {
      assertEquals(await textOf(client.stream("acme/x", { input: {} }).text()), TEXT);
      assertEquals(requests().filter((request) => request.includes("/streams/")).length, 2);
    }, { fake: { faults } });
  }
});

Deno.test("stream() that was cut once and is then gone goes on from the prediction, exactly", async () => {
  const faults = [
    { match: { path: /^\/streams\// }, cut: 90 },
    { match: { path: /^\/streams\//, nth: 2 }, status: 404 },
  ];
  await inWorld({ "acme/x": yielding(WORDS, 300) }, async ({ client }) => {
    assertEquals(await textOf(client.stream("acme/x", { input: {} }).text()), TEXT);
  }, { fake: { faults } });
});

Deno.test("stream() of a job that fails delivers what came, then PredictionError", async () => {
  for (const stream of [true, false]) {
    const items = [...Array.from({ length: 100 }, (_, index) => `${index} `), new Error("boom")];
    await inWorld({ "acme/x": yielding(items, 1, { stream }) }, async ({ client, requests }) => {
      const seen: string[] = [];
      const error = await rejection((async () => {
        for await (const text of client.stream("acme/x", { input: {} }).text()) {
          seen.push(text);
          await sleep(10);
        }
      })());
      assertInstanceOf(error, PredictionError);
      assertEquals([error.prediction.status, cancels(requests())], ["failed", 0]);
      // A failed prediction has no output any more: polling has what it saw before the end.
      assertEquals(seen.join(" "), items.slice(0, stream ? 100 : seen.length).join(" "));
      assert(seen.length > 10);
    });
  }
});

Deno.test("stream() of a job that somebody cancels ends with PredictionError", async () => {
  await inWorld({ "acme/x": yielding(WORDS, 1000) }, async ({ client, fake }) => {
    setTimeout(() => client.predictions.cancel([...fake.predictions.keys()][0]!), 2500);
    const error = await rejection(textOf(client.stream("acme/x", { input: {} }).text()));
    assertInstanceOf(error, PredictionError);
    assertEquals(error.kind, "canceled");
  });
});

Deno.test("stream() that breaks, with a prediction that is gone, is a StreamError", async () => {
  const faults = [
    { match: { path: /^\/streams\// }, cut: 90 },
    { match: { method: "GET", path: /^\/predictions\// }, status: 404, times: 20 },
    { match: { method: "GET", path: /^\/trainings\// }, status: 404, times: 20 },
  ];
  await inWorld({ "acme/x": yielding(WORDS, 300) }, async ({ client }) => {
    const error = await rejection(textOf(client.stream("acme/x", { input: {} }).text()));
    assertInstanceOf(error, StreamError);
    assert(error.prediction !== undefined && error.lastEventId !== undefined);
    assert(error.message.includes("the prediction is gone"), error.message);
  }, { fake: { faults } });
});

Deno.test("stream() cancels once when its loop is left, in each of its forms", async () => {
  await inWorld({ "acme/x": yielding(WORDS, 1000) }, async ({ client, requests }) => {
    for await (const _ of client.stream("acme/x", { input: {} })) break;
    for await (const _ of client.stream("acme/x", { input: {} }).text()) break;
    const reader = client.stream("acme/x", { input: {} }).toReadableStream().getReader();
    // The greeting, and the first event.
    await reader.read();
    await reader.read();
    await reader.cancel();
    await sleep(1000);
    assertEquals([creates(requests()), cancels(requests())], [3, 3]);
  });
});

Deno.test("stream() rejects at once, and cancels once, when its signal aborts", async () => {
  for (const at of [500, 1500]) {
    await inWorld(
      { "acme/x": yielding(WORDS, 1000) },
      async ({ client, requests, elapsed, timers }) => {
        const controller = new AbortController();
        setTimeout(() => controller.abort("enough"), at);
        const stream = client.stream("acme/x", { input: {}, signal: controller.signal });
        assertEquals(await rejection<string>(textOf(stream.text())), "enough");
        assertEquals(elapsed(), at);
        await sleep(2000);
        assertEquals([cancels(requests()), timers()], [1, 0]);
      },
    );
  }
});

Deno.test("stream() sends nothing for a signal that has aborted", async () => {
  await inWorld({ "acme/x": yielding(WORDS) }, async ({ client, requests }) => {
    const stream = client.stream("acme/x", { input: {}, signal: AbortSignal.abort("early") });
    assertEquals(await rejection<string>(all(stream)), "early");
    assertEquals(requests(), []);
  });
});

Deno.test("stream() that is left before it is read sends nothing", async () => {
  await inWorld({ "acme/x": yielding(WORDS) }, async ({ client, requests, timers }) => {
    const stream = client.stream("acme/x", { input: {}, timeout: "1m" });
    await stream[Symbol.asyncDispose]();
    assertEquals((await rejection(all(stream))).name, "AbortError");
    assertEquals([requests(), timers()], [[], 0]);
  });
});

Deno.test("stream() ends by its timeout, and cancels", async () => {
  await inWorld({ "acme/x": yielding(WORDS, 60_000) }, async ({ client, requests, elapsed }) => {
    const stream = client.stream("acme/x", { input: {}, timeout: "10s" });
    const error = await rejection(all(stream));
    assertEquals([error.name, error.phase, elapsed()], ["TimeoutError", "deadline", 10_000]);
    await sleep(100);
    assertEquals(cancels(requests()), 1);
  }, { fake: { latency: 10 } });
});

Deno.test("stream().toResponse() streams events, and tells an error in one", async () => {
  const parse = (text: string) =>
    text.trim().split("\n\n").filter((block) => !block.startsWith(":"))
      .map((block) => block.split("\n"));
  await inWorld({ "acme/x": yielding(["a", "b\n\nc"]) }, async ({ client }) => {
    const response = client.stream("acme/x", { input: {} }).toResponse({ headers: { "x-a": "1" } });
    assertEquals([
      response.headers.get("content-type"),
      response.headers.get("cache-control"),
      response.headers.get("x-a"),
    ], ["text/event-stream; charset=utf-8", "no-store", "1"]);
    const blocks = parse(await response.text());
    assertEquals(blocks[1]?.filter((line) => !line.startsWith("id")), [
      "event: output",
      "data: b",
      "data: ",
      "data: c",
    ]);
  });
  await inWorld({ "acme/x": yielding(["a", new Error("boom")]) }, async ({ client }) => {
    const text = await client.stream("acme/x", { input: {} }).toResponse().text();
    assert(text.includes("event: error") && text.includes("boom"), text);
    assert(text.endsWith('event: done\ndata: {"reason":"error"}\n\n'), text);
  });
});

Deno.test("stream().toResponse({ as: 'text' }) streams text, and breaks off on an error", async () => {
  await inWorld({ "acme/x": yielding(WORDS) }, async ({ client }) => {
    const response = client.stream("acme/x", { input: {} }).toResponse({ as: "text" });
    assertEquals(response.headers.get("content-type"), "text/plain; charset=utf-8");
    assertEquals(await response.text(), TEXT);
  });
  await inWorld({ "acme/x": yielding(["a", new Error("boom")]) }, async ({ client }) => {
    const response = client.stream("acme/x", { input: {} }).toResponse({ as: "text" });
    await assertRejects(() => response.text(), PredictionError, "boom");
  });
});

Deno.test("stream().toResponse() whose client leaves while nothing comes cancels at once", async () => {
  await inWorld({ "acme/x": yielding(WORDS, 20_000) }, async ({ client, requests, elapsed }) => {
    const body = client.stream("acme/x", { input: {} }).toResponse().body!;
    const reader = body.getReader();
    const pending = reader.read();
    await sleep(1000);
    await reader.cancel();
    await pending.catch(() => {});
    await sleep(100);
    assertEquals([cancels(requests()), elapsed()], [1, 1100]);
  });
});

Deno.test("stream() pauses the server while its reader pauses", async () => {
  await inWorld({ "acme/x": yielding(WORDS, 100) }, async ({ client }) => {
    let pulled = 0;
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled++;
        controller.enqueue(
          new TextEncoder().encode(`event: output\nid: 1:${pulled}\ndata: ${"x".repeat(1000)}\n\n`),
        );
      },
    }, { highWaterMark: 0 });
    const { options } = client;
    const fetch = async (input: string | URL | Request, init?: RequestInit) =>
      String(input).includes("/streams/")
        ? new Response(stream, { headers: { "content-type": "text/event-stream" } })
        : await options.fetch!(input, init);
    const events = client.with({ fetch }).stream("acme/x", { input: {} })[Symbol.asyncIterator]();
    await events.next();
    await sleep(5000);
    assert(pulled < 10, `${pulled} chunks were taken while nobody read`);
    await events.return();
  });
});

Deno.test("stream() types its events as a union told apart by event", () => {
  const read = (event: RunEvent): string => {
    switch (event.event) {
      case "output":
      case "logs":
        return event.data;
      case "done":
        return "";
    }
  };
  assertEquals(read({ event: "output", data: "x" }), "x");
});

Deno.test("stream().toResponse() whose own signal aborts tells it, and ends", async () => {
  await inWorld({ "acme/x": yielding(WORDS, 20_000) }, async ({ client, requests, elapsed }) => {
    for (const as of ["events", "text"] as const) {
      const start = elapsed();
      const controller = new AbortController();
      const { signal } = controller;
      setTimeout(() => controller.abort(new Error("enough")), 500);
      const stream = client.stream("acme/x", { input: {}, signal });
      const response = stream.toResponse({ as, showErrors: true });
      const text = await response.text().catch((error) => error.message);
      assert(text.includes("enough"), text);
      assertEquals(elapsed() - start, 500);
    }
    await sleep(100);
    assertEquals([creates(requests()), cancels(requests())], [2, 2]);
  });
});

Deno.test("stream() of a job is left at once by its own signal, or its reader, and the job goes on", async () => {
  await inWorld({ "acme/x": yielding(WORDS, 20_000) }, async ({ client, requests, elapsed }) => {
    const job = await client.start("acme/x", { input: {} });
    const controller = new AbortController();
    setTimeout(() => controller.abort("enough"), 1500);
    const { signal } = controller;
    assertEquals(await rejection<string>(all(client.stream(job, { signal }))), "enough");
    assertEquals(elapsed(), 1500);

    const reader = client.stream(job).toReadableStream().getReader();
    const pending = reader.read();
    await sleep(500);
    await reader.cancel();
    await pending;
    assertEquals([elapsed(), cancels(requests())], [2000, 0]);
    assertEquals(await job.output(), WORDS);
  });
});

Deno.test("stream() of a job without an event stream is left at once by its own signal, too", async () => {
  const model = yielding(WORDS, 60_000, { stream: false });
  await inWorld({ "acme/x": model }, async ({ client, requests, elapsed }) => {
    const job = await client.start("acme/x", { input: {} });
    const controller = new AbortController();
    setTimeout(() => controller.abort("enough"), 30_500);
    const { signal } = controller;
    assertEquals(await rejection<string>(all(client.stream(job, { signal }))), "enough");
    assertEquals([elapsed(), cancels(requests())], [30_500, 0]);
    assertEquals(await job.output(), WORDS);
  });
});

Deno.test("stream() of a job ends by the deadline of the job", async () => {
  await inWorld({ "acme/x": yielding(WORDS, 60_000) }, async ({ client, elapsed }) => {
    const job = await client.start("acme/x", { input: {}, timeout: "10s" });
    const error = await rejection(all(client.stream(job)));
    assertEquals([error.name, error.phase, elapsed()], ["TimeoutError", "deadline", 10_000]);
  }, { fake: { latency: 10 } });
});
