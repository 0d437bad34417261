/**
 * The checks that every runtime has to pass. They use nothing of one runtime, and get the package as an
 * argument, so the same file runs as an ES module, bundled, and with a `require`d package.
 *
 * @module
 */
import type * as replicate from "../../mod.ts";
import type * as sinks from "../../src/sinks/mod.ts";
import type * as webhooks from "../../src/webhooks/mod.ts";
import { rejection } from "../rejection.ts";
import { assert, equal } from "./assert.ts";
import { searchForSecrets } from "./secrets.ts";

/** Puts a handler behind a socket of this machine. */
export type Serve = (
  handler: (request: Request) => Promise<Response>,
) => Promise<{ url: string; close(): void }>;

/** The arguments that a runtime gives to the checks. */
export interface Setup {
  /** The modules of the package. */
  replicate: typeof replicate;
  sinks: typeof sinks;
  webhooks: typeof webhooks;
  /** The origin of the fake, such as `http://127.0.0.1:8000`. */
  origin: string;
  /** The origin of a server that resets a kept-alive connection after its first answer. */
  resetOrigin: string;
  /** True when `REPLICATE_API_TOKEN` is set and can be read. */
  envToken: boolean;
  /** A folder to write to, if there is a file system. */
  folder?: string;
  /** Serves a handler, if the runtime can be a server. */
  serve?: Serve;
  /** The names of the checks that the runtime cannot pass, and that are left out. */
  without?: readonly string[];
}

/** The result of one check. */
export interface Result {
  name: string;
  ok: boolean;
  /** The reason for a failure. */
  error?: string;
}

/** The objects that a check works with. */
export interface Context extends Setup {
  client: replicate.Client;
  /** The requests that the fake has seen so far. */
  seen(): Promise<Seen>;
}

/** The requests that the fake has seen. */
export interface Seen {
  cancels: string[];
  /** The requests, as `POST /predictions`. */
  requests: string[];
}

type Check = (context: Context) => Promise<void>;

const hello = "acme/hello";

