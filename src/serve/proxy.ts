import { type Duration, toMs } from "../duration.ts";
import { ApiError, ConnectionError, TimeoutError } from "../errors.ts";
import { path } from "../path.ts";
import type { Prediction } from "../resources/predictions.ts";
import { memoryStore, type WebhookStore } from "../webhooks/store.ts";
import { AllowedModels } from "./allowed.ts";
import { UserLimiter, type UserLimit } from "./limit.ts";
import { checkOrigin, finish, preflight, publicOrigin } from "./origin.ts";
import { readBody, readJson } from "./read.ts";
import { proxyStream } from "./proxy_stream.ts";
import { type Handler, Refusal, type ServeClient } from "./types.ts";

/** What a page may do. What is not named here it may not. */
export interface ProxyAllow {
  /** Models it may run: `"owner/name"`, or `"owner/name:version"` for one version only. */
  models: readonly string[];
  /** Deployments it may run: `"owner/name"`. Default: none. */
  deployments?: readonly string[] | undefined;
  /**
   * Other sites whose pages may use this, such as `"https://app.example.com"`. Default: pages of the
   * same host only.
   */
  origins?: readonly string[] | undefined;
  /**
   * Who sends a request, as some name or id; nothing for those who may not: they get 401. Look at a
   * cookie or a header of your own. Default: everybody may, and all are one user.
   */
  user?:
    | ((
      request: Request,
      context: unknown,
    ) => string | null | undefined | Promise<string | null | undefined>)
    | undefined;
  /** How much each user may do, counted in this process. Default: no limit of ours. */
  limit?: UserLimit | undefined;
  /** A last look at a run before it is made; `false` refuses it. */
  run?: ((run: ProxyRun) => boolean | Promise<boolean>) | undefined;
  /** Whether files may be uploaded, and up to how many bytes each; `true`: 10 MiB. Default: no. */
  files?: boolean | { maxSize: number } | undefined;
}

/** A run that a page asks for. */
export interface ProxyRun {
  /** `owner/name` of the model or deployment. */
  model: string;
  input: Record<string, unknown>;
  /** As `allow.user` has named it; `""` without it. */
  user: string;
}

/** What `proxyHandler` takes. */
export interface ProxyOptions {
  /** A `Client` with your token. */
  client: ServeClient;
  /** What a page may do. */
  allow: ProxyAllow;
  /** Where the handler is on your server. Default `"/api/replicate"`. */
  path?: string | undefined;
  /**
   * The same as pages see it, where it differs, such as `"https://example.com/api/replicate"`. Default:
   * `path` on the request's own origin.
   */
  url?: string | URL | undefined;
  /** The longest body of a run, in bytes. Default 1 MiB. */
  maxBody?: number | undefined;
  /** Your webhook, for every run. A page cannot set one. */
  webhook?: string | URL | undefined;
  /** After how long a run is canceled, whatever the page says, at least 5 s. Default: as it says. */
  cancelAfter?: Duration | undefined;
  /**
   * Where it keeps which run is whose, for a day. A run is for the user who made it only. Default: in
   * memory; there a run that it does not know, as after a restart, is open to all who know its id if
   * its model is allowed. With a store of yours, it is open to nobody.
   */
  store?: WebhookStore | undefined;
}

/** How long it is kept which run is whose. */
const KEPT = 24 * 60 * 60_000;
const PASSED_ON = ["content-type", "retry-after", "cf-ray", "preference-applied"];

interface Call {
  request: Request;
  user: string;
  /** The groups of the route's pattern. */
  names: readonly string[];
}

