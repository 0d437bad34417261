import { assertEquals, assertMatch } from "@std/assert";
import {
  type FakeJob,
  type FakeModel,
  FakeReplicate,
  withFakeTime,
} from "../../src/testing/mod.ts";
import { ask, create } from "./helpers.ts";

const poet: FakeModel = {
  async *run(_: unknown, job: FakeJob): AsyncGenerator<string> {
    for (const word of ["Rain", " taps", ".\n\nSoft"]) {
      await job.sleep(600);
      yield word;
    }
  },
};

async function streamOf(fake: FakeReplicate, model: string): Promise<string> {
  return String((await create(fake, model)).json.urls.stream);
}

async function read(fake: FakeReplicate, url: string, lastId?: string): Promise<string> {
  const headers = new Headers({ accept: "text/event-stream" });
  if (lastId !== undefined) headers.set("last-event-id", lastId);
  const response = await fake.fetch(url, { headers });
  assertMatch(response.headers.get("content-type") ?? "", /^text\/event-stream\b/);
  return await response.text();
}

Deno.test("a stream begins with a comment and sends events as the output comes", async () => {
  await withFakeTime(async (time) => {
    await using fake = new FakeReplicate({ models: { "acme/poet": poet } });
    const text = await read(fake, await streamOf(fake, "acme/poet"));
    assertEquals(
      text,
      ": hi\n\n" +
        "event: output\nid: 0:0\ndata: Rain\n\n" +
        "event: output\nid: 1:0\ndata:  taps\n\n" +
        "event: output\nid: 1:1\ndata: .\ndata:\ndata: Soft\n\n" +
        "event: done\nid: 1:2\ndata: {}\n\n",
    );
    assertEquals([time.elapsed(), time.timers], [1_800, 0]);
  }, { start: 0 });
});

Deno.test("a stream can be taken up after an event, during the run and after it", async () => {
  await withFakeTime(async () => {
    await using fake = new FakeReplicate({ models: { "acme/poet": poet } });
    const url = await streamOf(fake, "acme/poet");
    const all = await read(fake, url);
    const rest = all.slice(all.indexOf("event: output\nid: 1:1"));
    assertEquals(await read(fake, url, "1:0"), `: hi\n\n${rest}`);
    assertEquals(await read(fake, url, "unknown"), all);
    assertEquals(await read(fake, url), all);
  }, { start: 0 });
});

Deno.test("a stream tells how the prediction has ended", async () => {
  await withFakeTime(async (time) => {
    await using fake = new FakeReplicate({
      models: {
        "acme/broken": {
          async *run(): AsyncGenerator<string> {
            yield "so far";
            throw new Error("model exploded");
          },
        },
        "acme/poet": poet,
      },
    });
    const failed = await read(fake, await streamOf(fake, "acme/broken"));
    assertEquals(
      failed.split("\n").filter((line) => /^(event|data)/.test(line)),
      [
        "event: output",
        "data: so far",
        "event: error",
        'data: {"detail":"model exploded"}',
        "event: done",
        'data: {"reason":"error"}',
      ],
    );
    const { urls } = (await create(fake, "acme/poet")).json;
    const text = read(fake, String(urls.stream));
    await time.tick(700);
    await ask(fake, "POST", new URL(urls.cancel).pathname.slice(3));
    assertMatch(await text, /data: Rain\n\nevent: done\nid: .*\ndata: {"reason":"canceled"}\n\n$/);
  });
});

Deno.test("a silent stream is cut after half a minute, and any that is left stops at once", async () => {
  await withFakeTime(async (time) => {
    const slow: FakeModel = { ...poet, boot: 40_000 };
    await using fake = new FakeReplicate({ models: { "acme/slow": slow } });
    const url = await streamOf(fake, "acme/slow");
    assertEquals(await read(fake, url), ": hi\n\n:408: 408 Request Timeout\n\n");
    assertEquals(time.elapsed(), 30_000);
    const { body } = await fake.fetch(url);
    const reader = body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await using patient = new FakeReplicate({ models: { "acme/slow": slow }, streamIdle: false });
    assertMatch(await read(patient, await streamOf(patient, "acme/slow")), /event: done/);
  });
});

Deno.test("a stream shows plain output, files and, if wanted, logs as events", async () => {
  await using fake = new FakeReplicate({
    models: {
      "acme/text": { run: () => "all at once" },
      "acme/list": { run: () => ["a", { b: 1 }] },
      "acme/files": { run: () => [new Blob(["x"], { type: "image/webp" })] },
      "acme/chatty": {
        streamLogs: true,
        run: (_, job) => {
          job.log("one\ntwo\n");
          return null;
        },
      },
      "acme/mute": { stream: false, run: () => 1 },
    },
  });
  const lines = async (model: string): Promise<string[]> => {
    const text = await read(fake, await streamOf(fake, model));
    return text.split("\n").filter((line) => line.startsWith("data: ") || line === "event: logs");
  };
  assertEquals(await lines("acme/text"), ["data: all at once", "data: {}"]);
  assertEquals(await lines("acme/list"), ["data: a", 'data: {"b":1}', "data: {}"]);
  const [file = ""] = await lines("acme/files");
  assertMatch(file, /^data: https:\/\/replicate\.delivery\/xezq\/\w+\/out-0\.webp$/);
  assertEquals((await lines("acme/chatty")).slice(0, 3), ["event: logs", "data: one", "data: two"]);
  assertEquals((await create(fake, "acme/mute")).json.urls.stream, undefined);
});
