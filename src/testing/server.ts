/**
 * Takes one request from the log to its answer:
 *
 * log -> fault that prevents it? -> route -> token -> limit -> handler -> `strict`
 *     -> fault that spoils the answer? -> answer
 *
 * @module
 */
import { type Fault, faultAnswer, FaultQueue, networkError, replaces, reshape } from "./faults.ts";
import { ErrorAnswer } from "./error_answer.ts";
import { type LogEntry, logEntry } from "./log.ts";
import { bodyOf, receive, type Received } from "./receive.ts";
import { type Route, ROUTES } from "./routes/table.ts";
import type { Origins } from "./origins.ts";
import type { RecordedRequest } from "./types.ts";
import { anyOf } from "./signals.ts";
import type { World } from "./world.ts";

/** Answers requests from the state of a {@link World}, and applies the faults that are due. */
export class Server {
  readonly world: World;
  readonly faults: FaultQueue = new FaultQueue();
  readonly requests: RecordedRequest[] = [];
  /** The requests for which there is no route, as `METHOD url`. */
  readonly unknown: string[] = [];
  /** The complaints of the validator `strict`. */
  readonly problems: string[] = [];

  constructor(world: World) {
    this.world = world;
    this.faults.push(...world.options.faults ?? []);
  }

  /** Answers a request. Rejects as `fetch` does when a fault drops the connection. */
  async serve(request: Request, origins: Origins, signal?: AbortSignal): Promise<Response> {
    const { signal: ended, unlink } = anyOf(signal, this.world.closing.signal);
    try {
      return await this.#serve(request, origins, ended);
    } finally {
      unlink();
    }
  }

  /** The steps of {@link serve}, under one signal for the caller and the fake. */
  async #serve(request: Request, origins: Origins, signal: AbortSignal): Promise<Response> {
    const entry = this.#record(request);
    const fault = this.faults.take(entry.method, entry.path) ?? {};
    if (fault.drop === "before") {
      await request.body?.cancel();
      throw networkError(fault.refused ? "ECONNREFUSED" : "ECONNRESET");
    }
    const received = await receive(request, signal);
    entry.body = received.summary;
    await this.#travel(entry, signal);
    const isHandled = (!replaces(fault) && !fault.hang) || fault.accept === true;
    let response = isHandled
      ? await this.#act(request, entry, received, origins, signal)
      : undefined;
    if (fault.hang) await this.#hang(response, signal);
    if (fault.drop === "after") {
      await response?.body?.cancel();
      throw networkError("ECONNRESET");
    }
    if (response === undefined || replaces(fault)) {
      await response?.body?.cancel();
      response = faultAnswer(fault);
    }
    await this.#travel(entry, signal);
    if (fault.delay) await this.world.clock.sleep(fault.delay, signal);
    entry.status = response.status;
    return isPlain(fault) ? response : reshape(response, fault);
  }

  #record(request: Request): LogEntry {
    const entry = logEntry(request, this.world.clock.now());
    this.requests.push(entry);
    return entry;
  }

  /** Waits for one way of a request, which is half of its latency. */
  async #travel(entry: RecordedRequest, signal: AbortSignal): Promise<void> {
    const { latency = 0 } = this.world.options;
    const ms = typeof latency === "number" ? latency : latency(entry);
    if (ms > 0) await this.world.clock.sleep(ms / 2, signal);
  }

  async #hang(response: Response | undefined, signal: AbortSignal): Promise<never> {
    await response?.body?.cancel();
    return await new Promise((_, reject) => {
      if (signal.aborted) reject(signal.reason);
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  }

  /** Finds the route of a request and lets it answer, within the limits. */
  async #act(
    request: Request,
    entry: LogEntry,
    received: Received,
    origins: Origins,
    signal: AbortSignal,
  ): Promise<Response> {
    let response: Response;
    try {
      const { route, params } = this.#route(entry);
      entry.operation = route.operation;
      if (route.auth) this.#authorize(request.headers);
      const limits = route.limit === "none" ? {} : this.world.limits.take(route.limit);
      if (received.isBroken) throw new ErrorAnswer(400, "The body could not be parsed as JSON");
      const url = new URL(request.url);
      const { method, headers } = request;
      const { world } = this;
      const { body } = received;
      response = await route.handler({
        world,
        method,
        url,
        headers,
        params,
        body,
        origins,
        signal,
      });
      for (const [name, value] of Object.entries(limits)) response.headers.set(name, value);
    } catch (error) {
      if (!(error instanceof ErrorAnswer)) throw error;
      response = error.toResponse();
    }
    await this.#validate(entry, response);
    return response;
  }

  #route({ method, path, url }: LogEntry): { route: Route; params: Record<string, string> } {
    const candidates = ROUTES.filter(({ pattern }) => pattern.test(path));
    const route = candidates.find((candidate) => candidate.method === method);
    if (route === undefined) {
      this.unknown.push(`${method} ${url}`);
      if (candidates.length === 0) throw new ErrorAnswer(404, "Not found.", { bare: true });
      const allow = candidates.map((candidate) => candidate.method).join(", ");
      throw new ErrorAnswer(405, `Method "${method}" not allowed.`, { headers: { allow } });
    }
    const groups = Object.entries(route.pattern.exec(path)?.groups ?? {});
    // Output files are kept by their escaped path.
    const read = route.operation === "outputs.get" ? (text: string): string => text : unescaped;
    return { route, params: Object.fromEntries(groups.map(([key, text]) => [key, read(text)])) };
  }

  #authorize(headers: Headers): void {
    const { token } = this.world.options;
    const [, given] = /^(?:Bearer|Token) (\S+)$/i.exec(headers.get("authorization") ?? "") ?? [];
    if (given !== undefined && (token === undefined || token === given)) return;
    const detail = given === undefined
      ? "You did not pass an authentication token"
      : "You did not pass a valid authentication token";
    throw new ErrorAnswer(401, detail, { body: { title: "Unauthenticated" } });
  }

  /** Shows an exchange with Replicate's API to the validator `strict`. */
  async #validate(entry: LogEntry, response: Response): Promise<void> {
    const { strict } = this.world.options;
    const { operation } = entry;
    if (strict === undefined || operation === undefined) return;
    if (operation === "streams.get" || operation === "outputs.get") return;
    const answer = {
      status: response.status,
      contentType: response.headers.get("content-type") ?? "",
      body: await bodyOf(response),
    };
    const found = strict.validate({ operation, request: entry, answer });
    this.problems.push(...found.map((problem) => `${operation}: ${problem}`));
  }
}

/** Tells whether a fault leaves an answer as it is. */
function isPlain({ headers, retryAfter, contentType, cut, split }: Fault): boolean {
  return [headers, retryAfter, contentType, cut, split].every((part) => part === undefined);
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ErrorAnswer(400, "The path could not be read");
  }
}
