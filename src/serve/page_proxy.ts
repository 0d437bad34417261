/** The routes of a proxy: what a page asks for, whether it may, and what it sees of the answer. */

import { toMs } from "../base/duration.ts";
import { path } from "../base/path.ts";
import { eventResponse } from "../http/sse_response.ts";
import type { Prediction } from "../resources/predictions.ts";
import { AllowedModels } from "./allowed.ts";
import { readBody, readJson } from "./body.ts";
import { runEvents } from "./events.ts";
import { UserLimiter } from "./limit.ts";
import { checkOrigin, preflight, publicOrigin } from "./origin.ts";
import { RunOwners } from "./owners.ts";
import type { ProxyOptions } from "./proxy_options.ts";
import { passedOn, Refusal } from "./refusal.ts";

/** A request of a page whose origin and user are known. */
interface PageRequest {
  request: Request;
  /** Aborts when the page leaves. */
  left: AbortSignal | undefined;
  user: string;
  /** The groups of the route's pattern. */
  names: readonly string[];
}

type Route = (page: PageRequest) => Promise<Response>;

/** Answers the requests of pages. */
export class PageProxy {
  readonly #options: ProxyOptions;
  readonly #models: AllowedModels;
  readonly #limits: { runs: UserLimiter; files: UserLimiter } | undefined;
  readonly #owners: RunOwners;
  readonly #path: string;
  readonly #cancelAfter: number | undefined;
  readonly #routes: readonly [method: string, pattern: RegExp, Route][];

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
    this.#owners = new RunOwners(client, this.#models, options.store);
    this.#path = (options.path ?? "/api/replicate").replace(/\/+$/, "");
    this.#cancelAfter = cancelAfter === undefined
      ? undefined
      : Math.ceil(toMs(cancelAfter, "cancelAfter", 5000) / 1000);
    this.#routes = [
      ["POST", /^\/predictions$/, (page) => this.#create(page)],
      ["POST", /^\/models\/([^/]+\/[^/]+)\/predictions$/, (page) => this.#createOfModel(page)],
      ["POST", /^\/deployments\/([^/]+\/[^/]+)\/predictions$/, (page) => this.#createOn(page)],
      ["GET", /^\/predictions\/(\w+)$/, (page) => this.#get(page)],
      ["POST", /^\/predictions\/(\w+)\/cancel$/, (page) => this.#cancel(page)],
      ["GET", /^\/predictions\/(\w+)\/stream$/, (page) => this.#stream(page)],
      ["GET", /^\/models\/([^/]+\/[^/]+)$/, (page) => this.#model(page)],
      ["GET", /^\/models\/([^/]+\/[^/]+)\/versions\/(\w+)$/, (page) => this.#version(page)],
      ["POST", /^\/files$/, (page) => this.#upload(page)],
    ];
  }

  /**
   * Answers a request.
   *
   * @throws {Refusal} If the page may not do this.
   */
  async answer(request: Request, context: unknown): Promise<Response> {
    const { allow } = this.#options;
    const { pathname } = new URL(request.url);
    if (!pathname.startsWith(`${this.#path}/`)) throw new Refusal(404, "there is nothing here");
    checkOrigin(request, allow.origins);
    // Before the first await: Deno aborts the signal only if somebody has asked for it by then.
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

  async #create(page: PageRequest): Promise<Response> {
    this.#limits?.runs.take(page.user);
    const { version, ...body } = await this.#body(page);
    const model = await this.#models.run(version);
    return await this.#run(page, "/predictions", model, { version, ...body });
  }

  async #createOfModel(page: PageRequest): Promise<Response> {
    const model = this.#models.unpinned(page.names[0] ?? "");
    this.#limits?.runs.take(page.user);
    const { version: _, ...body } = await this.#body(page);
    const [owner = "", name = ""] = model.split("/");
    return await this.#run(page, path`/models/${owner}/${name}/predictions`, model, body);
  }

  async #createOn(page: PageRequest): Promise<Response> {
    const deployment = this.#models.deployment(page.names[0] ?? "");
    this.#limits?.runs.take(page.user);
    const { version: _, ...body } = await this.#body(page);
    const [owner = "", name = ""] = deployment.split("/");
    return await this.#run(page, path`/deployments/${owner}/${name}/predictions`, deployment, body);
  }

  /** The fields of a run that a page may set. */
  async #body(
    { request }: PageRequest,
  ): Promise<{ version?: unknown; input: Record<string, unknown> }> {
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
    { request, left, user }: PageRequest,
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
      // The client in the page does the retries, so that none of them holds a connection here.
      retry: false,
      timeout: { connect: 30_000 + seconds * 1000, request: 60_000 + seconds * 1000 },
    });
    const run: Prediction = await answer.json();
    await this.#owners.add(run.id, user);
    if (left?.aborted) await client.request(cancelPath(run.id), { method: "POST" });
    return Response.json(this.#view(request, run), {
      status: answer.status,
      headers: passedOn(answer.headers),
    });
  }

  async #get({ request, user, names: [id = ""] }: PageRequest): Promise<Response> {
    return Response.json(this.#view(request, await this.#owners.find(id, user)));
  }

  async #cancel({ request, user, names: [id = ""] }: PageRequest): Promise<Response> {
    await this.#owners.find(id, user);
    const answer = await this.#options.client.request(cancelPath(id), { method: "POST" });
    return Response.json(this.#view(request, await answer.json()));
  }

  async #stream({ request, user, names: [id = ""] }: PageRequest): Promise<Response> {
    const run = await this.#owners.find(id, user);
    if (!run.urls?.stream) throw new Refusal(404, "this run has no stream");
    const from = request.headers.get("last-event-id");
    return eventResponse((signal) => runEvents(this.#options.client, run, from, signal));
  }

  async #model({ names: [name = ""] }: PageRequest): Promise<Response> {
    const [owner = "", model = ""] = this.#models.model(name).split("/");
    const answer = await this.#options.client.request(path`/models/${owner}/${model}`);
    // The example is another user's run, with a stream of its own.
    const { default_example: _, ...rest } = await answer.json();
    return Response.json(rest);
  }

  async #version({ names: [name = "", id = ""] }: PageRequest): Promise<Response> {
    const [owner = "", model = ""] = this.#models.version(name, id).split("/");
    const answer = await this.#options.client.request(
      path`/models/${owner}/${model}/versions/${id}`,
    );
    return Response.json(await answer.json());
  }

  async #upload({ request, user }: PageRequest): Promise<Response> {
    const { allow: { files }, client } = this.#options;
    const type = request.headers.get("content-type") ?? "";
    if (!files) throw new Refusal(403, 'uploads are not allowed: send files as "data-uri"');
    if (!/^multipart\/form-data\b/i.test(type)) {
      throw new Refusal(422, "the body is not a form with a file");
    }
    this.#limits?.files.take(user);
    const bytes = await readBody(request, typeof files === "object" ? files.maxSize : 10 * 2 ** 20);
    const answer = await client.request("/files", {
      method: "POST",
      // A blob: Deno sends plain bytes a second time when a connection is reset.
      body: new Blob([bytes]),
      headers: { "content-type": type },
      retry: false,
    });
    return Response.json(await answer.json(), { status: answer.status });
  }

  /** A run as a page sees it: its URLs lead here, and its webhook is left out. */
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

  /** The shorter of the page's `Cancel-After` and ours. */
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
