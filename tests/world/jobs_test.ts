/** Issue 14, the numbers that concern jobs. */

import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import {
  ApiError,
  type BatchStore,
  Client,
  costMeter,
  parseProgressFromLogs,
  PredictionError,
  type RunEvent,
  TimeoutError,
} from "../../mod.ts";
import type { Fetch } from "../../src/http/options.ts";
import { deadlineIn, Lease } from "../../src/run/lease.ts";
import { FakeReplicate, systemClock, withFakeTime } from "../../src/testing/mod.ts";
import { rejection } from "../rejection.ts";
import { creates, inWorld, sleep, taking, yielding } from "../run/world.ts";

const CREATE = /\/predictions$/;

/** A process whose own clock is wrong: the server's is right, and says so. */
function processOf(fake: FakeReplicate, more: { lose?: boolean } = {}): Client {
  const fetch: Fetch = async (input, init) => {
    const response = await fake.fetch(input, init);
    if (more.lose && init?.method === "POST" && CREATE.test(String(input))) {
      return await new Promise<never>(() => {});
    }
    const headers = new Headers(response.headers);
    headers.set("date", new Date(fake.clock.now()).toUTCString());
    return new Response(response.body, { status: response.status, headers });
  };
  return new Client({ auth: "r8_test", fetch });
}

Deno.test("14.2 a batch that crashed after a create finds it again, whosever clock is off", async () => {
  const minute = 60_000;
  for (const [first, second] of [[0, 10], [10, 0], [-10, 0], [10, 10], [60, -60]] as const) {
    for (const warm of [false, true]) {
      await withFakeTime(async () => {
        const right = Date.now;
        const clock = { ...systemClock, now: () => right() };
        await using fake = new FakeReplicate({ models: { "acme/x": taking(1000) }, clock });
        const kept = new Map<string, unknown>();
        const dying: BatchStore = {
          get: (key) => kept.get(key),
          set: (key, value) => kept.size === 0 && kept.set(key, value),
          delete: () => {},
        };
        try {
          Date.now = () => right() + first * minute;
          const one = processOf(fake, { lose: true });
          if (warm) await one.account.get();
          const controller = new AbortController();
          const { signal } = controller;
          const work = Array.fromAsync(one.batch("acme/x", [{ n: 1 }], { store: dying, signal }));
          await Promise.race([work.catch(() => {}), sleep(1000)]);
          assertEquals([fake.predictions.size, kept.size], [1, 1]);
          Date.now = () => right() + second * minute;
          const two = processOf(fake);
          const [result] = await two.batch("acme/x", [{ n: 1 }], { store: kept });
          const name = `${first} and ${second} minutes off, ${warm ? "warm" : "cold"}`;
          assertEquals([result?.status, fake.predictions.size], ["fulfilled", 1], name);
          controller.abort();
        } finally {
          Date.now = right;
        }
      });
    }
  }
});

