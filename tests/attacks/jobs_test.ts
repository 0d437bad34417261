/** Issue numbers 13.3, 13.5, 13.8 and 13.11, the jobs: what a stranger saved, and what a model sends. */

import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { ApiError, Client, type Prediction, PredictionError } from "../../mod.ts";
import type { Fetch } from "../../src/http/options.ts";
import { RecentIds } from "../../src/run/recent_ids.ts";
import { FakeReplicate } from "../../src/testing/mod.ts";
import { rejection } from "../rejection.ts";
import { inWorld, taking, yielding } from "../run/world.ts";

const EVIL = "http://169.254.169.254/latest/meta-data";

Deno.test("13.3 a saved job is believed for its id and kind only, in each way that takes one", async () => {
  await using fake = new FakeReplicate({ models: { "acme/x": yielding(["true"]) } });
  const urls: string[] = [];
  const fetch: Fetch = (input, init) => {
    urls.push(String(input));
    return fake.fetch(input, init);
  };
  const client = new Client({ auth: "r8_test", fetch });
  const { id } = await client.predictions.create({ model: "acme/x", input: {} });
  const forged = {
    id,
    model: "acme/x",
    version: "hidden",
    status: "succeeded",
    output: "forged",
    input: {},
    logs: "",
    created_at: "2026-01-01T00:00:00Z",
    urls: { get: EVIL, cancel: EVIL, stream: EVIL },
  } as const;
  const saved = JSON.stringify(forged);
  assertEquals(await (await client.resume(saved)).output(), ["true"]);
  assertEquals(await (await client.resume(forged)).output(), ["true"]);
  assertEquals((await client.wait(saved)).output, ["true"]);
  assertEquals((await client.wait<Prediction>(forged)).output, ["true"]);
  assertEquals(await Array.fromAsync(client.stream(forged).text()), ["true"]);
  assertEquals(urls.filter((url) => url.startsWith("http://")), []);
});

Deno.test("13.3 a saved job of another kind, or with an id that leads elsewhere, is refused", async () => {
  await inWorld({ "acme/x": taking(0) }, async ({ client, requests }) => {
    const saved = [
      { id: "abc", kind: "account" },
      { id: "abc", kind: "../webhooks/default" },
      { id: "../account" },
      { id: "a/../../account", kind: "trainings" },
      { id: 5 },
      { kind: "predictions" },
    ];
    for (const job of saved) {
      const text = JSON.stringify(job);
      for (const way of [() => client.resume(text), () => client.wait(text)]) {
        const error = await rejection(way() as Promise<unknown>);
        assertInstanceOf(error, TypeError, JSON.stringify(job));
      }
    }
    assertEquals(requests(), []);
  });
});

Deno.test("13.5 no message quotes an input: a canceled job, a missing ref, a key that is no text", async () => {
  const run = async (
    _: unknown,
    job: { log(text: string): void; sleep(ms: number): Promise<void> },
  ) => {
    job.log("Using prompt: a secret fig");
    await job.sleep(60_000);
  };
  await inWorld({ "acme/x": { official: true, run } }, async ({ client }) => {
    const input = { prompt: "a secret fig" };
    const job = await client.start("acme/x", { input });
    setTimeout(() => void job.cancel(), 5000);
    const canceled = await rejection(job.output());
    assertInstanceOf(canceled, PredictionError);
    const errors = [
      canceled,
      await rejection(client.run({ input } as never, {} as never)),
      await rejection(client.run("acme/x", input as never)),
      await rejection(
        client.batch("acme/x", [input], { dedupe: true, key: () => input as never })
          .then(([result]) => Promise.reject(result?.status === "rejected" && result.reason)),
      ),
    ];
    for (const error of errors) {
      assert(
        !`${error.message}${error.stack}${JSON.stringify(error)}`.includes("fig"),
        error.message,
      );
    }
  });
});

Deno.test("13.11 the message of a PredictionError is bounded, whatever the model logs or throws", async () => {
  const huge = "x".repeat(20_000_000);
  const models = {
    "acme/logs": {
      official: true,
      run: (_: unknown, job: { log(text: string): void }) => {
        job.log(huge);
        throw new Error("");
      },
    },
    "acme/error": {
      official: true,
      run: () => {
        throw new Error(huge);
      },
    },
  };
  await inWorld(models, async ({ client }) => {
    for (const ref of ["acme/logs", "acme/error"] as const) {
      const error = await rejection(client.run(ref, { input: {}, wait: false }));
      assertInstanceOf(error, PredictionError);
      assert(error.message.length < 3000, `${ref}: ${error.message.length}`);
    }
  });
});

Deno.test("13.11 an output that is nested too deeply is not lost", async () => {
  const deep = "[".repeat(50_000) + "]".repeat(50_000);
  const prediction =
    `{"id":"abc","model":"acme/x","status":"succeeded","output":${deep},"urls":{}}`;
  const fetch: Fetch = () => Promise.resolve(new Response(prediction, { status: 201 }));
  const client = new Client({ auth: "r8_test", fetch });
  const output = await client.run("acme/x", { input: {} });
  let levels = 0;
  for (let at: unknown = output; Array.isArray(at); at = at[0]) levels++;
  assertEquals(levels, 50_000);
});