/**
 * A handler between the pages of your site and Replicate, whose API browsers cannot call. It adds the
 * token, and lets through only what is allowed: running some models, looking at these runs, canceling
 * and streaming them. Everything else is refused with 403.
 *
 * A page uses the same `Client`, with `baseUrl: "/api/replicate"` and without a token. If the page is
 * gone by the time its run is made, the run is canceled.
 *
 * @throws {TypeError | RangeError} If an option cannot be used.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { proxyHandler } from "@x/replicate/serve";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const run = (input: { text?: unknown }) => `Hello, ${input.text}`;
 * await using fake = new FakeReplicate({ models: { "acme/hello": { official: true, run } } });
 *
 * // On the server: Deno.serve(handler)
 * const handler = proxyHandler({
 *   client: new Client({ auth: "r8_secret", fetch: fake.fetch }),
 *   allow: { models: ["acme/hello"], limit: { runs: 10, per: "1m" } },
 * });
 *
 * // In the page: new Client({ baseUrl: "/api/replicate" })
 * const page = new Client({
 *   auth: "",
 *   baseUrl: "https://example.com/api/replicate",
 *   headers: { authorization: "none" },
 *   fetch: (input, init) => handler(new Request(input, init)),
 * });
 * assertEquals(await page.run("acme/hello", { input: { text: "Ada" } }), "Hello, Ada");
 * ```
 */
export function proxyHandler(options: ProxyOptions): Handler {
  const proxy = new Proxy_(options);
  return (request, context) => proxy.answer(request, context);
}

class Proxy_ {
  readonly #options: ProxyOptions;
  readonly #models: AllowedModels;
  readonly #limits: { runs: UserLimiter; files: UserLimiter } | undefined;
  readonly #store: WebhookStore;
  readonly #path: string;
  readonly #cancelAfter: number | undefined;
  readonly #routes: readonly [method: string, pattern: RegExp, (call: Call) => Promise<Response>][];

