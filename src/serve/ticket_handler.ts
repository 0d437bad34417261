import { delay } from "@std/async/delay";
import type { Prediction } from "../resources/predictions.ts";
import type { Training } from "../resources/trainings.ts";
import { answerTo, checkOrigin, finish, preflight, Refusal } from "./http.ts";
import { encodeEvent } from "../http/sse.ts";
import { eventResponse } from "../http/sse_response.ts";
import { failureOf } from "./events.ts";
import { readTicket, type TicketClaims } from "./ticket.ts";
import type { Handler, ServeClient } from "./types.ts";
import type { WatchedRun } from "./watch.ts";

/** What `ticketHandler` takes. */
export interface TicketHandlerOptions {
  /** A `Client` with your token. */
  client: ServeClient;
  /** What tickets are signed with; with several, such as the new and the old one, any will do. */
  key: string | readonly string[];
  /** Other sites whose pages may use this. Default: pages of the same host only. */
  origins?: readonly string[] | undefined;
  /** Told of what went wrong on the server. Default: `console.error`. */
  onError?: ((error: unknown, request: Request) => void) | undefined;
}

/** How often a run whose stream has ended is asked for how it ended. */
const LOOKS = 10;

/**
 * A handler for pages that have a ticket: `GET <url>/<id>` are the events of the run as an event stream,
 * `POST <url>/<id>/cancel` stops it. The ticket is in `Authorization: Bearer`, or for an `EventSource`
 * in `?ticket=`. Its end of the matter in the page is `subscribe`.
 *
 * The events are `output` (text, or the URL of a file), `logs`, and in the end `done` with the run, or
 * `error` with the reason. A stream that is cut goes on where it was, by `Last-Event-ID`. A ticket that
 * is forged, has ended, or is for another run is 401; one that is not good for this, 403.
 *
 * @throws {TypeError} If a key cannot be used.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { issueTicket, subscribe, ticketHandler } from "@x/replicate/serve";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assertEquals } from "@std/assert";
 *
 * async function* run() {
 *   yield* ["Rain", " taps"];
 * }
 * await using fake = new FakeReplicate({ models: { "acme/poet": { official: true, run } } });
 * const key = "a secret of the server's own";
 *
 * // On the server: Deno.serve(handler), for the path /api/watch
 * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
 * const handler = ticketHandler({ client, key });
 * const job = await client.start("acme/poet", { input: {} });
 * const ticket = await issueTicket(job.detach(), { key, ttl: "10m" });
 *
 * // In the page: subscribe(ticket)
 * const url = "https://example.com/api/watch";
 * const fetch = (input: string, init: RequestInit) => handler(new Request(input, init));
 * let poem = "";
 * for await (const text of subscribe(ticket, { url, fetch }).text()) poem += text;
 * assertEquals(poem, "Rain taps");
 * ```
 */
export function ticketHandler({ client, key, origins, onError }: TicketHandlerOptions): Handler {
  const keys = [key].flat();
  if (keys.length === 0 || keys.some((key) => typeof key !== "string" || key.length < 16)) {
    throw new TypeError("Cannot use the key of tickets: give text of at least 16 characters");
  }
  const route = async (request: Request): Promise<Response> => {
    checkOrigin(request, origins);
    const { pathname, searchParams } = new URL(request.url);
    const [, id, action] = /\/(\w+?)(\/cancel)?\/?$/.exec(pathname) ?? [];
    if (request.method === "OPTIONS") return preflight();
    const expected = action ? "POST" : "GET";
    if (request.method !== expected) throw new Refusal(405, `use ${expected}`, { allow: expected });
    const bearer = /^Bearer\s+(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
    const claims = await readTicket(bearer ?? searchParams.get("ticket") ?? "", keys);
    if (!claims || claims.id !== id) {
      throw new Refusal(401, "this ticket is not valid", { "www-authenticate": "Bearer" });
    }
    const right = action ? "cancel" : "watch";
    if (!claims.can.includes(right)) throw new Refusal(403, `this ticket is not good for ${right}`);
    if (action) return Response.json(viewOf(await get(client, claims, "/cancel"), claims));
    const job = await get(client, claims);
    const from = request.headers.get("last-event-id");
    return eventResponse((signal) => events(client, job, claims, from, signal));
  };
  return async (request) => {
    try {
      return finish(request, await route(request), origins);
    } catch (error) {
      return finish(request, answerTo(error, request, onError), origins);
    }
  };
}

/**
 * What a page gets of a run. An event's id is how much of the output and of the logs there was by then,
 * in characters: so any server can go on after it, and no state is kept.
 */
async function* events(
  client: ServeClient,
  job: Prediction | Training,
  claims: TicketClaims,
  from: string | null,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  const [, output = "0", logs = "0"] = /^(\d+)-(\d+)$/.exec(from ?? "") ?? [];
  const skip = { output: Number(output), logs: Number(logs) };
  const seen = { output: 0, logs: 0 };
  yield ": hi\n\n";
  try {
    for await (const { event, data } of client.stream(job, { signal })) {
      if (event !== "output" && event !== "logs") continue;
      if (event === "logs" && !claims.can.includes("logs")) continue;
      const rest = data.slice(Math.max(0, skip[event] - seen[event]));
      seen[event] += data.length;
      if (rest !== "") yield encodeEvent(event, rest, `${seen.output}-${seen.logs}`);
    }
    yield encodeEvent("done", JSON.stringify(viewOf(await ended(client, claims, signal), claims)));
  } catch (error) {
    if (!signal.aborted) yield encodeEvent("error", JSON.stringify(failureOf(error)));
  }
}

/** The run as it ended: its stream may be a little ahead of it. */
async function ended(
  client: ServeClient,
  claims: TicketClaims,
  signal: AbortSignal,
): Promise<Prediction | Training> {
  for (let looks = 1;; looks++) {
    const job = await get(client, claims);
    if (looks >= LOOKS || !/^(?:starting|processing)$/.test(job.status)) return job;
    await delay(Math.min(50 * 2 ** looks, 1000), { signal });
  }
}

async function get(
  client: ServeClient,
  { kind, id }: TicketClaims,
  action: "/cancel" | "" = "",
): Promise<Prediction | Training> {
  const method = action ? "POST" : "GET";
  return await (await client.request(`/${kind}/${id}${action}`, { method })).json();
}

/** What a page may see of a run: no input, no webhook, no address. */
function viewOf(job: Prediction | Training, { can }: TicketClaims): WatchedRun {
  const { id, status, output, error, metrics, logs, created_at, started_at, completed_at } = job;
  const view = { id, status, output, error, metrics, created_at, started_at, completed_at };
  return can.includes("logs") ? { ...view, logs } : view;
}
