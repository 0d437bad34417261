/** `cog`, the options that make a client one for a Cog server. */

import { checkKeys, wholeNumber } from "../base/check.ts";
import { hide, isRecord } from "../base/record.ts";
import { parsedUrl } from "../base/text.ts";
import type { Fetch } from "../http/options.ts";
import { Jobs } from "./jobs.ts";
import { json } from "./problem.ts";
import { whenReady } from "./ready.ts";
import type { CogOptions, ReadyOptions } from "./options.ts";
import { answer, type World } from "./routes.ts";
import { CogServer } from "./server.ts";
import { untimedFetch } from "./untimed_fetch.ts";

/** In the place of a token. Errors are searched for it, so it is no word that is found in a path. */
const NO_TOKEN = "no-token-for-cog";

/** Options for a `Client` whose models run on a Cog server. More options can be spread beside them. */
export interface Cog {
  /** Not a token: a Cog server needs none, and gets none. */
  readonly auth: string;
  /** The address that stands for that of the API. */
  readonly baseUrl: string;
  /** Files are sent within the input, as a Cog server takes no uploads. */
  readonly fileEncoding: "data-uri";
  /** Answers the client's requests, with those of Cog beneath. Others go where they lead. */
  readonly fetch: Fetch;
  /**
   * Answers the webhooks of the server, for progress: serve it at the address that `webhook` names.
   * Others cannot use it, as its address has a secret.
   */
  readonly handle: (request: Request) => Promise<Response>;
  /**
   * Waits until the server has set up its model. Not needed before a run, which waits by itself once
   * the server can be reached.
   *
   * @throws {ReplicateError} If the setup failed, the time is over, or it is no Cog server.
   */
  readonly ready: (options?: ReadyOptions) => Promise<void>;
}

/**
 * Makes a client one for a model on your own machine, in a container that Cog has built: with
 * `new Client(cog(url))`, `run`, `start`, `stream`, `batch` and the rest work as on Replicate. Any
 * name of a model is that of the container.
 *
 * @param url The address of the server, such as `http://localhost:5000`.
 * @param options The number of predictions at once, and the way of progress.
 * @throws {TypeError | RangeError} If the address or an option cannot be used.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { cog } from "@x/replicate/cog";
 * import { assertEquals } from "@std/assert";
 *
 * // In the place of a container.
 * await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (it) => {
 *   const { input } = await it.json();
 *   return Response.json({ status: "succeeded", output: `hello ${input.name}` });
 * });
 *
 * const client = new Client(cog(`http://127.0.0.1:${server.addr.port}`));
 * assertEquals(await client.run("acme/greeter", { input: { name: "Ada" } }), "hello Ada");
 * ```
 */
export function cog(url: string | URL, options: CogOptions = {}): Cog {
  checkKeys(options, ["concurrency", "webhook", "headers", "fetch"], "use a Cog server");
  const concurrency = wholeNumber(options.concurrency ?? 1, "concurrency");
  const address = addressOf(url, "the address of a Cog server");
  const server = new CogServer(address, options.headers, options.fetch);
  const jobs = new Jobs(server, concurrency);
  const secret = crypto.randomUUID();
  const to = options.webhook === undefined ? undefined : addressOf(options.webhook, "webhook");
  const base = `${address}/v1`;
  const webhook = to === undefined ? undefined : (id: string): string => `${to}/${secret}/${id}`;
  const world: World = { base, server, jobs, webhook };
  const elsewhere = options.fetch ?? ((input, init) => untimedFetch()(input, init));
  const cog = {
    auth: NO_TOKEN,
    baseUrl: base,
    fileEncoding: "data-uri" as const,
    fetch: (input: string | URL | Request, init: RequestInit = {}) => {
      const to = input instanceof Request ? input.url : String(input);
      if (!to.startsWith(`${base}/`)) return elsewhere(input, init);
      return ask(world, to, input instanceof Request ? new Request(input, init) : init);
    },
  };
  // A client refuses options that it does not know, and passes over what is not enumerable.
  hide(cog, {
    handle: (request: Request) => receive(jobs, secret, request),
    ready: (how?: ReadyOptions) => whenReady(server, how),
  });
  return cog as Cog;
}

/** The parts of a request that are used: those of options, or of a `Request`. */
type Parts = Pick<RequestInit, "method" | "headers" | "body" | "signal">;

async function ask(world: World, url: string, parts: Parts): Promise<Response> {
  const { method = "GET", headers, body, signal } = parts;
  signal?.throwIfAborted();
  const response = await answer(world, {
    method,
    path: url.slice(world.base.length).replace(/[?#].*$/s, ""),
    headers: new Headers(headers),
    body: body ? await new Response(body).text() : "",
    signal: signal ?? undefined,
  });
  return Object.defineProperty(response, "url", { value: url, configurable: true });
}

/** Takes a webhook for the progress of a prediction. */
async function receive(jobs: Jobs, secret: string, request: Request): Promise<Response> {
  const [id = "", key] = new URL(request.url).pathname.split("/").reverse();
  const job = key === secret ? jobs.get(id) : undefined;
  if (!job) return json({ detail: "Not found." }, 404);
  const state: unknown = await request.json().catch(() => undefined);
  if (isRecord(state)) job.see(state);
  return new Response(null, { status: 204 });
}

function addressOf(url: string | URL, name: string): string {
  const address = (parsedUrl(url)?.href ?? "").replace(/[?#].*$/s, "").replace(/\/+$/, "");
  if (/^https?:/.test(address)) return address;
  throw new TypeError(`Cannot use this as ${name}: give a URL such as http://localhost:5000`);
}
