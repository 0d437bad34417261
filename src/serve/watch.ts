import { ReplicateError } from "../errors.ts";
import { parseSse } from "../http/sse.ts";

/** A run as a page may see it. */
export interface WatchedRun {
  /** Its id. */
  id: string;
  /** What it is at, such as `succeeded`. */
  status: string;
  /** What it has made so far. */
  output?: unknown;
  /** Why it has failed, usually as text. */
  error?: unknown;
  /** What it used, such as `predict_time` in seconds. */
  metrics?: Record<string, unknown> | undefined;
  /** Only with the right to `logs`. */
  logs?: string | null | undefined;
  /** RFC 3339, in UTC. */
  created_at?: string | undefined;
  /** `null` until it has. */
  started_at?: string | null | undefined;
  /** `null` until it has. */
  completed_at?: string | null | undefined;
}

/** What a page is told of a run, by `event`. */
export type WatchEvent =
  | { event: "output"; /** Text, or the URL of a file. */ data: string }
  | { event: "logs"; data: string }
  | { event: "done"; data: WatchedRun };

/**
 * Why watching has ended early.
 *
 * - `refused`: the ticket is not valid any more, or not good for this.
 * - `failed`, `canceled`: the run was.
 * - `broken`: there is no connection to the server.
 */
export type WatchErrorCode = "refused" | "failed" | "canceled" | "broken";

/**
 * A run could not be watched to its success; `code` says why.
 *
 * @example
 * ```ts
 * import { subscribe, WatchError } from "@x/replicate/serve";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const fetch = () => Promise.resolve(new Response("", { status: 401 }));
 * const ticket = `${btoa('{"id":"gm3qorzdhgbfurvjtvhg6dckhu"}')}.forged`;
 * const error = await Array.fromAsync(subscribe(ticket, { fetch })).catch((error) => error);
 * assert(error instanceof WatchError);
 * assertEquals(error.code, "refused");
 * ```
 */
export class WatchError extends ReplicateError {
  /** What it is called, also in a minified bundle. */
  override get name(): "WatchError" {
    return "WatchError";
  }
  /** Why. */
  readonly code: WatchErrorCode;

  /**
   * Made from why the watching ended.
   *
   * @param code Why, for programs.
   * @param why What is wrong, to follow `Cannot watch the run: `.
   * @param options The `cause`, if something was caught.
   */
  constructor(code: WatchErrorCode, why: string, options?: ErrorOptions) {
    super(`Cannot watch the run: ${why}`, options);
    this.code = code;
  }
}

/** How a run is watched. */
export interface SubscribeOptions {
  /** Where `ticketHandler` is. Default `"/api/watch"`. */
  url?: string | undefined;
  /** Ends the watching; the loop throws its reason. The run goes on. */
  signal?: AbortSignal | undefined;
  /** What sends requests. Default: that of the page. */
  fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
}

/** How often in a row connecting may fail before it is given up. */
const TRIES = 6;
/** A connection that held for so many milliseconds was a good one, even if nothing came. */
const GOOD = 5000;

/** A run that a page watches. It can be read once; leaving the loop ends the watching only. */
export class Subscription implements AsyncIterable<WatchEvent> {
  /** The id of the run. */
  readonly id: string;
  readonly #url: string;
  readonly #ticket: string;
  readonly #options: SubscribeOptions;

  /** Subscriptions come from {@linkcode subscribe}. */
  constructor(ticket: string, options: SubscribeOptions) {
    try {
      const payload = ticket.split(".")[0]!.replaceAll("-", "+").replaceAll("_", "/");
      this.id = JSON.parse(atob(payload)).id;
    } catch {
      throw new TypeError("Cannot watch a run: this is no ticket");
    }
    this.#url = `${options.url ?? "/api/watch"}/${this.id}`;
    this.#ticket = ticket;
    this.#options = options;
  }

  /** The text of the output, piece by piece. */
  async *text(): AsyncGenerator<string, void, undefined> {
    for await (const { event, data } of this) {
      if (event === "output") yield data;
    }
  }

  /**
   * Stops the run, if the ticket is good for that.
   *
   * @throws {WatchError} If it is not, or there is no connection.
   */
  async cancel(): Promise<WatchedRun> {
    const response = await this.#send("/cancel", { method: "POST" });
    return await response.json();
  }

  /** Every event, `done` last. */
  async *[Symbol.asyncIterator](): AsyncGenerator<WatchEvent, void, undefined> {
    let from = "";
    for (let tries = 0;; tries++) {
      const since = Date.now();
      try {
        const headers = from === "" ? undefined : { "last-event-id": from };
        const { body } = await this.#send("", { headers });
        // A `fetch` of another kind may have forgotten the signal by now.
        const { signal } = this.#options;
        const bytes = signal ? body!.pipeThrough(new TransformStream(), { signal }) : body!;
        for await (const { event, data, id } of parseSse(bytes)) {
          tries = 0;
          if (id !== undefined) from = id;
          if (event === "error") {
            const { reason, detail } = JSON.parse(data);
            throw new WatchError(reason === "canceled" ? reason : "failed", detail);
          }
          if (event === "output" || event === "logs") yield { event, data };
          if (event === "done") return yield { event, data: JSON.parse(data) };
        }
      } catch (error) {
        this.#options.signal?.throwIfAborted();
        if (error instanceof WatchError && (error.code !== "broken" || tries >= TRIES)) throw error;
      }
      if (Date.now() - since >= GOOD) tries = 0;
      if (tries >= TRIES) throw new WatchError("broken", "the connection breaks again and again");
      await this.#pause(Math.min(200 * 2 ** tries, 5000));
    }
  }

  async #send(
    path: string,
    init: { method?: string; headers?: Record<string, string> | undefined },
  ): Promise<Response> {
    const { signal, fetch = globalThis.fetch } = this.#options;
    const headers = { ...init.headers, authorization: `Bearer ${this.#ticket}` };
    let response: Response;
    try {
      response = await fetch(this.#url + path, { ...init, headers, ...(signal && { signal }) });
    } catch (cause) {
      signal?.throwIfAborted();
      throw new WatchError("broken", "no connection", { cause });
    }
    if (response.ok && response.body) return response;
    await response.body?.cancel();
    const { status } = response;
    const isOver = status >= 400 && status < 500 && status !== 429;
    throw new WatchError(isOver ? "refused" : "broken", `the server answered ${status}`);
  }

  #pause(ms: number): Promise<void> {
    const { signal } = this.#options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const stop = (): void => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", stop);
        resolve();
      }, ms);
      signal?.addEventListener("abort", stop, { once: true });
    });
  }
}

/**
 * Watches a run in a page, with a ticket from its server: see `issueTicket`. A connection that breaks is
 * made again, and goes on where it was. Nothing is sent before the first event is asked for.
 *
 * @throws {TypeError} If the text is no ticket.
 *
 * @example
 * ```ts
 * import { subscribe } from "@x/replicate/serve";
 * import { assertEquals } from "@std/assert";
 *
 * // In a page: subscribe(ticket). Here the server is played.
 * const fetch = () => Promise.resolve(new Response('event: done\ndata: {"output":["hi"]}\n\n'));
 * const ticket = `${btoa('{"id":"gm3qorzdhgbfurvjtvhg6dckhu"}')}.signature`;
 * for await (const { event, data } of subscribe(ticket, { fetch })) {
 *   assertEquals([event, data], ["done", { output: ["hi"] }]);
 * }
 * ```
 */
export function subscribe(ticket: string, options: SubscribeOptions = {}): Subscription {
  return new Subscription(ticket, options);
}
