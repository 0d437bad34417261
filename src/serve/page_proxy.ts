import { toMs } from "../base/duration.ts";
import { path } from "../base/path.ts";
import type { Prediction } from "../resources/predictions.ts";
import { memoryStore, type WebhookStore } from "../webhooks/store.ts";
import { AllowedModels } from "./allowed.ts";
import {
  answerTo,
  checkOrigin,
  finish,
  passedOn,
  preflight,
  publicOrigin,
  readBody,
  readJson,
  Refusal,
} from "./http.ts";
import { UserLimiter } from "./limit.ts";
import type { ProxyOptions } from "./proxy_options.ts";
import { runEvents } from "./events.ts";
import { eventResponse } from "../http/sse_response.ts";

/** How long it is kept which run is whose. */
const KEPT = 24 * 60 * 60_000;
interface Call {
  request: Request;
  /** Aborts when the page leaves. */
  left: AbortSignal | undefined;
  user: string;
  /** The groups of the route's pattern. */
  names: readonly string[];
}

/** The proxy: what is asked, whether it is allowed, and what a page sees of it. */
export class PageProxy {
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
      throw new TypeError(
        "Cannot serve pages: name the models that they may run in `allow.models`",
      );
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
      return finish(request, answerTo(error, request, this.#options.onError), origins);
    }
  }

  async #route(request: Request, context: unknown): Promise<Response> {
    const { allow } = this.#options;
    const { pathname } = new URL(request.url);
    if (!pathname.startsWith(`${this.#path}/`)) throw new Refusal(404, "there is nothing here");
    checkOrigin(request, allow.origins);
    // Before the first await: Deno tells of a page that leaves only those who have asked by then.
    const left = request.method === "POST" ? request.signal : undefined;
    if (request.method === "OPTIONS") return preflight();
    const rest = pathname.slice(this.#path.length);
    for (const [method, pattern, action] of this.#routes) {
      const match = method === request.method && pattern.exec(rest);
      if (!match) continue;
      const user = allow.user ? await allow.user(request, context) : "";
      if (allow.user && !user) throw new Refusal(401, "sign in first");
      return await action({ request, left, user: user ?? "", names: match.slice(1) });
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
    { request, left, user }: Call,
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
    if (left?.aborted) await client.request(cancelPath(run.id), { method: "POST" });
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
    const from = request.headers.get("last-event-id");
    return eventResponse((signal) => runEvents(this.#options.client, run, from, signal));
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
    const answer = await this.#options.client.request(
      path`/models/${owner}/${model}/versions/${id}`,
    );
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