Deno.test("14.8 an option that there is not is refused before anything is sent", async () => {
  await inWorld({ "acme/x": taking(0) }, async ({ client, requests }) => {
    const input = { prompt: "a secret fig" };
    const calls: [call: () => unknown, hint: string][] = [
      [
        () => client.run("acme/x", { input, num_outputs: 2 } as never),
        "num_outputs belongs into input",
      ],
      [() => client.run("acme/x", { input, prompt: "x" } as never), "prompt belongs into input"],
      [() => client.run("acme/x", { input, onprogress() {} } as never), "did you mean onProgress?"],
      [
        () => client.run("acme/x", { input, webhook_event_filter: [] } as never),
        "webhook_events_filter?",
      ],
      [() => client.run("acme/x", { input, useFileOutput: false } as never), "String(file)"],
      [
        () => client.run("acme/x", { input, fileEncodingStrategy: "upload" } as never),
        "fileEncoding",
      ],
      [() => client.run("acme/x", { input, settle: "outputs" } as never), 'give "end" or "output"'],
      [() => client.run("acme/x", { input, wait: { mode: "blok" } } as never), '"block" or "poll"'],
      [() => client.run("acme/x", { input, wait: { mode: "poll", every: 5 } } as never), "every"],
      [
        () => client.run("acme/x", { input, rerun: { attempts: 2 } } as never),
        "rerun.on: give a list",
      ],
      [
        () => client.run("acme/x", { input, rerun: { attempts: 2, on: "memory" } } as never),
        "rerun.on: give a list",
      ],
      [
        () => client.run("acme/x", { input, rerun: { attempts: 2, on: ["oom"] } } as never),
        '"memory"',
      ],
      [
        () => client.run("acme/x", { input, rerun: { attempts: 2, on: [], when: 1 } } as never),
        "when",
      ],
      [() => client.run("acme/x", { input, onProgress: 5 } as never), "give a function"],
      [() => client.run("acme/x", { input, onUpload: 5 } as never), "function"],
      [() => client.run("acme/x", { input, fileEncoding: "base64" } as never), "base64"],
      [() => client.run("acme/x", { input, webhook_events_filter: "completed" } as never), "list"],
      [
        () => client.run("acme/x", { input, webhook_events_filter: ["done"] } as never),
        '"completed"',
      ],
      [() => client.run("acme/x", { input, onLostCreate: "retry" } as never), '"adopt"'],
      [() => client.start("acme/x", { input, wait: true } as never), "wait"],
      [() => client.start("acme/x", { input, settle: "end" } as never), "settle"],
      [() => Array.fromAsync(client.stream("acme/x", { input, tempo: 1 } as never)), "tempo"],
      [
        () => Array.fromAsync(client.stream({ id: "abc" } as never, { tempo: 1 } as never)),
        "tempo",
      ],
      [() => client.batch("acme/x", [input], { parallel: 3 } as never), "parallel"],
      [
        () => client.batch("acme/x", [input], { onInputsError: "stop" } as never),
        '"finish" or "cancel"',
      ],
      [() => client.batch("acme/x", [input], { ordered: "yes" } as never), "true or false"],
      [() => client.batch("acme/x", [input], { settle: "output" } as never), "settle"],
      [() => client.batch("acme/x", [input], { meter: {} } as never), "costMeter()"],
      [() => client.run("acme/x", { input, meter: {} } as never), "costMeter()"],
      [() => client.run("acme/x", { input, tag: 5 } as never), "tag: give text"],
      [() => client.batch("acme/x", [input], { tag: 5 } as never), "tag: give text"],
      [() => client.with({ meter: {} } as never), "costMeter()"],
      [() => client.use("acme/x", { seed: 5 } as never), "seed belongs into input"],
      [() => client.use("no ref"), "owner/name"],
      [() => client.wait("abc", { timeout: 5 } as never), "maxWait"],
      [() => client.wait("abc", { every: 5 } as never), "every"],
      [() => client.resume("abc", undefined, { maxWait: 5 } as never), "maxWait"],
      [() => client.paginate(client.predictions.list, { size: 5 } as never), "size"],
      [() => client.paginate(client.predictions.list() as never), "give the function"],
      [() => costMeter({ prices: {}, limit: 5 } as never), "limit"],
      [() => costMeter({ prices: { models: { "a/b": { perHour: 2 } } } } as never), "perHour"],
      [
        () => client.predictions.create({ version: "a".repeat(64), input, seed: 1 } as never),
        "seed belongs into input",
      ],
      [
        () => client.models.predictions.create("acme", "x", { input, stream: true } as never),
        "urls.stream",
      ],
      [
        () => client.deployments.predictions.create("acme", "x", { input, seed: 1 } as never),
        "seed belongs",
      ],
      [
        () =>
          client.predictions.create({ version: "a".repeat(64), model: "acme/x", input } as never),
        "one of them",
      ],
    ];
    for (const [call, hint] of calls) {
      const error = await rejection(Promise.resolve().then(async () => await call()));
      assert(error instanceof TypeError && error.message.includes(hint), `${hint}: ${error}`);
      assert(!error.message.includes("fig"), error.message);
    }
    assertEquals(requests(), []);
  });
});

Deno.test("14.8 a create with a wrong option uploads no file", async () => {
  await inWorld({ "acme/x": taking(0) }, async ({ client, requests }) => {
    const input = { image: new Blob(["pixels"]) };
    for (const wrong of [{ seed: 1 }, { wait: -1 }, { retry: { max: 1 } }, { webhook: "x" }]) {
      const options = { model: "acme/x", input, ...wrong } as never;
      await rejection(client.predictions.create(options));
      await rejection(client.run("acme/x", { input, ...wrong } as never));
    }
    assertEquals(requests(), []);
  });
});

