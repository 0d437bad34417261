/** The routes of a proxy that create nothing: runs that exist, and models. */

import { path } from "../base/path.ts";
import { runEvents } from "./events.ts";
import { type PageRequest, type ProxyState, type Route, viewOfRun } from "./page_request.ts";
import { Refusal } from "./refusal.ts";
import { OpenStreams } from "./streams.ts";
import { cancelRun, readApi } from "./upstream.ts";

/** The greatest number of streams that one user may have open of one run. */
const STREAMS = 10;

/** The routes that create nothing. Each request counts against the limit of reads. */
export class ReadRoutes {
  readonly #state: ProxyState;
  readonly #streams: OpenStreams;
  /** The routes themselves. */
  readonly routes: readonly Route[] = [
    ["GET", /^\/predictions\/(\w+)$/, (page) => this.#get(page)],
    ["POST", /^\/predictions\/(\w+)\/cancel$/, (page) => this.#cancel(page)],
    ["GET", /^\/predictions\/(\w+)\/stream$/, (page) => this.#stream(page)],
    ["GET", /^\/models\/([^/]+\/[^/]+)$/, (page) => this.#model(page)],
    ["GET", /^\/models\/([^/]+\/[^/]+)\/versions\/(\w+)$/, (page) => this.#version(page)],
  ];

  constructor(state: ProxyState) {
    this.#state = state;
    this.#streams = new OpenStreams(STREAMS, state.options.heartbeat);
  }

  async #get({ request, user, names: [id = ""], left }: PageRequest): Promise<Response> {
    this.#state.limits?.reads.take(user);
    const run = await this.#state.owners.find(id, user, left);
    return Response.json(viewOfRun(this.#state, request, run));
  }

  async #cancel({ request, user, names: [id = ""] }: PageRequest): Promise<Response> {
    const { owners, limits, options } = this.#state;
    limits?.reads.take(user);
    await owners.find(id, user);
    const answer = await cancelRun(options.client, id);
    return Response.json(viewOfRun(this.#state, request, await answer.json()));
  }

  async #stream({ request, user, names: [id = ""], left }: PageRequest): Promise<Response> {
    const { owners, limits, options: { client } } = this.#state;
    limits?.reads.take(user);
    const run = await owners.find(id, user, left);
    if (!run.urls?.stream) throw new Refusal(404, "this run has no stream");
    const from = request.headers.get("last-event-id");
    return this.#streams.open(`${id} ${user}`, (signal) => runEvents(client, run, from, signal));
  }

  async #model({ user, names: [name = ""], left }: PageRequest): Promise<Response> {
    const { models, limits, options: { client } } = this.#state;
    limits?.reads.take(user);
    const [owner = "", model = ""] = models.model(name).split("/");
    const answer = await readApi(client, path`/models/${owner}/${model}`, left);
    // The example is another user's run, with a stream of its own.
    const { default_example: _, ...rest } = await answer.json();
    return Response.json(rest);
  }

  async #version({ user, names: [name = "", id = ""], left }: PageRequest): Promise<Response> {
    const { models, limits, options: { client } } = this.#state;
    limits?.reads.take(user);
    const [owner = "", model = ""] = models.version(name, id).split("/");
    const answer = await readApi(client, path`/models/${owner}/${model}/versions/${id}`, left);
    return Response.json(await answer.json());
  }
}
