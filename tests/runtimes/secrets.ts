/**
 * A run full of faults, whose every error, event, log line, inspection, JSON form, clone and stack is
 * searched for the token and for what was asked. It uses nothing of one runtime.
 *
 * @module
 */
import type * as replicate from "../../mod.ts";
import type * as webhooks from "../../src/webhooks/mod.ts";

const TOKEN = "r8_SecretSecretSecretSecretSecretSecret0";
/** Options with the token that a page takes too: these checks also run in one. */
const PAGE = { auth: TOKEN, dangerouslyAllowBrowser: true };
/** As short as the piece of a text that an engine quotes when it is no JSON. */
const PROMPT = "plum7";
const HOOK = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
const SECRETS: Record<string, string> = {
  "the token": TOKEN,
  "the prompt": PROMPT,
  "the secret of webhooks": HOOK.slice(6),
};

/** What was found. */
export interface Findings {
  /** The places where a secret shows. */
  leaks: string[];
  /** The names of the errors that were looked at. */
  names: string[];
  /** The number of texts that were searched. */
  texts: number;
}

/** An object as a console would print it. */
async function inspector(): Promise<(value: unknown) => string> {
  const { Deno } = globalThis as { Deno?: { inspect(value: unknown, options: object): string } };
  if (Deno) return (value) => Deno.inspect(value, { depth: 12 });
  try {
    const name = "node:util";
    const { inspect } = await import(/* @vite-ignore */ name);
    return (value) => inspect(value, { depth: 12, showHidden: false });
  } catch {
    return (value) => JSON.stringify(Object.entries(Object(value)), cut());
  }
}

/** Leaves out what leads round in circles. */
function cut(): (key: string, value: unknown) => unknown {
  const seen = new Set<unknown>();
  return (_, value) => {
    if (typeof value === "bigint" || typeof value === "function") return String(value);
    if (typeof value !== "object" || value === null) return value;
    if (seen.has(value)) return "again";
    seen.add(value);
    return value;
  };
}

/** The texts that a value shows itself by. */
function* shownBy(value: unknown, inspect: (value: unknown) => string): Generator<string> {
  const forms: (() => unknown)[] = [
    () => String(value),
    () => inspect(value),
    () => JSON.stringify(value, cut()),
    () => inspect({ nested: [value] }),
    () => inspect(structuredClone(value)),
    () => JSON.stringify({ ...Object(value) }, cut()),
    () =>
      Object.keys(Object(value)).map((key) => String((value as Record<string, unknown>)[key]))
        .join(),
  ];
  for (const form of forms) {
    try {
      yield String(form());
    } catch { /* it has no such form */ }
  }
  if (!(value instanceof Error)) return;
  yield value.message;
  yield value.stack ?? "";
  if (value.cause !== undefined) yield* shownBy(value.cause, inspect);
}

/** The record of a prediction, with the prompt in it, as the API has it. */
const record = (status: string, more: object = {}): string =>
  JSON.stringify({
    id: "p1",
    model: "acme/x",
    version: "hidden",
    status,
    input: { prompt: PROMPT },
    output: null,
    error: status === "failed" ? "out of luck" : null,
    logs: `prompt: ${PROMPT}`,
    created_at: "2026-01-01T00:00:00Z",
    urls: {
      get: "https://api.replicate.com/v1/predictions/p1",
      cancel: "https://api.replicate.com/v1/predictions/p1/cancel",
      stream: "https://stream.replicate.com/v1/streams/p1",
    },
    ...more,
  });

const answer = (status: number, body: string, headers: HeadersInit = {}): Promise<Response> =>
  Promise.resolve(new Response(status === 204 ? null : body, { status, headers }));

/** An error of a `fetch` that prints the request, as several do. */
function quoting(init: RequestInit | undefined): Error {
  const headers = Object.fromEntries(new Headers(init?.headers));
  const cause = Object.assign(new Error(`reset by ${JSON.stringify(headers)}`), {
    code: "ECONNRESET",
    request: { headers },
  });
  return new TypeError("fetch failed", { cause });
}

