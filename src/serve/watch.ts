/** `subscribe`, with which a page watches a run. It needs a ticket, and no client. */

import { checkKeys } from "../base/check.ts";
import { rename, ReplicateError } from "../errors.ts";
import { eventsOf } from "./page_events.ts";

/** The part of a run that a page may see. */
export interface WatchedRun {
  /** The id of the run. */
  id: string;
  /** The status, such as `succeeded`. */
  status: string;
  /** The output so far. */
  output?: unknown;
  /** The reason for its failure, usually text. */
  error?: unknown;
  /** Measurements such as `predict_time`, in seconds. */
  metrics?: Record<string, unknown> | undefined;
  /** The logs so far. Present only if the ticket gives the right to `logs`. */
  logs?: string | null | undefined;
  /** The time of creation, as an RFC 3339 timestamp in UTC. */
  created_at?: string | undefined;
  /** The time at which it started, or `null` if it has not. */
  started_at?: string | null | undefined;
  /** The time at which it ended, or `null` if it has not. */
  completed_at?: string | null | undefined;
}

/** An event of a run, told apart by `event`. */
export type WatchEvent =
  | { event: "output"; /** A piece of text, or the URL of a file. */ data: string }
  | { event: "logs"; data: string }
  | { event: "done"; data: WatchedRun };

/**
 * The reason why watching ended early.
 *
 * - `refused`: the ticket has expired, is not valid, or does not give the right.
 * - `failed`, `canceled`: the run failed or was canceled.
 * - `broken`: the server cannot be reached.
 */
export type WatchErrorCode = "refused" | "failed" | "canceled" | "broken";

/**
 * A run could not be watched until it succeeded; `code` says why.
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
  /** The name of the class, which minifying does not change. */
  override get name(): "WatchError" {
    return "WatchError";
  }
  override set name(name: string) {
    rename(this, name);
  }
  /** The reason for programs to act on. */
  readonly code: WatchErrorCode;

  /**
   * Creates the error.
   *
   * @param code The reason for programs to act on.
   * @param why The reason for people, which follows `Cannot watch the run: `.
   * @param options The `cause`, if another error led to this one.
   */
  constructor(code: WatchErrorCode, why: string, options?: ErrorOptions) {
    super(`Cannot watch the run: ${why}`, options);
    this.code = code;
  }
}

/** The options of {@linkcode subscribe}. */
export interface SubscribeOptions {
  /** The URL of the server's `ticketHandler`. Default `"/api/watch"`. */
  url?: string | undefined;
  /** Ends the watching: the loop throws the signal's reason. The run goes on. */
  signal?: AbortSignal | undefined;
  /** The `fetch` to use. Default: that of the page. */
  fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
}

/** The number of attempts to connect again, one after the other, before giving up. */
const TRIES = 6;
/** A connection that lasts so many milliseconds counts as a success, even if nothing came. */
const GOOD = 5000;

/** A run that a page watches. It can be read once. Leaving the loop ends the watching, not the run. */
export class Subscription implements AsyncIterable<WatchEvent> {
  /** The id of the run. */
  readonly id: string;
  readonly #url: string;
  readonly #ticket: string;
  readonly #options: SubscribeOptions;

  /** Use {@linkcode subscribe} instead. */
  constructor(ticket: string, options: SubscribeOptions) {
    checkKeys(options, ["url", "signal", "fetch"], "watch a run");
    try {
      const payload = ticket.split(".")[0]!.replaceAll("-", "+").replaceAll("_", "/");
      this.id = JSON.parse(atob(payload)).id;
      // It becomes a path, and a page may have its ticket from anywhere.
      if (typeof this.id !== "string" || !/^\w{1,64}$/.test(this.id)) throw new TypeError("no id");
    } catch {
      throw new TypeError("Cannot watch a run: the ticket is not one of issueTicket()");
    }
    this.#url = `${options.url ?? "/api/watch"}/${this.id}`;
    this.#ticket = ticket;
    this.#options = options;
  }

  /** Yields the output as text, piece by piece. */
  async *text(): AsyncGenerator<string, void, undefined> {
    for await (const { event, data } of this) {
      if (event === "output") yield data;
    }
  }

  /**
   * Cancels the run.
   *
   * @throws {WatchError} If the ticket does not give the right to, or the server cannot be reached.
   */
  async cancel(): Promise<WatchedRun> {
    const response = await this.#send("/cancel", { method: "POST" });
    return await response.json();
  }

  /** Yields every event, the last of which is `done`. */
  async *[Symbol.asyncIterator](): AsyncGenerator<WatchEvent, void, undefined> {
    const { signal } = this.#options;
    let from = "";
    for (let tries = 0;; tries++) {
      const since = Date.now();
      try {
        const headers = from === "" ? undefined : { "last-event-id": from };
        const { body } = await this.#send("", { headers });
        // A `fetch` of another kind may not pass the signal on to the body.
        const bytes = signal ? body!.pipeThrough(new TransformStream(), { signal }) : body!;
        for await (const [event, data, id] of eventsOf(bytes)) {
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
        signal?.throwIfAborted();
        if (error instanceof WatchError && (error.code !== "broken" || tries >= TRIES)) throw error;
      }
      if (Date.now() - since >= GOOD) tries = 0;
      if (tries >= TRIES) throw new WatchError("broken", "the connection breaks again and again");
      await pause(Math.min(200 * 2 ** tries, 5000), signal);
      signal?.throwIfAborted();
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
}

/** Waits, until the signal aborts. Not `delay` of `@std/async`, which is twice as large. */
function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, signal?.aborted ? 0 : ms);
    signal?.addEventListener("abort", end);
  });
}

/**
 * Watches a run in a page, with a ticket that your server has issued: see {@linkcode issueTicket}. If the
 * connection breaks, it is made again, and resumes after the last event. Nothing is sent before the first
 * event is asked for.
 *
 * @throws {TypeError} If the text is not a ticket.
 *
 * @example
 * ```ts
 * import { subscribe } from "@x/replicate/serve";
 * import { assertEquals } from "@std/assert";
 *
 * // In a page: subscribe(ticket). Here a function plays the server.
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
