import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import {
  ApiError,
  Client,
  FileOutput,
  model,
  type Prediction,
  PredictionError,
  ReplicateError,
  TimeoutError,
} from "../../mod.ts";
import type { FakeModel, FakeOptions } from "../../src/testing/mod.ts";
import { cancels, creates, inWorld, sleep, taking } from "./world.ts";
import { rejection } from "../rejection.ts";

Deno.test("run() gives the output of an official model in one request that the server holds", async () => {
  await inWorld({ "acme/hello": taking(3000, "hello") }, async ({ client, fake, requests }) => {
    assertEquals(await client.run("acme/hello", { input: { a: 1 } }), "hello");
    assertEquals(requests(), ["POST /models/acme/hello/predictions"]);
    assertEquals(fake.requests[0]?.headers.prefer, "wait=10");
    assertEquals(fake.requests[0]?.body, { input: { a: 1 } });
  });
});

Deno.test("run() finds the latest version of a community model once, and remembers it", async () => {
  await inWorld({ "acme/own": { run: () => "ok" } }, async ({ client, requests }) => {
    await client.run("acme/own", { input: {} });
    await client.with({ retry: false }).run("acme/own", { input: {} });
    assertEquals(requests(), [
      "POST /models/acme/own/predictions",
      "GET /models/acme/own",
      "POST /predictions",
      "POST /predictions",
    ]);
  });
});

Deno.test("run() of a community model, many at once, spends one create on finding that out", async () => {
  const { official: _, ...own } = taking(2000);
  await inWorld({ "acme/own": own }, async ({ client, requests }) => {
    await Promise.all(Array.from({ length: 5 }, () => client.run("acme/own", { input: {} })));
    assertEquals(creates(requests()), 6);
    assertEquals(requests().filter((request) => request === "GET /models/acme/own").length, 1);
  });
});

Deno.test("run() takes every kind of ref", async () => {
  const models = { "acme/own": { run: () => "ok" } };
  const deployments = { "acme/prod": { model: "acme/own" } };
  await inWorld(models, async ({ client, requests }) => {
    const version = (await client.models.get("acme", "own")).latest_version!.id;
    const typed = model<{ n: number }, string>("acme/own");
    const refs = ["acme/own", `acme/own:${version}`, version, { deployment: "acme/prod" }] as const;
    for (const ref of refs) assertEquals(await client.run(ref, { input: {} }), "ok");
    const output: string = await client.run(typed, { input: { n: 1 } });
    assertEquals(output, "ok");
    assert(requests().includes("POST /deployments/acme/prod/predictions"));
  }, { fake: { deployments } });
});

Deno.test("run() refuses what is no ref before any request, and shows the forms", async () => {
  await inWorld({}, async ({ client, requests }) => {
    const wrong = [
      "flux",
      "a/b/c",
      "../x",
      "a/..",
      "",
      "a/b:",
      "a b/c",
      "/",
      { deployment: "x" },
      5,
      null,
    ];
    for (const ref of wrong) {
      const error = await rejection(client.run(ref as string, { input: {} }));
      assertInstanceOf(error, TypeError, JSON.stringify(ref));
      assert(error.message.includes('"owner/name"'), error.message);
    }
    assertEquals(requests(), []);
  });
});

Deno.test("run() refuses options that cannot be meant before any request", async () => {
  await inWorld({ "acme/x": taking(0) }, async ({ client, requests }) => {
    const wrong: [unknown, typeof Error][] = [
      [undefined, TypeError],
      [{}, TypeError],
      [{ input: "text" }, TypeError],
      [{ input: {}, wait: 0 }, RangeError],
      [{ input: {}, wait: -1 }, RangeError],
      [{ input: {}, wait: NaN }, RangeError],
      [{ input: {}, wait: "10" }, TypeError],
      [{ input: {}, timeout: "5 minutes" }, RangeError],
      [{ input: {}, cancelAfter: 1000 }, RangeError],
      [{ input: {}, interval: -1 }, RangeError],
      [{ input: {}, webhook: "nowhere" }, TypeError],
      [{ input: {}, rerun: { attempts: 0, on: [] } }, RangeError],
      [{ input: {}, rerun: { attempts: 2, on: ["moderation"] } }, TypeError],
    ];
    for (const [options, type] of wrong) {
      await assertRejects(() => client.run("acme/x", options as { input: object }), type);
    }
    assertEquals(requests(), []);
  });
});