type Fetch = NonNullable<replicate.ClientOptions["fetch"]>;

/** The faults of the server, each with a call that meets it. */
function faults(): Record<string, Fetch> {
  const events = { "content-type": "text/event-stream" };
  const stream = (text: string): Fetch => (url, init) => {
    if (String(url).includes("/streams/")) return answer(200, text, events);
    return answer(200, record(init?.method === "POST" ? "starting" : "succeeded", { output: "x" }));
  };
  return {
    "a reset that quotes the request": (_, init) => Promise.reject(quoting(init)),
    "a bug that quotes the request": (_, init) =>
      Promise.reject(
        new RangeError(`bad ${JSON.stringify(Object.fromEntries(new Headers(init?.headers)))}`),
      ),
    "silence": () => new Promise(() => {}),
    "401": () => answer(401, '{"title":"Unauthenticated","detail":"no such token","status":401}'),
    "422": () =>
      answer(
        422,
        '{"detail":"- input.steps: too many\\n","status":422,"invalid_fields":[{"type":"a","field":"input.steps","description":"too many"}]}',
      ),
    "429": () => answer(429, '{"detail":"slow down","retry_after":0}', { "retry-after": "0" }),
    "a 502 of a proxy": () =>
      answer(502, "<html><title>Bad gateway</title></html>", { "content-type": "text/html" }),
    "a redirect": () => answer(302, "", { location: `https://evil.example/?token=${TOKEN}` }),
    "a cut answer": () => answer(201, record("starting").slice(0, -40)),
    "a cut answer with a cut id": () => answer(201, `{"input":{"prompt":"${PROMPT}"},"id":"p`),
    // Engines quote the characters around.
    "a broken answer": () => answer(200, `{"input":["${PROMPT}",!]}`),
    "a broken list": () => answer(200, `{"results":["${PROMPT}",!]}`),
    "a cut list": () => answer(200, `{"results":[${record("succeeded")}`),
    "no record": () => answer(200, JSON.stringify({ input: { prompt: PROMPT } })),
    "a failed job": (_, init) =>
      answer(200, record(init?.method === "POST" ? "starting" : "failed")),
    "a canceled job": () => answer(200, record("canceled")),
    "a stream that fails": stream('event: error\ndata: {"detail":"broke"}\n\n'),
    "a stream that is cut": stream("event: output\ndata: other\n\n"),
  };
}