Deno.test("14.10 an awaited batch gives all results in the order of its inputs, and an awaited stream says what to do", async () => {
  const run = async (
    { ms, n }: Record<string, unknown>,
    job: { sleep(ms: number): Promise<void> },
  ) => {
    await job.sleep(Number(ms));
    return n;
  };
  await inWorld({ "acme/x": { official: true, run } }, async ({ client, requests }) => {
    const inputs = [{ n: 1, ms: 5000 }, { n: 2, ms: 1000 }];
    const results = await client.batch("acme/x", inputs);
    assertEquals(results.map((it) => it.status === "fulfilled" && it.value), [1, 2]);
    const named = await client.batch("acme/x", inputs).all();
    assertEquals(named.map(({ index }) => index), [0, 1]);
    const before = requests().length;
    const stream = client.stream("acme/x", { input: {} });
    const error = await rejection((async () => await stream)());
    assertInstanceOf(error, TypeError);
    assert(/for await/.test(error.message) && /\.text\(\)/.test(error.message));
    assertEquals(requests().length, before);
  });
});

Deno.test("14.12 String(event) of a stream is its output, as in the official client", async () => {
  await inWorld({ "acme/x": yielding(["a", "b"]) }, async ({ client }) => {
    let text = "";
    const events: RunEvent[] = [];
    for await (const event of client.stream("acme/x", { input: {} })) {
      text += `${event}`;
      events.push(event);
    }
    assertEquals(text, "ab");
    assertEquals(events.map(({ event }) => event), ["output", "output", "done"]);
    assertEquals(JSON.parse(JSON.stringify(events.at(-1))), { ...events.at(-1) });
    assertEquals(Object.keys({ ...events[0] }), ["event", "data", "id"]);
  });
});

Deno.test("14.12 wait() takes a stop function, run() takes wait: { interval }, and callbacks may return anything", async () => {
  await inWorld({ "acme/x": taking(60_000) }, async ({ client, elapsed }) => {
    const prediction = await client.predictions.create({ model: "acme/x", input: {} });
    let asked = 0;
    const stopped = await client.wait(prediction, {}, () => ++asked > 0);
    assertEquals([stopped.status === "succeeded", asked], [false, 1]);
    const seen: unknown[] = [];
    const from = elapsed();
    const output = await client.run(
      "acme/x",
      { input: {}, wait: { interval: 7000 } },
      (it) => seen.push(it),
    );
    assertEquals([output, elapsed() - from], ["done", 63_000]);
    assert(seen.length >= 2);
  });
});

Deno.test("14.12 predictions.create({ model }) goes by the model's own path", async () => {
  await inWorld({ "acme/x": taking(0) }, async ({ client, requests, fake }) => {
    await client.predictions.create({ model: "acme/x", input: { a: 1 } });
    assertEquals(requests(), ["POST /models/acme/x/predictions"]);
    assertEquals(fake.requests[0]?.body, { input: { a: 1 } });
    for (const model of ["x", "acme/x:abc", "a/b/c"]) {
      const error = await rejection(client.predictions.create({ model, input: {} }));
      assert(error instanceof TypeError && error.message.includes("owner/name"), error.message);
    }
  });
});

Deno.test("14.13 wait(), resume() and stream() tolerate a 404 on the first look at a fresh prediction", async () => {
  const faults = [{
    match: { method: "GET", path: /^\/predictions\/\w+$/ },
    status: 404,
    times: 3,
  }];
  for (const way of ["wait", "resume", "stream"] as const) {
    await inWorld({ "acme/x": yielding(["a"]) }, async ({ client }) => {
      const prediction = await client.predictions.create({ model: "acme/x", input: {} });
      if (way === "wait") assertEquals((await client.wait(prediction)).output, ["a"]);
      if (way === "resume") {
        assertEquals(await (await client.resume(prediction.id)).output(), ["a"]);
      }
      if (way === "stream") {
        assertEquals(await Array.fromAsync(client.stream(prediction).text()), ["a"]);
      }
    }, { fake: { faults } });
  }
});

Deno.test("14.15 an event too large for the parser is completed from the prediction", async () => {
  const large = "x".repeat(17 * 1024 * 1024);
  await inWorld({ "acme/x": yielding(["a", large, "b"]) }, async ({ client }) => {
    let length = 0;
    for await (const text of client.stream("acme/x", { input: {} }).text()) length += text.length;
    assertEquals(length, large.length + 2);
  });
});

Deno.test("14.16 a deadline beyond 24.8 days does not end a lease at once", async () => {
  await withFakeTime(async (time) => {
    const ms = 60 * 86_400_000;
    const lease = new Lease({ deadline: deadlineIn(ms, "timeout", () => "run acme/x: it") });
    for (let day = 0; day < 59; day++) await time.tick(86_400_000);
    assertEquals(lease.signal.aborted, false);
    await time.tick(86_400_001);
    assertInstanceOf(lease.signal.reason, TimeoutError);
    assertEquals(time.timers, 0);
  });
});

