/** `Replay`, which answers requests as a recording says. */

import { checkKeys, choice } from "../../base/check.ts";
import { type Clock, systemClock } from "../clock.ts";
import { json } from "../error_answer.ts";
import { inProcessFetch } from "../in_process.ts";
import { type LogEntry, logEntry } from "../log.ts";
import { receive } from "../receive.ts";
import { anyOf } from "../signals.ts";
import { ROUTES } from "../routes/table.ts";
import type { RecordedRequest } from "../types.ts";
import { describeCall, type ReadCall } from "./call.ts";
import { playAnswer } from "./play.ts";
import { Rewriter } from "./rewriter.ts";
import { Scrubber } from "./scrub.ts";
import { nameOf, Shelf } from "./shelf.ts";
import type { RecordedExchange, Recording, ReplayOptions } from "./types.ts";

const OPTIONS = ["match", "timing", "ignore", "clock"];

/** A recording that is played: what `FakeReplicate.from` gives. */
export class Replay implements AsyncDisposable {
  /** A `fetch` that leads to the recording, whatever the host. */
  readonly fetch: typeof globalThis.fetch;
  /**
   * Answers a request that came over a socket. Every URL of Replicate in the answer is on the
   * request's origin. A request that is not in the recording is answered with 400. It rejects
   * where the network failed in the recording.
   */
  readonly handle: (request: Request) => Promise<Response>;
  readonly #shelf: Shelf;
  readonly #clock: Clock;
  readonly #isTimed: boolean;
  readonly #rewriter: Rewriter;
  readonly #requests: LogEntry[] = [];
  readonly #unknown: string[] = [];
  readonly #closing = new AbortController();

  /** Makes a replay of a recording that is checked: see `FakeReplicate.from`. */
  constructor(recording: Recording, options: ReplayOptions = {}) {
    checkKeys(options, OPTIONS, "play a recording");
    if (options.match !== undefined) choice(options.match, ["order", "request"], "match");
    this.#clock = options.clock ?? systemClock;
    this.#isTimed = options.timing ?? false;
    this.#rewriter = new Rewriter(recording);
    this.#shelf = new Shelf(recording.exchanges, options, this.#rewriter.plain);
    this.fetch = inProcessFetch(
      (request, _, signal) => this.#serve(request, this.#rewriter.forFetch, signal),
      "https://api.replicate.com",
    );
    this.handle = (request) => this.#handle(request);
  }

  /** Every request so far, in order. */
  get requests(): readonly RecordedRequest[] {
    return this.#requests;
  }

  /** The requests that are not in the recording, each with the nearest one that is. */
  get unknown(): readonly string[] {
    return this.#unknown;
  }

  /** The exchanges of the recording that no request has asked for. */
  get unused(): readonly RecordedExchange[] {
    return this.#shelf.unused;
  }

  /** The requests so far for one operation, such as `predictions.create`. */
  requestsOf(operation: string): readonly RecordedRequest[] {
    return this.#requests.filter((request) => request.operation === operation);
  }

  /** Throws when a request was not in the recording, or one in the recording was not sent. */
  assertDone(): void {
    const problems = [
      ...this.#unknown,
      ...this.unused.map(({ request }) =>
        `${nameOf(request)} is in the recording, and was not sent`
      ),
    ];
    if (problems.length === 0) return;
    throw new Error(`Cannot call the test done:\n- ${problems.join("\n- ")}`);
  }

  /** Ends every wait. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    return Promise.resolve();
  }

  async #handle(request: Request): Promise<Response> {
    const before = this.#unknown.length;
    try {
      return await this.#serve(request, this.#rewriter.forServer, undefined);
    } catch (error) {
      const said = this.#unknown[before];
      if (said === undefined || (error as Error).message !== said) throw error;
      return json({ detail: said, status: 400 }, 400);
    }
  }

  /** Answers a request, within the lives of its caller and of this replay. */
  async #serve(
    request: Request,
    rewrite: Rewriter["forFetch"],
    asked: AbortSignal | undefined,
  ): Promise<Response> {
    const { signal, unlink } = anyOf(asked, this.#closing.signal);
    try {
      return await this.#answer(request, rewrite, signal);
    } finally {
      unlink();
    }
  }

  async #answer(
    request: Request,
    rewrite: Rewriter["forFetch"],
    signal: AbortSignal,
  ): Promise<Response> {
    const bytes = new Uint8Array(await request.arrayBuffer());
    const entry = logEntry(request, this.#clock.now());
    this.#requests.push(entry);
    const operation = operationOf(entry);
    if (operation) entry.operation = operation;
    const { method, url, headers } = request;
    entry.body = await summaryOf({ method, url, headers, bytes }, signal);
    const call = await describeCall({ method, url, headers, bytes }, new Scrubber(undefined));
    this.#rewriter.meet(url);
    const exchange = this.#find(call);
    this.#rewriter.learn(exchange.request, call);
    const response = await playAnswer(exchange.answer, {
      clock: this.#isTimed ? this.#clock : undefined,
      rewrite: rewrite(exchange.request.url, url),
      signal,
      closing: this.#closing.signal,
      beyond: () =>
        new Error(`Cannot read on in ${nameOf(call)}: the recording ends here, as its reader left`),
    });
    entry.status = response.status;
    return response;
  }

  #find(call: Parameters<Shelf["take"]>[0]): RecordedExchange {
    try {
      return this.#shelf.take(call);
    } catch (error) {
      this.#unknown.push((error as Error).message);
      throw error;
    }
  }
}

function operationOf({ method, path }: LogEntry): string | undefined {
  return ROUTES.find((route) => route.method === method && route.pattern.test(path))?.operation;
}

/** The body of a request for the log. */
async function summaryOf(
  { method, url, headers, bytes }: ReadCall,
  signal: AbortSignal,
): Promise<unknown> {
  if (!bytes || bytes.length === 0) return undefined;
  return (await receive(new Request(url, { method, headers, body: bytes }), signal)).summary;
}
