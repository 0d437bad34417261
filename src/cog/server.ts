/** Requests to a Cog server, in its own words. */

import type { Fetch } from "../http/options.ts";
import type { CogJob } from "./job.ts";
import { untimedFetch } from "./untimed_fetch.ts";

/** The server of one container. */
export class CogServer {
  /** Its address, without a slash at the end. */
  readonly url: string;
  readonly #headers: Record<string, string>;
  readonly #fetch: Fetch | undefined;
  /** `false` once it has said that its model does not stream. */
  #streams = true;

  constructor(url: string, headers: HeadersInit | undefined, fetch: Fetch | undefined) {
    this.url = url;
    this.#headers = Object.fromEntries(new Headers(headers));
    this.#fetch = fetch;
  }

  /**
   * Runs a prediction under an id of ours, so that the request may be sent again. The answer is that
   * of the whole run: a stream of events where the server and its model have it, or else its end.
   */
  async run(job: CogJob): Promise<Response> {
    const accept = this.#streams ? "text/event-stream" : "application/json";
    const response = await this.#send("PUT", `/predictions/${job.id}`, { accept }, job.body);
    if (response.status !== 406 || !this.#streams) return response;
    this.#streams = false;
    await response.body?.cancel();
    return await this.run(job);
  }

  /** Cancels a prediction. An answer that it is not known is no news. */
  async cancel(id: string): Promise<void> {
    await (await this.#send("POST", `/predictions/${id}/cancel`)).body?.cancel();
  }

  /** Reads one of the other documents, such as `/openapi.json`. */
  async get(path: string, signal?: AbortSignal): Promise<Response> {
    return await this.#send("GET", path, {}, undefined, signal);
  }

  async #send(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: unknown,
    signal?: AbortSignal,
  ): Promise<Response> {
    const init: RequestInit = { method, headers: { ...this.#headers, ...headers } };
    if (signal) init.signal = signal;
    if (body !== undefined) {
      init.body = JSON.stringify(body);
      init.headers = { ...init.headers, "content-type": "application/json" };
    }
    return await (this.#fetch ?? untimedFetch())(`${this.url}${path}`, init);
  }
}