/** Makes the calls, and searches what comes of them. */
export async function searchForSecrets(
  { Client, FileInput, FileOutput, createSend, costMeter }: typeof replicate,
  { verifyWebhook, webhookHandler, signWebhook }: typeof webhooks,
): Promise<Findings> {
  const inspect = await inspector();
  const findings: Findings = { leaks: [], names: [], texts: 0 };
  const search = (what: string, value: unknown): void => {
    if (value instanceof Error) findings.names.push(value.name);
    for (const text of shownBy(value, inspect)) {
      findings.texts++;
      for (const [name, secret] of Object.entries(SECRETS)) {
        if (!text.includes(secret)) continue;
        const at = text.indexOf(secret);
        findings.leaks.push(`${what} shows ${name}: ${text.slice(Math.max(0, at - 120), at)}`);
      }
    }
  };
  const attempt = async (what: string, work: () => unknown): Promise<void> => {
    try {
      const value = await work();
      if (value instanceof Error) search(what, value);
    } catch (error) {
      search(what, error);
    }
  };
  const { console } = globalThis;
  const { error: print } = console;
  console.error = (...given: unknown[]) => given.forEach((it) => search("a line of the log", it));
  try {
    for (const [what, fetch] of Object.entries(faults())) {
      for (const debug of [true, (event: unknown) => search(`an event of ${what}`, event)]) {
        const client = new Client({
          auth: TOKEN,
          fetch,
          debug,
          headers: { "x-own": TOKEN },
          onWarning: (message) => search("a warning", message),
          retry: { maxRetries: 1, minDelay: 1, maxDelay: 2 },
          timeout: { connect: 20, request: 40, idle: 20 },
          limiter: false,
        });
        const input = { prompt: PROMPT };
        const options = { input, interval: 1, timeout: 400 } as const;
        search("a client", client);
        search("the options of a client", client.options);
        await attempt(`run(), ${what}`, async () => await client.run("acme/x", options));
        await attempt(`stream(), ${what}`, async () => {
          const events = client.stream("acme/x", { input, timeout: 400 });
          search("a stream", events);
          for await (const _ of events);
        });
        await attempt(`start(), ${what}`, async () => {
          const job = await client.start("acme/x", options);
          search("a job", job.toJSON());
          await job.output();
        });
        await attempt(`batch(), ${what}`, async () => {
          for await (const it of client.batch("acme/x", [input], { interval: 1, timeout: 400 })) {
            if (it.status === "rejected") search(`a result, ${what}`, it.reason);
          }
        });
        await attempt(`list(), ${what}`, async () => {
          const pages = client.predictions.list();
          search("pages", pages);
          await pages;
        });
        await attempt(
          `request(), ${what}`,
          () => client.request("/predictions", { method: "POST", body: PROMPT }),
        );
        await attempt(`files.create(), ${what}`, () => client.files.create(new Blob([PROMPT])));
      }
    }
    const client = new Client({ auth: TOKEN, fetch: () => answer(200, "{}") });
    const bad = { prompt: PROMPT, list: [PROMPT, () => PROMPT] };
    await attempt(
      "an input that is no JSON",
      async () => await client.run("acme/x", { input: bad }),
    );
    await attempt(
      "a ref that is none",
      async () => await client.run("x", { input: { prompt: PROMPT } }),
    );
    await attempt("no token", () => new Client({ auth: "" }).account.get());
    await attempt(
      "a token that is none",
      () => new Client({ ...PAGE, auth: `${TOKEN}\n${TOKEN}` }).account.get(),
    );
    await attempt(
      "a bad header",
      () => new Client({ ...PAGE, headers: { "x-a": `${TOKEN}\u2603` } }),
    );
    await attempt("a budget", async () => {
      const meter = costMeter({ prices: { models: { "*": { perRun: 2 } } }, budget: 1 });
      await meter.reserve({ ref: "acme/x" });
    });
    search("a sender", createSend(PAGE));
    search(
      "an output",
      new FileOutput(
        createSend(PAGE),
        "https://replicate.delivery/x",
      ),
    );
    search("a file", FileInput.fromBytes(new TextEncoder().encode("x")));
    const headers = await signWebhook("{}", { secret: HOOK });
    for (const body of ["{ }", "{}"]) {
      await attempt("a webhook", () => verifyWebhook({ headers, body }, { secret: `${HOOK}AAAA` }));
    }
    await attempt(
      "a secret that is none",
      () => verifyWebhook({ headers, body: "{}" }, { secret: `${HOOK}!` }),
    );
    const odd = `["${PROMPT}",!]`;
    const signed = await signWebhook(odd, { secret: HOOK });
    await attempt(
      "a webhook that is no JSON",
      () => verifyWebhook({ headers: signed, body: odd }, { secret: HOOK }),
    );
    const handler = webhookHandler({
      secret: HOOK,
      on: {},
      onError: (error) => search("a handler", error),
    });
    const refused = await handler(new Request("https://x.y", { method: "POST", body: PROMPT }));
    search("an answer to a webhook", await refused.text());
  } finally {
    console.error = print;
  }
  findings.leaks = [...new Set(findings.leaks)];
  findings.names = [...new Set(findings.names)].sort();
  return findings;
}