Deno.test("14.16 an interval beyond 24.8 days is not none", async () => {
  await inWorld({ "acme/x": taking(5000) }, async ({ client, requests }) => {
    const options = { input: {}, timeout: "1h", interval: "60d", wait: false } as const;
    assertInstanceOf(await rejection(client.run("acme/x", options)), TimeoutError);
    assertEquals(requests().length, 2);
  });
});

Deno.test("14.17 a progress line that is cut in the middle is no bar yet", () => {
  const whole = " 46%|####6     | 23/50 [00:11<00:13,  2.00it/s]";
  const before = " 44%|####4     | 22/50 [00:11<00:14,  2.00it/s]\n";
  for (let length = 1; length < whole.length; length++) {
    const cut = whole.slice(0, length);
    const progress = parseProgressFromLogs(before + cut);
    const { percentage, current, total } = progress ?? {};
    const known = [[0.44, 22, 50], [0.46, 23, 50], [0.46, null, null]].map(String);
    assert(known.includes(String([percentage, current, total])), `${cut}: ${percentage} ${total}`);
    if (progress?.percentage === 0.46) assert([undefined, 13_000].includes(progress.remainingMs));
  }
  assertEquals(parseProgressFromLogs(" 46%|####6     | 23/5"), null);
});

Deno.test("14.18 text() of a list of several files is refused and names files(), json() takes every list", async () => {
  const file = (name: string) => new File([name], `${name}.png`, { type: "image/png" });
  const models = {
    "acme/files": { official: true, run: () => [file("a"), file("b")] },
    "acme/one": { official: true, run: () => [file("a")] },
    "acme/words": { official: true, run: () => ["a fig", "a plum"] },
    "acme/numbers": { official: true, run: () => ["1", "2"] },
    "acme/objects": { official: true, run: () => [{ a: 1 }] },
    "acme/pieces": { official: true, run: () => ['{"a"', ":1}"] },
  };
  await inWorld(models, async ({ client }) => {
    const run = (ref: string) => client.run(ref, { input: {} });
    const error = await rejection(run("acme/files").text());
    assert(error.message.includes("files()"), error.message);
    assertEquals((await run("acme/files").files()).length, 2);
    assert((await run("acme/one").text()).startsWith("https://"));
    assertEquals(await run("acme/words").json(), ["a fig", "a plum"]);
    assertEquals(await run("acme/numbers").json(), ["1", "2"]);
    assertEquals(await run("acme/objects").json(), [{ a: 1 }]);
    assertEquals(await run("acme/pieces").json(), { a: 1 });
  });
});

Deno.test("14.20 a 404 says that a name is that of a deployment, and that a short id is none", async () => {
  const deployments = { "acme/dep": { model: "acme/own" } };
  await inWorld({ "acme/own": { run: () => 1 } }, async ({ client, requests }) => {
    const error = await rejection(client.run("acme/dep", { input: {} }));
    assertInstanceOf(error, ApiError);
    assert(error.message.includes('{ deployment: "acme/dep" }'), error.message);
    const none = await rejection(client.run("acme/nothing", { input: {} }));
    assert(
      none instanceof ApiError && none.status === 404 && !none.message.includes("deployment:"),
    );
    for (
      const call of [
        () => client.run("acme/own:5c7d5dc6", { input: {} }),
        () => client.predictions.create({ version: "5c7d5dc6", input: {} }),
      ]
    ) {
      const short = await rejection(call());
      assert(short.message.includes("64 hex digits"), short.message);
    }
    assert(creates(requests()) > 0);
    for (
      const [call, names] of [
        [() => client.models.get("acme/nothing"), "acme/own"],
        [() => client.run({ deployment: "acme/nothing" }, { input: {} }), "acme/dep"],
      ] as const
    ) {
      const error = await rejection(call());
      assert(
        error.message.endsWith(`was not found. This FakeReplicate has ${names}`),
        error.message,
      );
    }
  }, { fake: { deployments } });
});

Deno.test("14.20 the TimeoutError of a run has the prediction's id, and prints no undefined", async () => {
  await inWorld({ "acme/x": taking(60_000) }, async ({ client, fake }) => {
    const error = await rejection(client.run("acme/x", { input: {}, timeout: "20s" }));
    assertInstanceOf(error, TimeoutError);
    const [id = ""] = fake.predictions.keys();
    assertEquals(error.id, id);
    assert(error.message.includes(id));
    const shown = Deno.inspect(error) + JSON.stringify(error);
    assert(!shown.includes("undefined"), shown);
  });
});

