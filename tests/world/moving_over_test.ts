/** Issue number 14.12: each row of docs/moving_over.md is true. Its lines are run as they stand there. */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import * as replicate from "../../mod.ts";
import * as webhooks from "../../src/webhooks/mod.ts";
import { FakeReplicate, withFakeTime } from "../../src/testing/mod.ts";
import { rejection } from "../rejection.ts";

const { Client, PredictionError } = replicate;
type Client = replicate.Client;

const PAGE = await Deno.readTextFile(new URL("../../docs/moving_over.md", import.meta.url));
const TOKEN = "r8_secret_0123456789";

/** The rows of the table under a heading, as cells. */
function rowsOf(heading: string): string[][] {
  const from = PAGE.indexOf(`\n## ${heading}\n`);
  const to = PAGE.indexOf("\n## ", from + 1);
  const section = PAGE.slice(from, to < 0 ? undefined : to);
  const rows = [...section.matchAll(/^\| (.*) \|$/gm)].map(([, row]) =>
    row!.split(" | ").map((cell) => cell.trim())
  );
  return rows.slice(2);
}

/** The first code in a cell. */
const codeOf = (cell: string): string => /`([^`]*)`/.exec(cell)?.[1] ?? "";

function newFake(): FakeReplicate {
  const train = () => ({});
  return new FakeReplicate({
    owner: "acme",
    models: {
      "acme/poet": { official: true, run: () => ["Rain", " taps"] },
      "acme/painter": {
        official: true,
        run: () => new Blob(["<svg/>"], { type: "image/svg+xml" }),
      },
      "acme/trainer": { train },
      "acme/worker": { run: () => "done" },
    },
  });
}

/** The names that the lines of the page use. */
async function scopeOf(fake: FakeReplicate): Promise<Record<string, unknown>> {
  const client = new Client({ auth: TOKEN, fetch: fake.fetch });
  const { latest_version } = await client.models.get("acme", "worker");
  const trainer = await client.models.get("acme", "trainer");
  const deployment = (name: string) => ({
    name,
    model: "acme/worker",
    version: latest_version!.id,
    hardware: "cpu",
    min_instances: 0,
    max_instances: 1,
  });
  await client.deployments.create(deployment("live"));
  const secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
  const sent = await webhooks.signWebhook("{}", { secret });
  const { default: Replicate, ...names } = replicate;
  return {
    ...names,
    ...webhooks,
    Replicate,
    client,
    deployment,
    secret,
    auth: TOKEN,
    baseUrl: "https://api.replicate.com/v1",
    userAgent: "mine/1.0",
    fetch: fake.fetch,
    input: {},
    file: new Blob(["a fig"]),
    signal: new AbortController().signal,
    settings: { visibility: "private", hardware: "cpu" },
    body: { version: latest_version!.id, input: {} },
    version: trainer.latest_version!.id,
    prediction: await client.predictions.create({ version: latest_version!.id, input: {} }),
    onProgress: () => {},
    stop: () => true,
    error: await rejection(client.predictions.get("nope")),
    logs: "20%|██        | 1/5 [00:00<00:01, 21.38it/s]",
    request: () =>
      new Request("https://example.com/hook", { method: "POST", body: "{}", headers: sent }),
  };
}

/** Runs a line of code, strictly, as a module is. */
async function evaluate(code: string, scope: Record<string, unknown>): Promise<unknown> {
  const run = new Function(
    ...Object.keys(scope),
    `"use strict"; return (async () => (${code}))();`,
  );
  return await run(...Object.values(scope));
}

for (const [old = "", now = "", outcome = ""] of rowsOf("Calls")) {
  Deno.test(`14.12 docs/moving_over.md is true of ${codeOf(old)}`, async () => {
    await using fake = newFake();
    const scope = await scopeOf(fake);
    // The new line first, as it makes no use of what the old one changes.
    const expected = await evaluate(codeOf(now), scope);
    if (outcome.startsWith("the same")) {
      assertEquals(typeof await evaluate(codeOf(old), scope) === "undefined", false);
      if (outcome === "the same" && typeof expected !== "object") {
        assertEquals(await evaluate(codeOf(old), scope), expected);
      }
      return;
    }
    assert(outcome.startsWith("throws"), outcome);
    const error = await rejection(evaluate(codeOf(old), scope));
    assert(error instanceof TypeError, Deno.inspect(error));
    if (!outcome.includes("there is no `error.request`")) {
      assertStringIncludes(error.message, codeOf(outcome));
    }
  });
}

/** Uses a client of a fake whose models take their time. */
async function slowly(use: (client: Client, fake: FakeReplicate) => Promise<void>): Promise<void> {
  await withFakeTime(async () => {
    await using fake = new FakeReplicate({
      models: {
        "acme/slow": {
          official: true,
          async run(_, job) {
            for (let step = 1; step <= 3; step++) {
              await job.sleep(20_000);
              job.progress(step, 3);
            }
            return "done";
          },
        },
        "acme/bad": {
          official: true,
          run: () => Promise.reject(new Error("CUDA out of memory")),
        },
        "acme/links": { official: true, run: () => ["https://x.test/a.png", "https: is safe"] },
      },
    });
    await use(new Client({ auth: TOKEN, fetch: fake.fetch }), fake);
  });
}

const input = {};
const answer = (value: unknown, status = 200) => () =>
  Promise.resolve(Response.json(value, { status }));

/** A proof for each row of "Behavior", by the start of its first cell. */
const PROOFS: Record<string, () => Promise<void>> = {
  "`client.auth` gives": () => {
    const client = new Client(TOKEN);
    assertEquals((client as unknown as { auth?: string }).auth, undefined);
    assert(!`${Deno.inspect(client)}${JSON.stringify(client)}`.includes(TOKEN));
    return Promise.resolve();
  },
  "`run` takes any status": () =>
    slowly(async (client) => {
      assertEquals(await client.run("acme/slow", { input }), "done");
    }),
  "`run` of a canceled": () =>
    slowly(async (client, fake) => {
      const run = client.run("acme/slow", { input });
      await fake.clock.sleep(15_000);
      const [job] = (await client.predictions.list()).results;
      const [error] = await Promise.all([rejection(run), client.predictions.cancel(job!.id)]);
      assert(error instanceof PredictionError && error.kind === "canceled", String(error));
    }),
  "a failed prediction throws": () =>
    slowly(async (client) => {
      const error = await rejection(client.run("acme/bad", { input }));
      assert(error instanceof PredictionError);
      assertEquals([error.kind, error.prediction.status], ["memory", "failed"]);
    }),
  "a POST is sent again": async () => {
    let requests = 0;
    const fetch = () => {
      requests++;
      const cause = Object.assign(new Error("reset"), { code: "ECONNRESET" });
      return Promise.reject(new TypeError("fetch failed", { cause }));
    };
    const client = new Client({ auth: TOKEN, fetch, retry: { minDelay: 1 } });
    const error = await rejection(client.predictions.create({ version: "acme/poet", input }));
    assertStringIncludes(error.message, "it may have been accepted");
    assertEquals(requests, 1);
  },
  "`run` lets the server hold": () =>
    slowly(async (client, fake) => {
      await client.run("acme/slow", { input });
      await client.run("acme/slow", { input, wait: 60 });
      const holds = fake.requests.map(({ headers }) => headers.prefer).filter(Boolean);
      assertEquals(holds, ["wait=10", "wait=60"]);
    }),
  "an aborted `run`": () =>
    slowly(async (client, fake) => {
      const controller = new AbortController();
      const run = client.run("acme/slow", { input, signal: controller.signal });
      await fake.clock.sleep(15_000);
      controller.abort(new Error("enough"));
      assertEquals((await rejection(run)).message, "enough");
      await fake.clock.sleep(1000);
      assertEquals((await client.predictions.list()).results[0]!.status, "canceled");
    }),
  "`paginate` ends quietly": async () => {
    const client = new Client({
      auth: TOKEN,
      fetch: answer({ results: [{}], next: "https://api.replicate.com/v1/models?cursor=2" }),
    });
    const controller = new AbortController();
    const pages = client.paginate(client.models.list, { signal: controller.signal });
    assertEquals((await pages.next()).value?.length, 1);
    controller.abort(new Error("enough"));
    assertEquals((await rejection(pages.next())).message, "enough");
  },
  "`wait` gives a prediction": () =>
    slowly(async (client) => {
      const prediction = await client.predictions.create({ version: "acme/bad", input });
      assert(await rejection(client.wait(prediction)) instanceof PredictionError);
    }),
  "`onProgress` gets": () =>
    slowly(async (client) => {
      const seen: unknown[] = [];
      await client.run("acme/slow", { input }, ({ status }, progress) => {
        seen.push(`${status} ${progress?.current ?? ""}`);
      });
      assertEquals(seen.at(-1), "succeeded 3");
      assertEquals(new Set(seen).size, seen.length);
    }),
  "a file that cannot be uploaded": async () => {
    const sent: string[] = [];
    const fetch = (url: string | URL | Request) => {
      sent.push(String(url));
      return answer({ detail: "busy" }, 503)();
    };
    const client = new Client({ auth: TOKEN, fetch, retry: { minDelay: 1 } });
    const options = { version: "acme/poet", input: { image: new Blob(["a fig"]) } };
    const error = await rejection(client.predictions.create(options));
    assertStringIncludes(error.message, "it may have been accepted");
    assertEquals(sent, ["https://api.replicate.com/v1/files"]);
  },
  "an upload is taken": async () => {
    const file = { id: "f", size: 1024, checksums: {}, urls: { get: "https://x.test/f" } };
    const client = new Client({ auth: TOKEN, fetch: answer(file, 201) });
    const error = await rejection(client.files.create(new Blob(["a fig"])));
    assertStringIncludes(error.message, "1024 bytes arrived, and not 5");
  },
  "`FileOutput` is made": () =>
    slowly(async (client) => {
      const output = await client.run("acme/links", { input }) as unknown[];
      const kinds = output.map((it) => it instanceof replicate.FileOutput);
      assertEquals(kinds, [true, false]);
    }),
  "a stream that is cut": async () => {
    await using fake = new FakeReplicate({
      models: {
        "acme/poet": {
          official: true,
          async *run() {
            yield* ["Rain", " taps"];
          },
        },
      },
      faults: [{ match: { path: /stream/ }, cut: 40 }],
    });
    const client = new Client({ auth: TOKEN, fetch: fake.fetch });
    let text = "";
    for await (const piece of client.stream("acme/poet", { input }).text()) text += piece;
    assertEquals(text, "Rain taps");
    fake.assertDone();
  },
  "a list is a promise": async () => {
    await using fake = newFake();
    const client = new Client({ auth: TOKEN, fetch: fake.fetch });
    const names: string[] = [];
    for await (const { name } of client.models.list()) names.push(name);
    assertEquals(names.length, (await client.models.list()).results.length);
  },
  "`validateWebhook` takes": async () => {
    const secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
    const timestamp = Math.floor(Date.now() / 1000) - 301;
    const headers = await webhooks.signWebhook("{}", { secret, timestamp });
    assertEquals(await replicate.validateWebhook({ headers, body: "{}" }, secret), false);
    const fresh = await webhooks.signWebhook("{}", { secret });
    const parsed = { headers: fresh, body: {} } as unknown as Request;
    await assertRejects(() => replicate.validateWebhook(parsed, secret));
  },
  "an invalid webhook URL": async () => {
    const options = { version: "acme/poet", input, webhook: "nowhere" };
    const error = await rejection(new Client(TOKEN).predictions.create(options));
    assert(error instanceof TypeError);
    assertEquals(error.message, 'Cannot use "nowhere" as webhook: it is not a URL');
  },
  "an error's message": async () => {
    await using fake = newFake();
    const client = new Client({ auth: TOKEN, fetch: fake.fetch });
    const error = await rejection(client.predictions.create({
      version: "acme/none",
      input: { prompt: "a private prompt" },
    }));
    assertStringIncludes(error.message, "Cannot create a prediction for acme/none: 4");
    const shown = Deno.inspect(error);
    assert(!shown.includes(TOKEN) && !shown.includes("private"), shown);
  },
  "a model that is not official": async () => {
    await using fake = newFake();
    const client = new Client({ auth: TOKEN, fetch: fake.fetch });
    assertEquals(await client.run("acme/worker", { input }), "done");
    assertEquals(await client.run("acme/worker", { input }), "done");
    assertEquals(fake.requestsOf("models.get").length, 1);
  },
  "`run` and `wait` poll for ever": async () => {
    const fetch = answer({ id: "p1", status: "aborted", model: "acme/poet", urls: {} });
    const client = new Client({ auth: TOKEN, fetch });
    for (const call of [client.wait("p1"), client.run("acme/poet", { input })]) {
      const error = await rejection(call);
      assert(error instanceof PredictionError && error.kind === "aborted", String(error));
    }
  },
  "`run` gives the output, and": async () => {
    await using fake = newFake();
    const run = new Client({ auth: TOKEN, fetch: fake.fetch }).run("acme/poet", { input });
    assertEquals([await run.text(), (await run.prediction()).status], ["Rain taps", "succeeded"]);
    assertEquals(fake.predictions.size, 1);
  },
  "a 429 to a POST": async () => {
    await withFakeTime(async (time) => {
      await using fake = newFake();
      fake.fault({ match: { method: "POST" }, status: 429, retryAfter: 20, times: 4 });
      const client = new Client({ auth: TOKEN, fetch: fake.fetch });
      const error = await rejection(client.predictions.create({ version: "acme/poet", input }));
      assert(error instanceof replicate.RateLimitError);
      assertEquals([error.attempts, time.elapsed() >= 60_000], [4, true]);
    });
  },
  "a call has no limit of time": async () => {
    await withFakeTime(async (time) => {
      await using fake = newFake();
      fake.fault({ hang: true });
      const client = new Client({ auth: TOKEN, fetch: fake.fetch, retry: false });
      const error = await rejection(client.account.get());
      assert(error instanceof replicate.TimeoutError);
      assertEquals([error.phase, time.elapsed()], ["connect", 30_000]);
    });
  },
  "`run` polls every 500 ms": () =>
    slowly(async (client, fake) => {
      await client.run("acme/slow", { input, wait: false });
      const times = fake.requestsOf("predictions.get").map(({ at }) => at);
      const waits = times.slice(1).map((at, index) => at - times[index]!);
      assertEquals([Math.min(...waits) < 100, Math.max(...waits)], [true, 3000]);
    }),
  "of the bytes in an input": async () => {
    await using fake = newFake();
    const client = new Client({ auth: TOKEN, fetch: fake.fetch });
    await client.run("acme/poet", { input: { image: new Uint8Array([1, 2, 3]) } });
    assertEquals(fake.files.size, 1);
  },
  "the same file given twice": async () => {
    await using fake = newFake();
    const client = new Client({ auth: TOKEN, fetch: fake.fetch });
    const file = new Blob(["a fig"]);
    await client.run("acme/poet", { input: { image: file, mask: file } });
    assertEquals(fake.files.size, 1);
  },
  "a `FileOutput` can be read once": async () => {
    await using fake = newFake();
    const client = new Client({ auth: TOKEN, fetch: fake.fetch });
    const file = await client.run("acme/painter", { input }).file();
    assertEquals([await file.text(), await file.text()], ["<svg/>", "<svg/>"]);
  },
  "a stream of a model that makes files": async () => {
    await using fake = newFake();
    const client = new Client({ auth: TOKEN, fetch: fake.fetch });
    for await (const { event, data } of client.stream("acme/painter", { input })) {
      if (event === "output") assert(data.startsWith("https://"), data);
    }
  },
  "an unknown option": () => {
    const error = (() => {
      try {
        return new Client({ auth: TOKEN, baseURL: "https://x.test" } as object);
      } catch (error) {
        return error;
      }
    })();
    assert(error instanceof TypeError);
    assertStringIncludes(error.message, "did you mean baseUrl?");
    return Promise.resolve();
  },
};

const behaviors = rowsOf("Behavior").map(([cell]) => cell!);

for (const [start, proof] of Object.entries(PROOFS)) {
  Deno.test(`14.12 docs/moving_over.md is true where ${start} ... differs`, proof);
}

Deno.test("14.12 each row of docs/moving_over.md has a proof", () => {
  assert(behaviors.length > 10 && rowsOf("Calls").length > 20);
  const starts = Object.keys(PROOFS);
  const unproven = behaviors.filter((row) => !starts.some((start) => row.startsWith(start)));
  assertEquals(unproven, []);
  assertEquals(starts.filter((start) => !behaviors.some((row) => row.startsWith(start))), []);
});