const CHECKS: Record<string, Check> = {
  async run({ client }) {
    equal(await client.run(hello, { input: { name: "Ada" } }), "hello Ada");
    equal(await client.run(hello, { input: { name: "Bob" } }).text(), "hello Bob");
  },

  // The server allows a cache to keep its answers, and polling must not freeze on them.
  async poll({ client }) {
    const seen: string[] = [];
    const output = await client.run("acme/steps", {
      input: {},
      wait: false,
      interval: 20,
      onProgress: (prediction) => void seen.push(prediction.status),
    });
    equal(output, ["one", "two", "three"]);
    equal(seen.at(-1), "succeeded");
  },

  async stream({ client }) {
    let text = "";
    for await (const part of client.stream("acme/steps", { input: {} }).text()) text += part;
    equal(text, "onetwothree");
    const events: string[] = [];
    for await (const { event } of client.stream("acme/steps", { input: {} })) events.push(event);
    equal(events, ["output", "output", "output", "done"]);
    const response = client.stream("acme/steps", { input: {} }).toResponse({ as: "text" });
    equal(await response.text(), "onetwothree");
  },

  // From the eleventh listener on, Node warns of a leak, and a text on stderr fails the target.
  async "shared signal"({ client }) {
    const { signal } = new AbortController();
    const each = async (_: unknown, index: number): Promise<unknown> => {
      if (index % 3 === 0) return await client.collections.list({ signal });
      if (index % 3 === 1) return await client.run(hello, { input: { name: "Ada" }, signal });
      const pieces: string[] = [];
      const stream = client.stream("acme/steps", { input: {}, signal });
      for await (const piece of stream.text()) pieces.push(piece);
      return pieces;
    };
    await Promise.all(Array.from({ length: 36 }, each));
  },

  // Polyfills and jsdom have a class of their own.
  async "signal of another make"({ client }) {
    const signal = Object.create({
      aborted: false,
      throwIfAborted() {},
      addEventListener() {},
      removeEventListener() {},
    });
    equal(await client.run(hello, { input: { name: "Ada" }, signal }), "hello Ada");
  },

  async batch({ client }) {
    const inputs = ["Ada", "Bob", "Cy"].map((name) => ({ name }));
    const outputs: unknown[] = [];
    for await (const it of client.batch(hello, inputs, { ordered: true, store: new Map() })) {
      outputs.push(it.status === "fulfilled" ? it.value : it.reason);
    }
    equal(outputs, ["hello Ada", "hello Bob", "hello Cy"]);
  },

  async output({ client, replicate }) {
    const file = await client.run("acme/painter", { input: {} }).file();
    assert(file instanceof replicate.FileOutput, "the output is a FileOutput");
    equal(await file.text(), "a picture");
    equal((await file.blob()).type, "image/png");
    let size = 0;
    for await (const chunk of file) size += chunk.length;
    equal(size, 9);
  },

  // By brand, not by name: the platform's own classes look for what only they can make.
  async "output as a stream"({ client }) {
    const make = () => client.run("acme/painter", { input: {} }).file();
    const file = await make();
    assert(file instanceof ReadableStream, "it is a stream");
    equal([file.locked, String(file).startsWith("http")], [false, true]);
    equal(await new Response(file).text(), "a picture");
    equal([file.locked || await file.text(), await file.text()], [true, "a picture"]);
    const { value } = await (await make()).getReader().read();
    assert(value instanceof Uint8Array && value.length > 0, "a reader reads bytes");
    let length = 0;
    const write = (chunk: Uint8Array) => void (length += chunk.length);
    await (await make()).pipeTo(new WritableStream({ write }));
    equal(length, 9);
    const [one, two] = (await make()).tee();
    equal([await new Response(one).text(), await new Response(two).text()], [
      "a picture",
      "a picture",
    ]);
    const zip = (await make()).pipeThrough(new CompressionStream("gzip"));
    const unzip = zip.pipeThrough(new DecompressionStream("gzip"));
    equal(await new Response(unzip).text(), "a picture");
    // Nothing was asked for before it is read, so there is nothing to end.
    await (await make()).cancel();
  },

  async upload({ client, replicate }) {
    const bytes = new TextEncoder().encode("some bytes");
    const stream = new Blob([bytes]).stream();
    const sources = [new Blob([bytes]), new File([bytes], "x.txt"), bytes, bytes.buffer, stream];
    for (const source of sources) {
      equal(await client.run("acme/reader", { input: { file: source } }), "some bytes");
    }
    const encoded = replicate.FileInput.fromBytes(bytes, { encoding: "data-uri" });
    equal(await client.run("acme/reader", { input: { file: encoded } }), "some bytes");
    const file = await client.files.create(bytes, { filename: "ä.txt", metadata: { rows: 1 } });
    equal([file.name, file.size, file.metadata], ["ä.txt", 10, { rows: 1 }]);
  },

  // A `fetch` of another make, such as node-fetch, may know no `Blob`. Deno sends only that once.
  async "upload by another fetch"({ replicate, origin }) {
    const bodies: unknown[] = [];
    const fetch = (url: string | URL | Request, init?: RequestInit) => {
      bodies.push(init?.body);
      return globalThis.fetch(url, init);
    };
    const client = new replicate.Client({ auth: "r8_test", baseUrl: `${origin}/v1`, fetch });
    equal((await client.files.create(new Blob(["abc"]))).size, 3);
    const kind = "Deno" in globalThis ? Blob : Uint8Array;
    assert(bodies[0] instanceof kind, "a small file is sent as bytes");
    equal((await client.files.create(new Uint8Array(8_000_001))).size, 8_000_001);
    assert(!(bodies[1] instanceof Uint8Array), "a large file is not held in memory");
  },

  async "upload large"({ client }) {
    const bytes = new Uint8Array(3_000_000).map((_, i) => i);
    const file = await client.files.create(new Blob([bytes]), { filename: "large.bin" });
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const hex = [...digest].map((it) => it.toString(16).padStart(2, "0")).join("");
    equal([file.size, file.checksums.sha256], [3_000_000, hex]);
  },

  // Each runtime has its own way to send a stream with its length, and its own hash.
  async sink({ client, sinks, origin, folder }) {
    const bytes = new Uint8Array(3_000_000).map((_, i) => i);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const sha256 = [...digest].map((it) => it.toString(16).padStart(2, "0")).join("");
    const answers: Promise<unknown>[] = [];
    const byPut = sinks.putSink(({ name }) => `${origin}/__put?X-Amz-Signature=${name}`, {
      fetch: async (url, init) => {
        const response = await globalThis.fetch(url, init);
        answers.push(response.clone().json());
        return response;
      },
    });
    const put = await client.run("acme/muralist", { input: {}, sink: byPut }).file();
    equal(put.stored, { location: `${origin}/__put`, size: 3_000_000, sha256 });
    const type = "image/png";
    equal(await Promise.all(answers), [{ method: "PUT", length: 3_000_000, type, sha256 }]);
    if (!folder) return;
    const sink = sinks.folderSink(`${folder}/murals`, { name: ({ name }) => name });
    const saved = await client.run("acme/muralist", { input: {}, sink }).file();
    equal(saved.stored, { location: `${folder}/murals/m.png`, size: 3_000_000, sha256 });
  },

  async list({ client }) {
    const ids: string[] = [];
    for await (const { id } of client.predictions.list()) ids.push(id);
    const [page] = [await client.predictions.list()];
    assert(ids.length > page.results.length, "there is more than one page");
    equal(new Set(ids).size, ids.length);
  },

  async webhook({ webhooks }) {
    const secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
    const body = JSON.stringify({ id: "a", status: "succeeded", output: "ü" });
    const headers = await webhooks.signWebhook(body, { secret });
    const request = () =>
      new Request("https://example.com/hook", { method: "POST", headers, body });
    equal((await webhooks.verifyWebhook(request(), { secret })).output, "ü");
    equal((await webhooks.verifyWebhook({ headers, body }, { secret })).output, "ü");
    const error = await rejection(
      webhooks.verifyWebhook(request(), { secret: secret + "BBBB" }),
    );
    assert(error instanceof webhooks.WebhookError, `${error} is a WebhookError`);
    equal(error.code, "signature");
  },

  async handler({ webhooks, serve }) {
    const secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
    const ended: unknown[] = [];
    const on = { completed: ({ output }: { output?: unknown }) => void ended.push(output) };
    const { url, close } = await serve!(webhooks.webhookHandler({ secret, on }));
    try {
      const body = JSON.stringify({ id: "a", status: "succeeded", output: "é☃", urls: {} });
      const post = async (given: Headers, sent = body) => {
        const answer = await fetch(url, { method: "POST", headers: given, body: sent });
        await answer.text();
        return answer.status;
      };
      const headers = await webhooks.signWebhook(body, { secret });
      equal([await post(headers), await post(headers)], [204, 204]);
      equal(ended, ["é☃"]);
      equal(await post(headers, body + " "), 401);
      const big = "x".repeat(12_000_000);
      equal(await post(await webhooks.signWebhook(big, { secret }), big).catch(() => 413), 413);
      const get = await fetch(url);
      await get.text();
      equal(get.status, 405);
    } finally {
      close();
    }
  },

  async errors({ client, replicate }) {
    const invalid = await rejection(client.run("acme/strict", { input: { steps: 99 } }));
    assert(invalid instanceof replicate.ApiError, `${invalid} is an ApiError`);
    assert(invalid instanceof replicate.ReplicateError, "it is a ReplicateError");
    equal([invalid.status, invalid.name], [422, "ApiError"]);
    const failed = await rejection(client.run("acme/broken", { input: {} }));
    assert(failed instanceof replicate.PredictionError, `${failed} is a PredictionError`);
    equal(failed.prediction.error, "out of paint");
    const shown = [invalid, failed, client].map((it) => `${it} ${JSON.stringify(it)}`).join();
    assert(!shown.includes("r8_secret"), "no error shows the token");
  },

  async retry({ client, seen }) {
    equal((await client.account.get()).type, "organization");
    const { requests } = await seen();
    equal(requests.filter((it) => it === "GET /account").length, 2);
  },

  async timeout({ client, replicate }) {
    const begun = Date.now();
    const patient = client.with({ timeout: { connect: 100 }, retry: false });
    const error = await rejection(patient.hardware.list());
    assert(error instanceof replicate.TimeoutError, `${error} is a TimeoutError`);
    equal(error.phase, "connect");
    assert(Date.now() - begun < 2000, "it ends on time");
  },

  defaultExport({ replicate }) {
    assert(replicate.default === replicate.Client, "the default export is Client");
    return Promise.resolve();
  },

  async refused({ client, replicate }) {
    const nowhere = client.with({
      auth: "r8_none",
      baseUrl: "http://127.0.0.1:1/v1",
      retry: false,
    });
    const error = await rejection(nowhere.account.get());
    assert(error instanceof replicate.ConnectionError, `${error} is a ConnectionError`);
  },

  async redirect({ client, replicate, origin }) {
    const error = await rejection(
      client.with({ retry: false }).request(`${origin}/__redirect`),
    );
    assert(error instanceof replicate.ReplicateError, `${error} is a ReplicateError`);
    equal(await (await fetch(`${origin}/__redirected`)).text(), "0");
  },

  async abort({ client, seen }) {
    const before = (await seen()).cancels.length;
    const reason = new Error("enough");
    // With `wait: 1` the server holds its answer, and there is no id to cancel by until it comes.
    const left = [false, 1].map((wait) => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(reason), 150);
      return rejection(
        client.run("acme/slow", { input: {}, wait, signal: controller.signal }),
      );
    });
    equal((await Promise.all(left)).every((error) => error === reason), true);
    const gone = rejection(
      client.run("acme/slow", { input: {}, signal: AbortSignal.abort(reason) }),
    );
    equal(await gone, reason);
    for (let i = 0; i < 100 && (await seen()).cancels.length < before + 2; i++) await sleep(20);
    await sleep(50);
    const { cancels } = await seen();
    equal([cancels.length, new Set(cancels).size], [before + 2, before + 2]);
  },

  async "break"({ client, seen }) {
    const before = (await seen()).cancels.length;
    for await (const _ of client.stream("acme/endless", { input: {} })) break;
    const job = await client.start("acme/endless", { input: {} });
    await job[Symbol.asyncDispose]();
    for (let i = 0; i < 100 && (await seen()).cancels.length < before + 2; i++) await sleep(20);
    equal((await seen()).cancels.length, before + 2);
  },

  // A `fetch` that sends a request again by itself would create, and bill, a prediction twice.
  async reset({ replicate, resetOrigin }) {
    const baseUrl = `${resetOrigin}/v1`;
    const client = new replicate.Client({ auth: "r8_secret", baseUrl });
    const create = () => client.predictions.create({ version: "a/b", input: {} });
    await create();
    const error = await rejection(create());
    assert(error instanceof replicate.ConnectionError, `${error} is a ConnectionError`);
    equal(await (await fetch(`${resetOrigin}/count`)).text(), "2");
  },

  async secrets({ replicate, webhooks }) {
    const { leaks, names, texts } = await searchForSecrets(replicate, webhooks);
    equal(leaks, []);
    assert(texts > 500, `${texts} texts were searched`);
    const all = ["ApiError", "AuthError", "BudgetExceededError", "ConnectionError"];
    const more = [
      "PredictionError",
      "RateLimitError",
      "StreamError",
      "TimeoutError",
      "WebhookError",
    ];
    equal(names.filter((name) => [...all, ...more].includes(name)), [...all, ...more]);
  },

  async token({ replicate, origin, envToken }) {
    const client = new replicate.Client({ baseUrl: `${origin}/v1` });
    const run = client.collections.get("official");
    if (envToken) {
      equal((await run).slug, "official");
    } else {
      const error = await rejection(run);
      assert(error instanceof replicate.AuthError, `${error} is an AuthError`);
    }
  },

  async save({ client, folder }) {
    const file = await client.run("acme/painter", { input: {} }).file();
    if (folder) {
      await file.save(`${folder}/picture.png`);
    } else {
      assert(
        await rejection(file.save("picture.png")) instanceof Error,
        "it says why not",
      );
    }
  },

  async path({ client, folder, replicate }) {
    const path = `${folder ?? "."}/picture.png`;
    const run = () =>
      client.run("acme/reader", { input: { file: replicate.FileInput.fromPath(path) } });
    if (folder) equal(await run(), "a picture");
    else {assert(
        await rejection((async () => await run())()) instanceof Error,
        "it says why not",
      );}
  },
};

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Runs all checks, one after the other. */
export async function runChecks(setup: Setup): Promise<Result[]> {
  const { origin, without = [] } = setup;
  const client = new setup.replicate.Client({
    auth: "r8_secret",
    baseUrl: `${origin}/v1`,
    retry: { minDelay: 5 },
  });
  const seen = async (): Promise<Seen> => await (await fetch(`${origin}/__seen`)).json();
  const context: Context = { ...setup, client, seen };
  const results: Result[] = [];
  for (const [name, check] of Object.entries(CHECKS)) {
    if (without.includes(name)) continue;
    try {
      await check(context);
      results.push({ name, ok: true });
    } catch (error) {
      const { stack, message } = error as Error;
      results.push({
        name,
        ok: false,
        error: stack?.includes(message) ? stack : `${error}\n${stack}`,
      });
    }
  }
  return results;
}