  constructor(options: ProxyOptions) {
    const { client, allow, cancelAfter } = options;
    if (!Array.isArray(allow?.models)) {
      throw new TypeError("Cannot serve pages: name the models that they may run in `allow.models`");
    }
    this.#options = options;
    this.#models = new AllowedModels(client, allow.models, allow.deployments);
    this.#limits = allow.limit &&
      { runs: new UserLimiter(allow.limit), files: new UserLimiter(allow.limit) };
    this.#store = options.store ?? memoryStore();
    this.#path = (options.path ?? "/api/replicate").replace(/\/+$/, "");
    this.#cancelAfter = cancelAfter === undefined
      ? undefined
      : Math.ceil(toMs(cancelAfter, "cancelAfter", 5000) / 1000);
    this.#routes = [
      ["POST", /^\/predictions$/, (call) => this.#create(call)],
      ["POST", /^\/models\/([^/]+\/[^/]+)\/predictions$/, (call) => this.#createOfModel(call)],
      ["POST", /^\/deployments\/([^/]+\/[^/]+)\/predictions$/, (call) => this.#createOn(call)],
      ["GET", /^\/predictions\/(\w+)$/, (call) => this.#get(call)],
      ["POST", /^\/predictions\/(\w+)\/cancel$/, (call) => this.#cancel(call)],
      ["GET", /^\/predictions\/(\w+)\/stream$/, (call) => this.#stream(call)],
      ["GET", /^\/models\/([^/]+\/[^/]+)$/, (call) => this.#model(call)],
      ["GET", /^\/models\/([^/]+\/[^/]+)\/versions\/(\w+)$/, (call) => this.#version(call)],
      ["POST", /^\/files$/, (call) => this.#upload(call)],
    ];
  }

  async answer(request: Request, context: unknown): Promise<Response> {
    const { origins } = this.#options.allow;
    try {
      return finish(request, await this.#route(request, context), origins);
    } catch (error) {
      return finish(request, answerTo(error), origins);
    }
  }

  async #route(request: Request, context: unknown): Promise<Response> {
    const { allow } = this.#options;
    const { pathname } = new URL(request.url);
    if (!pathname.startsWith(`${this.#path}/`)) throw new Refusal(404, "there is nothing here");
    checkOrigin(request, allow.origins);
    if (request.method === "OPTIONS") return preflight();
    const rest = pathname.slice(this.#path.length);
    for (const [method, pattern, action] of this.#routes) {
      const match = method === request.method && pattern.exec(rest);
      if (!match) continue;
      const user = allow.user ? await allow.user(request, context) : "";
      if (allow.user && !user) throw new Refusal(401, "sign in first");
      return await action({ request, user: user ?? "", names: match.slice(1) });
    }
    throw new Refusal(403, "this is not allowed from a page");
  }

  async #create(call: Call): Promise<Response> {
    this.#limits?.runs.take(call.user);
    const { version, ...body } = await this.#body(call);
    const model = await this.#models.run(version);
    return await this.#run(call, "/predictions", model, { version, ...body });
  }

  async #createOfModel(call: Call): Promise<Response> {
    const model = this.#models.unpinned(call.names[0] ?? "");
    this.#limits?.runs.take(call.user);
    const { version: _, ...body } = await this.#body(call);
    const [owner = "", name = ""] = model.split("/");
    return await this.#run(call, path`/models/${owner}/${name}/predictions`, model, body);
  }

  async #createOn(call: Call): Promise<Response> {
    const deployment = this.#models.deployment(call.names[0] ?? "");
    this.#limits?.runs.take(call.user);
    const { version: _, ...body } = await this.#body(call);
    const [owner = "", name = ""] = deployment.split("/");
    return await this.#run(call, path`/deployments/${owner}/${name}/predictions`, deployment, body);
  }

  /** What a page says about a run: only what it may. */
  async #body({ request }: Call): Promise<{ version?: unknown; input: Record<string, unknown> }> {
    const body = await readJson(request, this.#options.maxBody ?? 2 ** 20);
    const { version, input, webhook, webhook_events_filter } = body;
    if (webhook !== undefined || webhook_events_filter !== undefined) {
      throw new Refusal(403, "a page cannot set a webhook");
    }
    if (typeof input !== "object" || input === null || Array.isArray(input)) {
      throw new Refusal(422, "input must be an object");
    }
    return { ...(version !== undefined && { version }), input: input as Record<string, unknown> };
  }

  async #run(
    { request, user }: Call,
    path: string,
    model: string,
    body: { version?: unknown; input: Record<string, unknown> },
  ): Promise<Response> {
    const { client, allow, webhook } = this.#options;
    if (allow.run && !await allow.run({ model, input: body.input, user })) {
      throw new Refusal(403, "this run is not allowed");
    }
    const hold = /^wait(?:=(\d{1,2}))?$/.exec(request.headers.get("prefer") ?? "");
    const seconds = hold ? Math.min(Number(hold[1] ?? 60), 60) : 0;
    const cancelAfter = this.#shortest(request.headers.get("cancel-after"));
    const answer = await client.request(path, {
      method: "POST",
      json: { ...body, ...(webhook !== undefined && { webhook: String(webhook) }) },
      headers: {
        ...(seconds > 0 && { prefer: `wait=${seconds}` }),
        ...(cancelAfter !== undefined && { "cancel-after": cancelAfter }),
      },
      // The page's own client waits, and sends again: this connection need not be held for it.
      retry: false,
      timeout: { connect: 30_000 + seconds * 1000, request: 60_000 + seconds * 1000 },
    });
    const run: Prediction = await answer.json();
    await this.#store.set(`run ${run.id}`, user, KEPT);
    if (request.signal.aborted) await client.request(cancelPath(run.id), { method: "POST" });
    return Response.json(this.#view(request, run), {
      status: answer.status,
      headers: passedOn(answer.headers),
    });
  }

  async #get({ request, user, names: [id = ""] }: Call): Promise<Response> {
    return Response.json(this.#view(request, await this.#look(id, user)));
  }

  async #cancel({ request, user, names: [id = ""] }: Call): Promise<Response> {
    await this.#look(id, user);
    const answer = await this.#options.client.request(cancelPath(id), { method: "POST" });
    return Response.json(this.#view(request, await answer.json()));
  }

  async #stream({ request, user, names: [id = ""] }: Call): Promise<Response> {
    const run = await this.#look(id, user);
    if (!run.urls?.stream) throw new Refusal(404, "this run has no stream");
    return proxyStream(this.#options.client, run, request.headers.get("last-event-id"));
  }

  /** A run that this user may see. To others it is not there. */
  async #look(id: string, user: string): Promise<Prediction> {
    const owner = await this.#store.get(`run ${id}`) ?? undefined;
    const isUnknown = owner === undefined && this.#options.store === undefined;
    if (owner !== user && !isUnknown) throw new Refusal(404, "there is no such run");
    const run: Prediction = await (await this.#options.client.request(`/predictions/${id}`)).json();
    if (isUnknown && !await this.#models.has(run)) throw new Refusal(404, "there is no such run");
    return run;
  }

  async #model({ names: [name = ""] }: Call): Promise<Response> {
    const [owner = "", model = ""] = this.#models.model(name).split("/");
    const answer = await this.#options.client.request(path`/models/${owner}/${model}`);
    // The example is somebody's run, with a stream of its own.
    const { default_example: _, ...rest } = await answer.json();
    return Response.json(rest);
  }

  async #version({ names: [name = "", id = ""] }: Call): Promise<Response> {
    const [owner = "", model = ""] = this.#models.version(name, id).split("/");
    const answer = await this.#options.client.request(path`/models/${owner}/${model}/versions/${id}`);
    return Response.json(await answer.json());
  }

  async #upload({ request, user }: Call): Promise<Response> {
    const { allow: { files }, client } = this.#options;
    const type = request.headers.get("content-type") ?? "";
    if (!files) throw new Refusal(403, 'uploads are not allowed: send files as "data-uri"');
    if (!/^multipart\/form-data\b/i.test(type)) throw new Refusal(422, "this is no file");
    this.#limits?.files.take(user);
    const bytes = await readBody(request, typeof files === "object" ? files.maxSize : 10 * 2 ** 20);
    const answer = await client.request("/files", {
      method: "POST",
      // A blob, as Deno sends bytes a second time when a connection is reset.
      body: new Blob([bytes]),
      headers: { "content-type": type },
      retry: false,
    });
    return Response.json(await answer.json(), { status: answer.status });
  }

  /** A run as a page sees it: its addresses are here, and what is between servers is left out. */
  #view(request: Request, run: Prediction): unknown {
    const { webhook: _, webhook_events_filter: __, urls, ...rest } = run;
    const base = this.#options.url === undefined
      ? publicOrigin(request) + this.#path
      : new URL(this.#options.url).href.replace(/\/+$/, "");
    const get = `${base}/predictions/${run.id}`;
    return {
      ...rest,
      urls: {
        ...(urls?.web && { web: urls.web }),
        get,
        cancel: `${get}/cancel`,
        ...(urls?.stream && { stream: `${get}/stream` }),
      },
    };
  }

  #shortest(asked: string | null): string | undefined {
    const seconds = /^(\d+)s?$/.exec(asked ?? "")?.[1];
    const ours = this.#cancelAfter;
    if (ours === undefined) return seconds === undefined ? undefined : `${seconds}s`;
    return `${Math.min(ours, Number(seconds ?? ours))}s`;
  }
}

function cancelPath(id: string): string {
  return path`/predictions/${id}/cancel`;
}

/** The answer to what was thrown. What is wrong with our own account is not the page's to know. */
function answerTo(error: unknown): Response {
  if (error instanceof Refusal) return error.toResponse();
  if (error instanceof ApiError) {
    if (/^40[123]$/.test(`${error.status}`)) return new Refusal(502, "not available now").toResponse();
    return new Response(error.body, { status: error.status, headers: passedOn(error.headers) });
  }
  if (error instanceof TimeoutError) return new Refusal(504, "no answer in time").toResponse();
  if (error instanceof ConnectionError) return new Refusal(502, "no connection").toResponse();
  return new Refusal(500, "the request could not be handled").toResponse();
}

function passedOn(headers: Headers): Headers {
  return new Headers(PASSED_ON.flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value] as [string, string]];
  }));
}