Deno.test("13.11 the ids of a stream that are kept do not grow with its length", () => {
  const ids = new RecentIds();
  for (let n = 0; n < 100_000; n++) assertEquals(ids.add(`${n}:0`), true);
  assertEquals(ids.add("99999:0"), false);
  assertEquals([ids.has("0:0"), ids.has("95000:0")], [false, true]);
});

Deno.test("13.8 a batch refuses an input of many levels with a message, and in linear time", async () => {
  await inWorld({ "acme/x": taking(0) }, async ({ client, requests }) => {
    let input: object = { end: true };
    for (let level = 0; level < 3000; level++) input = { a: input };
    const [result] = await client.batch("acme/x", [input], { dedupe: true });
    assert(result?.status === "rejected");
    assertInstanceOf(result.reason, TypeError);
    assert(/levels/.test(result.reason.message), result.reason.message);
    assertEquals(requests(), []);
  });
});

/** The answer of a server of somebody's whose account is empty, and the errors that its owner hears of. */
async function answerOfEmptyAccount(
  format: { showErrors?: boolean } = {},
): Promise<{ text: string; heard: unknown[] }> {
  const title = "Insufficient credit on account acme-corp at 10.0.0.7";
  const fetch: Fetch = () =>
    Promise.resolve(Response.json({ title, status: 402 }, { status: 402 }));
  const client = new Client({ auth: "r8_test", fetch });
  const heard: unknown[] = [];
  const onError = (error: unknown) => heard.push(error);
  const stream = client.stream("acme/x", { input: {} });
  const text = await stream.toResponse({ ...format, onError }).text();
  return { text, heard };
}

Deno.test("13.17 toResponse() tells visitors nothing about the account, and its owner all", async () => {
  const { text, heard } = await answerOfEmptyAccount();
  assertEquals(
    text.replace(": hi\n\n", ""),
    'event: error\ndata: {"detail":"the stream broke off"}\n\n' +
      'event: done\ndata: {"reason":"error"}\n\n',
  );
  assertEquals(heard.length, 1);
  assertInstanceOf(heard[0], ApiError);
  assert(heard[0].message.includes("acme-corp"));
});

Deno.test("13.17 toResponse({ showErrors: true }) tells visitors why, as its owner has asked for", async () => {
  const { text, heard } = await answerOfEmptyAccount({ showErrors: true });
  assert(text.includes("acme-corp"), text);
  assertEquals(heard, []);
});

Deno.test("13.17 toResponse() tells visitors the reason that the model itself gives", async () => {
  await inWorld({ "acme/x": yielding([new Error("no such style")]) }, async ({ client }) => {
    const heard: unknown[] = [];
    const onError = (error: unknown) => heard.push(error);
    const text = await client.stream("acme/x", { input: {} }).toResponse({ onError }).text();
    assert(text.includes('{"detail":"no such style"}'), text);
    assertEquals(heard.map((error) => error instanceof PredictionError), [true]);
  });
});

Deno.test("13.17 toResponse() says nothing of an abort by the owner's own signal", async () => {
  await inWorld({ "acme/x": yielding(["a"], 20_000) }, async ({ client }) => {
    const heard: unknown[] = [];
    const controller = new AbortController();
    const { signal } = controller;
    const stream = client.stream("acme/x", { input: {}, signal });
    setTimeout(() => controller.abort(new Error("10.0.0.7 goes down")), 500);
    const text = await stream.toResponse({ onError: (error) => heard.push(error) }).text();
    assert(!text.includes("10.0.0.7"), text);
    assert(text.endsWith('event: done\ndata: {"reason":"error"}\n\n'), text);
    assertEquals(heard, []);
  });
});

Deno.test("13.17 toResponse({ as: 'text' }) breaks off on an error, of which its owner hears", async () => {
  await inWorld({ "acme/x": yielding(["a", new Error("no such style")]) }, async ({ client }) => {
    const heard: unknown[] = [];
    const onError = (error: unknown) => heard.push(error);
    const response = client.stream("acme/x", { input: {} }).toResponse({ as: "text", onError });
    const error = await rejection(response.text());
    assertEquals(heard, [error]);
  });
});

Deno.test("13.17 toResponse() says nothing to its owner when the visitor leaves", async () => {
  await inWorld({ "acme/x": yielding(["a"], 20_000) }, async ({ client }) => {
    const heard: unknown[] = [];
    const onError = (error: unknown) => heard.push(error);
    const { body } = client.stream("acme/x", { input: {} }).toResponse({ onError });
    const reader = body!.getReader();
    await reader.read();
    const rest = reader.read();
    await new Promise((resolve) => setTimeout(resolve, 500));
    await reader.cancel();
    await rest;
    assertEquals(heard, []);
  });
});

Deno.test("14.8 toResponse() refuses an option that does not exist, and a form that is none", async () => {
  await inWorld({ "acme/x": yielding(["a"]) }, ({ client }) => {
    const stream = () => client.stream("acme/x", { input: {} });
    const wrong = { hartbeat: "5s" } as object;
    assertThrows(() => stream().toResponse(wrong), TypeError, "did you mean heartbeat?");
    assertThrows(() => stream().toReadableStream({ as: "json" as "text" }), TypeError, '"text"');
    return Promise.resolve();
  });
});