Deno.test("14.20 a job in the console shows its id and status", async () => {
  await inWorld({ "acme/x": taking(60_000) }, async ({ client }) => {
    const job = await client.start("acme/x", { input: { prompt: "a secret fig" } });
    for (const shown of [Deno.inspect(job), Deno.inspect([job])]) {
      assert(shown.includes(job.id) && shown.includes("starting") && !shown.includes("fig"), shown);
    }
    await job.cancel();
  });
});

Deno.test("14.20 what files.create() gives is an input", async () => {
  await inWorld({ "acme/x": { official: true, run: ({ image }) => image } }, async ({ client }) => {
    const file = await client.files.create(new Blob(["pixels"]));
    assertEquals(await client.run("acme/x", { input: { image: file } }).text(), file.urls.get);
  });
});

Deno.test("14.21 a batch result has the shortcuts of a run", async () => {
  const run = ({ text }: Record<string, unknown>) => {
    if (text === "bad") throw new Error("boom");
    return text === "file" ? new File(["a fig"], "fig.txt") : ["Hel", "lo"];
  };
  await inWorld({ "acme/x": { official: true, run } }, async ({ client }) => {
    const inputs = [{ text: "text" }, { text: "file" }, { text: "bad" }];
    const [text, file, bad] = await client.batch("acme/x", inputs);
    assertEquals(await text?.text(), "Hello");
    assertEquals(await text?.json(), ["Hel", "lo"]);
    assertEquals(await (await file!.file()).text(), "a fig");
    assertEquals((await file!.files()).length, 1);
    assertInstanceOf(await rejection(bad!.text()), PredictionError);
    assertEquals(Object.keys(text!), ["index", "input", "status", "value", "prediction"]);
  });
});

Deno.test("14.20 both forms of a name are taken everywhere", async () => {
  const models = {
    "acme/own": { versions: 2, run: () => 1, readme: "Hi" },
    "acme/off": taking(0),
    "acme/t": { train: () => ({}) },
  };
  await inWorld(models, async ({ client }) => {
    assertEquals((await client.models.get("acme/own")).name, "own");
    const [newest, oldest] = (await client.models.versions.list("acme/own")).results;
    const version = newest!.id;
    assertEquals((await client.models.versions.get("acme/own", version)).id, version);
    assertEquals((await client.models.versions.get(`acme/own:${version}`)).id, version);
    assertEquals(await client.models.readme.get("acme/own"), "Hi");
    assertEquals((await client.models.examples.list("acme/own")).results, []);
    assertEquals(
      (await client.models.predictions.create("acme/off", { input: {} })).model,
      "acme/off",
    );
    await client.models.update("acme/own", { description: "A model" });
    const { latest_version } = await client.models.get("acme/t");
    const options = { destination: "acme/own", input: {} };
    const trainer = latest_version!.id;
    assertEquals((await client.trainings.create("acme", "t", trainer, options)).model, "acme/t");
    assertEquals((await client.trainings.create("acme/t", trainer, options)).model, "acme/t");
    assertEquals((await client.trainings.create(`acme/t:${trainer}`, options)).model, "acme/t");
    const one = { model: "acme/t", version: trainer, ...options };
    assertEquals((await client.trainings.create(one)).model, "acme/t");
    assertEquals(
      (await client.trainings.create({ ...options, version: `acme/t:${trainer}` })).model,
      "acme/t",
    );
    assertEquals((await client.deployments.get("acme/dep")).name, "dep");
    assertEquals(
      (await client.deployments.update("acme/dep", { max_instances: 3 })).current_release.number,
      2,
    );
    await client.deployments.predictions.create("acme/dep", { input: {} });
    void oldest;
    for (
      const call of [
        () => client.models.get("own"),
        () => client.deployments.get(""),
        () => client.trainings.create(options as never),
      ]
    ) {
      const error = await rejection(call());
      assert(error instanceof TypeError && error.message.includes("owner/name"), error.message);
    }
  }, { fake: { deployments: { "acme/dep": { model: "acme/own" } } } });
});

Deno.test("14.12 wrong names of ours are refused with the nearest right one", () => {
  assertThrows(() => new Client({ auth: "r8_test", fetch: fetch, tokens: 1 } as never), TypeError);
});
