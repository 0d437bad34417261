/** The routes of a proxy that create something: runs and files. */

import { isRecord } from "../base/record.ts";
import { toMs } from "../base/duration.ts";
import { path } from "../base/path.ts";
import type { Prediction } from "../resources/predictions.ts";
import { readBody, readJson } from "./body.ts";
import { type PageRequest, type ProxyState, type Route, viewOfRun } from "./page_request.ts";
import { passedOn, Refusal } from "./refusal.ts";
import { cancelRun, createOnce } from "./upstream.ts";

/** The fields of a run that a page may set. */
interface RunBody {
  version?: unknown;
  input: Record<string, unknown>;
}

/** The routes that create something. */
export class CreateRoutes {
  readonly #state: ProxyState;
  /** The longest run time, in seconds. */
  readonly #cancelAfter: number | undefined;
  /** The routes themselves. */
  readonly routes: readonly Route[] = [
    ["POST", /^\/predictions$/, (page) => this.#create(page)],
    ["POST", /^\/models\/([^/]+\/[^/]+)\/predictions$/, (page) => this.#createOfModel(page)],
    ["POST", /^\/deployments\/([^/]+\/[^/]+)\/predictions$/, (page) => this.#createOn(page)],
    ["POST", /^\/files$/, (page) => this.#upload(page)],
  ];

  /** @throws {RangeError} If an option cannot be used. */
  constructor(state: ProxyState) {
    this.#state = state;
    const { cancelAfter } = state.options;
    this.#cancelAfter = cancelAfter === undefined
      ? undefined
      : Math.ceil(toMs(cancelAfter, "cancelAfter", 5000) / 1000);
  }

  async #create(page: PageRequest): Promise<Response> {
    const { models, limits } = this.#state;
    limits?.runs.take(page.user);
    const body = await this.#body(page);
    const { model, version } = await models.run(body.version);
    return await this.#run(page, "/predictions", model, { ...body, version });
  }

  async #createOfModel(page: PageRequest): Promise<Response> {
    const model = this.#state.models.unpinned(page.names[0]!);
    return await this.#createNamed(page, "models", model);
  }

  async #createOn(page: PageRequest): Promise<Response> {
    const deployment = this.#state.models.deployment(page.names[0]!);
    return await this.#createNamed(page, "deployments", deployment);
  }

  /** Runs a model or a deployment by its name, which is allowed. */
  async #createNamed(
    page: PageRequest,
    kind: "models" | "deployments",
    label: string,
  ): Promise<Response> {
    this.#state.limits?.runs.take(page.user);
    const { input } = await this.#body(page);
    const [owner = "", name = ""] = label.split("/");
    return await this.#run(page, path`/${kind}/${owner}/${name}/predictions`, label, { input });
  }

  async #body({ request }: PageRequest): Promise<RunBody> {
    const body = await readJson(request, this.#state.options.maxBody ?? 2 ** 20);
    const { version, input, webhook, webhook_events_filter } = body;
    if (webhook !== undefined || webhook_events_filter !== undefined) {
      throw new Refusal(403, "a page cannot set a webhook");
    }
    if (!isRecord(input)) throw new Refusal(422, "input must be an object");
    return { version, input };
  }

  async #run(
    { request, left, user }: PageRequest,
    path: string,
    model: string,
    body: RunBody,
  ): Promise<Response> {
    const { client, allow, webhook } = this.#state.options;
    if (allow.run && !await allow.run({ model, input: body.input, user })) {
      throw new Refusal(403, "this run is not allowed");
    }
    const hold = /^wait(?:=(\d{1,2}))?$/.exec(request.headers.get("prefer") ?? "");
    const seconds = hold ? Math.min(Number(hold[1] ?? 60), 60) : 0;
    const cancelAfter = this.#shortest(request.headers.get("cancel-after"));
    const sent = { ...body, ...(webhook !== undefined && { webhook: String(webhook) }) };
    const answer = await createOnce(client, path, {
      body: new Blob([JSON.stringify(sent)]),
      headers: {
        "content-type": "application/json",
        ...(seconds > 0 && { prefer: `wait=${seconds}` }),
        ...(cancelAfter !== undefined && { "cancel-after": cancelAfter }),
      },
      timeout: { connect: 30_000 + seconds * 1000, request: 60_000 + seconds * 1000 },
    }, left);
    const run: Prediction = await answer.json();
    await this.#own(run.id, user);
    if (left.aborted) await cancelRun(client, run.id);
    return Response.json(viewOfRun(this.#state, request, run), {
      status: answer.status,
      headers: passedOn(answer.headers),
    });
  }

  /** Remembers whose a run is. A run that nobody could ever see is canceled. */
  async #own(id: string, user: string): Promise<void> {
    const { owners, options } = this.#state;
    try {
      await owners.add(id, user);
    } catch (error) {
      await cancelRun(options.client, id);
      throw error;
    }
  }

  async #upload({ request, left, user }: PageRequest): Promise<Response> {
    const { limits, options: { allow: { files }, client } } = this.#state;
    const type = request.headers.get("content-type") ?? "";
    if (!files) throw new Refusal(403, 'uploads are not allowed: send files as "data-uri"');
    if (!/^multipart\/form-data\b/i.test(type)) {
      throw new Refusal(422, "the body is not a form with a file");
    }
    limits?.files.take(user);
    const bytes = await readBody(request, typeof files === "object" ? files.maxSize : 10 * 2 ** 20);
    const headers = { "content-type": type };
    const answer = await createOnce(client, "/files", { body: new Blob([bytes]), headers }, left);
    return Response.json(await answer.json(), { status: answer.status });
  }

  /** The shorter of the page's `Cancel-After` and ours. */
  #shortest(asked: string | null): string | undefined {
    const seconds = /^(\d+)s?$/.exec(asked ?? "")?.[1];
    const ours = this.#cancelAfter;
    if (ours === undefined) return seconds === undefined ? undefined : `${seconds}s`;
    return `${Math.min(ours, Number(seconds ?? ours))}s`;
  }
}