Deno.test("run() clamps a wait of 61 to 60", async () => {
  await inWorld({ "acme/x": taking(0) }, async ({ client, fake }) => {
    await client.run("acme/x", { input: {}, wait: 61 });
    await client.run("acme/x", { input: {}, wait: { mode: "block", timeout: 0.5 } });
    await client.run("acme/x", { input: {}, wait: { mode: "poll" } });
    assertEquals(
      fake.requests.filter(({ method }) => method === "POST").map((r) => r.headers.prefer),
      [
        "wait=60",
        "wait=1",
        undefined,
      ],
    );
  });
});

Deno.test("run() sends no option of ours in the body, which is closed", async () => {
  await inWorld({ "acme/x": taking(0) }, async ({ client, fake }) => {
    await client.run("acme/x", {
      input: { a: 1 },
      wait: 5,
      timeout: "90s",
      interval: 100,
      signal: new AbortController().signal,
      webhook: "https://example.com/hook",
      webhook_events_filter: ["completed"],
      onProgress: () => {},
      rerun: { attempts: 2, on: ["memory"] },
      settle: "end",
      fileEncoding: "upload",
      headers: { "x-a": "1" },
    });
    const request = fake.requests[0]!;
    assertEquals(request.body, {
      input: { a: 1 },
      webhook: "https://example.com/hook",
      webhook_events_filter: ["completed"],
    });
    assertEquals([request.headers["cancel-after"], request.headers["x-a"]], ["90s", "1"]);
  });
});

Deno.test("run() goes on by asking when the server's hold is over", async () => {
  await inWorld({ "acme/x": taking(25_000) }, async ({ client, requests, elapsed }) => {
    assertEquals(await client.run("acme/x", { input: {} }), "done");
    assert(requests().length < 25, `${requests().length} requests`);
    assert(elapsed() < 28_000, `took ${elapsed()}`);
  });
});

Deno.test("run() costs fewer requests than steps of 500 ms for jobs over 30 s", async () => {
  for (const duration of [31_000, 120_000]) {
    await inWorld({ "acme/x": taking(duration) }, async ({ client, requests }) => {
      await client.run("acme/x", { input: {}, wait: false });
      assert(requests().length < duration / 500, `${requests().length} for ${duration}`);
    });
  }
});

Deno.test("run() obeys an interval", async () => {
  await inWorld({ "acme/x": taking(4900) }, async ({ client, requests, elapsed }) => {
    await client.run("acme/x", { input: {}, wait: { mode: "poll", interval: "1s" } });
    assertEquals([requests().length, elapsed()], [6, 5000]);
  });
});

Deno.test("run() asks a fresh id again that answers 404 for a moment", async () => {
  const faults = [{ match: { method: "GET", path: /^\/predictions\// }, status: 404, times: 3 }];
  await inWorld({ "acme/x": taking(10) }, async ({ client }) => {
    assertEquals(await client.run("acme/x", { input: {}, wait: false }), "done");
  }, { fake: { faults } });
});

Deno.test("run() throws PredictionError with the prediction, a kind, and text that reads", async () => {
  const fail = (error: unknown): FakeModel => ({
    official: true,
    run: () => {
      throw error;
    },
  });
  const models = {
    "acme/a": fail(new Error("CUDA out of memory")),
    "acme/b": fail({ detail: "no face" }),
  };
  await inWorld(models, async ({ client }) => {
    const error = await rejection(client.run("acme/a", { input: { prompt: "a secret fig" } }));
    assertInstanceOf(error, PredictionError);
    assertEquals([error.kind, error.prediction.status], ["memory", "failed"]);
    assert(
      /^Cannot run acme\/a: prediction \w+ failed: CUDA out of memory$/.test(error.message),
      error.message,
    );
    assert(!(Deno.inspect(error) + JSON.stringify(error)).includes("secret fig"));
    const object = await rejection(client.run("acme/b", { input: {} }));
    assert(object.message.endsWith("failed: no face"), object.message);
  });
});

Deno.test("run() ends with PredictionError when somebody else cancels, or the server aborts", async () => {
  await inWorld({
    "acme/x": taking(60_000),
    "acme/boot": { official: true, boot: 60_000, run: () => 1 },
  }, async ({ client, fake }) => {
    const running = rejection(client.run("acme/x", { input: {}, wait: false }));
    await sleep(2000);
    const id = [...fake.predictions.keys()][0]!;
    await client.predictions.cancel(id);
    assertEquals((await running).kind, "canceled");
    const aborted = await rejection(client.run("acme/boot", { input: {}, cancelAfter: "5s" }));
    assertEquals([aborted.name, aborted.kind], ["PredictionError", "aborted"]);
  });
});

Deno.test("run() does not end on a status that is not known", async () => {
  await inWorld({ "acme/x": taking(500) }, async ({ fake }) => {
    let odd = 2;
    const fetch: typeof fake.fetch = async (input, init) => {
      const response = await fake.fetch(input, init);
      const body = await response.json() as Prediction;
      return Response.json(odd-- > 0 ? { ...body, status: "queued", output: "early" } : body);
    };
    const client = new Client({ auth: "r8_test", fetch });
    assertEquals(await client.run("acme/x", { input: {}, wait: false }), "done");
  });
});

Deno.test("run() tells onProgress of each change once, with the progress of the logs", async () => {
  const run: FakeModel["run"] = async (_, job) => {
    for (const done of [1, 2, 3, 4]) {
      await job.sleep(1000);
      job.progress(done, 4);
    }
    return "ok";
  };
  await inWorld({ "acme/x": { official: true, run } }, async ({ client }) => {
    const seen: string[] = [];
    await client.run("acme/x", { input: {} }, (prediction, progress) => {
      seen.push(`${prediction.status} ${progress?.percentage ?? "-"}`);
    });
    assertEquals(new Set(seen).size, seen.length, "no state is told twice");
    assertEquals(seen.at(-1), "succeeded 1");
    for (const part of ["0.25", "0.5", "0.75"]) {
      assert(seen.includes(`processing ${part}`), seen.join());
    }
  });
});

Deno.test("run() cancels once when onProgress throws, and rejects with that error", async () => {
  for (
    const broken of [() => {
      throw new Error("mine");
    }, () => Promise.reject(new Error("mine"))]
  ) {
    await inWorld({ "acme/x": taking(60_000) }, async ({ client, requests }) => {
      await assertRejects(
        () => client.run("acme/x", { input: {}, onProgress: broken }),
        Error,
        "mine",
      );
      await sleep(1000);
      assertEquals([creates(requests()), cancels(requests())], [1, 1]);
    });
  }
});

Deno.test("run() sends nothing for a signal that has aborted", async () => {
  await inWorld({ "acme/x": taking(0) }, async ({ client, requests }) => {
    const reason = new Error("early");
    const error = await rejection(
      client.run("acme/x", { input: {}, signal: AbortSignal.abort(reason) }),
    );
    assertStrictEquals(error, reason);
    assertEquals(requests(), []);
  });
});

/** Aborts a run at a moment, and says when it rejected and what was sent in the end. */
async function abortAt(
  ms: number,
  models: Record<string, FakeModel>,
  options: object,
  fake: Partial<FakeOptions> = {},
) {
  return await inWorld(models, async ({ client, requests, elapsed, fake: { predictions } }) => {
    const controller = new AbortController();
    const reason = new Error("enough");
    setTimeout(() => controller.abort(reason), ms);
    const error = await rejection(
      client.run("acme/x", { input: {}, signal: controller.signal, ...options }),
    );
    assertStrictEquals(error, reason);
    const took = elapsed() - ms;
    await sleep(120_000);
    const running = [...predictions.values()].filter(({ terminal }) => !terminal).length;
    return { took, running, creates: creates(requests()), cancels: cancels(requests()) };
  }, { fake });
}

Deno.test("run() cancels once, and rejects at once, on abort while the server holds its answer", async () => {
  const end = await abortAt(2000, { "acme/x": taking(300_000) }, { wait: 30 });
  assertEquals(end, { took: 0, running: 0, creates: 1, cancels: 1 });
});

Deno.test("run() cancels once, and rejects at once, on abort while it polls", async () => {
  const end = await abortAt(20_000, { "acme/x": taking(300_000) }, {});
  assertEquals(end, { took: 0, running: 0, creates: 1, cancels: 1 });
});

Deno.test("run() cancels once, and rejects at once, on abort while the create is under way", async () => {
  const end = await abortAt(100, { "acme/x": taking(300_000) }, { wait: false }, { latency: 1000 });
  assertEquals(end, { took: 0, running: 0, creates: 1, cancels: 1 });
});

Deno.test("run() creates nothing on abort while the token is asked for", async () => {
  await inWorld({ "acme/x": taking(1000) }, async ({ client, requests, elapsed }) => {
    const slow = client.with({ auth: () => sleep(1000).then(() => "r8_late") });
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error("enough")), 500);
    const error = await rejection(slow.run("acme/x", { input: {}, signal: controller.signal }));
    assertEquals([error.message, elapsed()], ["enough", 500]);
    await sleep(5000);
    assertEquals(requests(), []);
  });
});

Deno.test("run() creates nothing on abort while it waits to try the create again", async () => {
  const faults = [{ match: { method: "POST" }, status: 429, retryAfter: 30, times: 9 }];
  const end = await abortAt(1000, { "acme/x": taking(1000) }, {}, { faults });
  assertEquals(end, { took: 0, running: 0, creates: 1, cancels: 0 });
});

Deno.test("run() ends by its timeout with phase deadline, and cancels; the server is told too", async () => {
  await inWorld(
    { "acme/x": taking(300_000) },
    async ({ client, requests, elapsed, fake, timers }) => {
      const error = await rejection(client.run("acme/x", { input: {}, timeout: "20s" }));
      assertInstanceOf(error, TimeoutError);
      assertEquals(
        error.message,
        `Cannot run acme/x: prediction ${error.id} did not end within 20000 ms (timeout)`,
      );
      assertEquals(error.id, [...fake.predictions.keys()][0]);
      assertEquals([error.phase, elapsed(), fake.requests[0]?.headers["cancel-after"]], [
        "deadline",
        20_000,
        "20s",
      ]);
      await sleep(1000);
      assertEquals([cancels(requests()), timers()], [1, 0]);
    },
  );
});

Deno.test("run() tells the server at least 5 s, and ends on its own time all the same", async () => {
  await inWorld({ "acme/x": taking(300_000) }, async ({ client, elapsed, fake }) => {
    const error = await rejection(
      client.run("acme/x", { input: {}, timeout: 1500, wait: false }),
    );
    assertEquals([error.phase, elapsed(), fake.requests[0]?.headers["cancel-after"]], [
      "deadline",
      1500,
      "5s",
    ]);
  });
});

Deno.test("run() creates once when the answer to the create is lost", async () => {
  const faults = [{ match: { method: "POST" }, drop: "after" as const }];
  await inWorld({ "acme/x": taking(0) }, async ({ client, requests }) => {
    const error = await rejection(client.run("acme/x", { input: {} }));
    assertEquals([error.name, creates(requests())], ["ConnectionError", 1]);
  }, { fake: { faults } });
});

Deno.test("run() goes on when polls fail for a while", async () => {
  const faults = [{ match: { method: "GET" }, status: 503, times: 3 }];
  await inWorld({ "acme/x": taking(2000) }, async ({ client, requests }) => {
    assertEquals(await client.run("acme/x", { input: {}, wait: false }), "done");
    assertEquals(cancels(requests()), 0);
  }, { fake: { faults } });
});

Deno.test("run() is a promise, with views that share its one run", async () => {
  await inWorld({ "acme/x": taking(10, ['{"a"', ":1}"]) }, async ({ client, requests }) => {
    const run = client.run("acme/x", { input: {} });
    assert(run instanceof Promise);
    assertEquals(await run, ['{"a"', ":1}"]);
    assertEquals(await run.text(), '{"a":1}');
    assertEquals(await run.json(), { a: 1 });
    assertEquals((await run.prediction()).status, "succeeded");
    assertEquals(creates(requests()), 1);
  });
});

Deno.test("run().text() and .json() say what the output is when it is something else", async () => {
  const models = { "acme/o": taking(0, { a: 1 }), "acme/t": taking(0, "not json") };
  await inWorld(models, async ({ client }) => {
    assertEquals(await client.run("acme/o", { input: {} }).json(), { a: 1 });
    await assertRejects(
      () => client.run("acme/o", { input: {} }).text(),
      ReplicateError,
      "of type object",
    );
    await assertRejects(
      () => client.run("acme/t", { input: {} }).json(),
      ReplicateError,
      "no JSON",
    );
  });
});

Deno.test("run().text() of a failed run is the only one to be told of the failure", async () => {
  const models = { "acme/x": { official: true, run: () => Promise.reject(new Error("boom")) } };
  await inWorld(models, async ({ client }) => {
    await assertRejects(() => client.run("acme/x", { input: {} }).text(), PredictionError, "boom");
  });
});

Deno.test("run() gives a FileOutput for a URL of a file, at any depth", async () => {
  const run = () => ({
    images: [new Blob(["png"], { type: "image/png" })],
    text: "see https://x.com",
  });
  await inWorld({ "acme/x": { official: true, run } }, async ({ client }) => {
    const output = await client.run("acme/x", { input: {} }) as {
      images: FileOutput[];
      text: string;
    };
    assertEquals(output.text, "see https://x.com");
    const file = output.images[0];
    assertInstanceOf(file, FileOutput);
    assert(String(file).startsWith("https://"));
    assertEquals(await file.text(), "png");
  });
});

Deno.test("run({ settle: 'output' }) takes a filled first answer, and asks no more", async () => {
  const linger: FakeModel = { ...taking(1000), linger: 5000 };
  await inWorld({ "acme/x": linger }, async ({ client, requests, elapsed }) => {
    assertEquals(await client.run("acme/x", { input: {}, settle: "output" }), "done");
    assertEquals([requests().length, elapsed()], [1, 1000]);
    await client.run("acme/x", { input: {} });
    assert(requests().length > 2);
  });
});

Deno.test("run({ rerun }) runs a failed job again for the kinds it names, and no other", async () => {
  let count = 0;
  const flaky = (message: string): FakeModel => ({
    official: true,
    run: () => {
      if (++count < 3) throw new Error(message);
      return "third";
    },
  });
  const models = {
    "acme/oom": flaky("CUDA out of memory"),
    "acme/bad": flaky("NSFW content detected"),
  };
  await inWorld(models, async ({ client, requests }) => {
    const rerun = { attempts: 3, on: ["memory" as const] };
    assertEquals(await client.run("acme/oom", { input: {}, rerun }), "third");
    assertEquals(creates(requests()), 3);
    count = 0;
    await assertRejects(
      () => client.run("acme/bad", { input: {}, rerun }),
      PredictionError,
      "NSFW",
    );
    count = 0;
    await assertRejects(
      () => client.run("acme/oom", { input: {}, rerun: { ...rerun, attempts: 2 } }),
      PredictionError,
    );
  });
});

Deno.test("run({ rerun }) has one deadline, and tells the server what is left of it", async () => {
  const run = async (_: unknown, job: { sleep(ms: number): Promise<void> }) => {
    await job.sleep(4000);
    throw new Error("CUDA out of memory");
  };
  await inWorld({ "acme/x": { official: true, run } }, async ({ client, fake, elapsed }) => {
    const rerun = { attempts: 9, on: ["memory" as const] };
    const error = await rejection(client.run("acme/x", { input: {}, timeout: "14s", rerun }));
    assertEquals([error.phase, elapsed()], ["deadline", 14_000]);
    assertEquals(error.message, "Cannot run acme/x: it did not end within 14000 ms (timeout)");
    const creates = fake.requests.filter(({ method, path }) =>
      method === "POST" && path.endsWith("/predictions")
    );
    assertEquals(creates.map(({ headers }) => headers["cancel-after"]), [
      "14s",
      "10s",
      "6s",
      "5s",
    ]);
  });
});

Deno.test("use() gives a function that runs one model with defaults", async () => {
  await inWorld({ "acme/x": { official: true, run: (input) => input } }, async ({ client }) => {
    const x = client.use("acme/x", { input: { steps: 4, seed: 1 } });
    assertEquals(await x({ seed: 2 }), { steps: 4, seed: 2 });
  });
});

Deno.test("wait() waits for the end of a prediction by id or record, and does not cancel it", async () => {
  await inWorld({ "acme/x": taking(5000) }, async ({ client, requests, elapsed }) => {
    const prediction = await client.models.predictions.create("acme", "x", { input: {} });
    const error = await rejection(client.wait(prediction, { maxWait: "2s" }));
    assertInstanceOf(error, TimeoutError);
    assertEquals([error.phase, elapsed()], ["wait", 2000]);
    const controller = new AbortController();
    setTimeout(() => controller.abort("enough"), 500);
    assertEquals(
      await rejection<string>(client.wait(prediction.id, { signal: controller.signal })),
      "enough",
    );
    assertEquals((await client.wait(prediction.id)).output, "done");
    assertEquals(cancels(requests()), 0);
    const before = requests().length;
    const ended = await client.predictions.get(prediction.id);
    await client.wait(ended);
    assertEquals(requests().length, before + 2, "a record is believed for its id only");
  });
});

Deno.test("wait() throws PredictionError for a job that failed, and ApiError 404 for an unknown id", async () => {
  const models = { "acme/x": { official: true, run: () => Promise.reject(new Error("boom")) } };
  await inWorld(models, async ({ client, requests }) => {
    const prediction = await client.models.predictions.create("acme", "x", { input: {} });
    await assertRejects(() => client.wait(prediction), PredictionError, "boom");
    const before = requests().length;
    const error = await rejection(client.wait("nosuchid"));
    assertInstanceOf(error, ApiError);
    // It might be fresh, and of either kind.
    assertEquals([error.status, requests().length - before], [404, 12]);
    await assertRejects(() => client.wait(""), TypeError);
  });
});

Deno.test("wait() takes a training", async () => {
  const train: FakeModel["train"] = async (_, job) => {
    await job.sleep(3000);
    return {};
  };
  await inWorld({ "acme/trainer": { train }, "acme/mine": {} }, async ({ client }) => {
    const { latest_version } = await client.models.get("acme", "trainer");
    const training = await client.trainings.create("acme", "trainer", latest_version!.id, {
      destination: "acme/mine",
      input: {},
    });
    assertEquals((await client.wait(training)).status, "succeeded");
    assertEquals((await client.wait(training.id)).status, "succeeded");
  });
});
