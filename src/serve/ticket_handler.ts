/** `ticketHandler`, with which pages watch and cancel the runs that they have tickets for. */

import type { Duration } from "../base/duration.ts";
import { checkKeys, wholeNumber } from "../base/check.ts";
import { ticketEvents } from "./events.ts";
import { type AllowedSites, checkOrigin, preflight, SITES } from "./origin.ts";
import { pageHandler } from "./page_handler.ts";
import { Refusal } from "./refusal.ts";
import { readTicket } from "./ticket.ts";
import { OpenStreams } from "./streams.ts";
import { cancelJob, requestJob, viewOf } from "./ticket_view.ts";
import type { Handler, ServeClient } from "./types.ts";

/** The options of {@linkcode ticketHandler}. */
export interface TicketHandlerOptions extends AllowedSites {
  /** The `Client` that holds your token. */
  client: ServeClient;
  /** The key that tickets are signed with. Of several, such as the new and the old one, any may match. */
  key: string | readonly string[];
  /**
   * The greatest number of streams that may be open with one ticket, counted in this process. One more is
   * refused with 429. Default 10.
   */
  maxStreams?: number | undefined;
  /**
   * The time after which a silent stream gets a comment, so that nothing in between cuts it while a model
   * boots. Default `"15s"`; `null` is never.
   */
  heartbeat?: Duration | null | undefined;
  /** Called with each error that pages are not told about. Default: `console.error`. */
  onError?: ((error: unknown, request: Request) => void) | undefined;
}

/**
 * Creates a handler for pages that have a ticket. `GET <url>/<id>` answers with the events of the run,
 * and `POST <url>/<id>/cancel` cancels it. The ticket comes in `Authorization: Bearer`, or in `?ticket=`
 * from an `EventSource`. In the page, {@linkcode subscribe} does all of this.
 *
 * The events are `output` (text, or the URL of a file), `logs`, and finally `done` with the run, or
 * `error` with the reason. A stream that was cut resumes by `Last-Event-ID`. The answer is 401 if the
 * ticket is forged, has expired, or is for another run, and 403 if it lacks the right.
 *
 * @throws {TypeError | RangeError} If an option cannot be used, or the handler is called with no `Request`.
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
 * // On the server, at the path /api/watch: Deno.serve(handler)
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
export function ticketHandler(options: TicketHandlerOptions): Handler {
  checkKeys(
    options,
    ["client", "key", "maxStreams", "heartbeat", "onError", ...SITES],
    "handle tickets",
  );
  const { client, key, onError, maxStreams = 10, heartbeat } = options;
  const keys = [key].flat();
  if (keys.length === 0 || keys.some((key) => typeof key !== "string" || key.length < 16)) {
    throw new TypeError("Cannot use the key of tickets: give text of at least 16 characters");
  }
  const streams = new OpenStreams(wholeNumber(maxStreams, "maxStreams"), heartbeat);
  const route = async (request: Request): Promise<Response> => {
    checkOrigin(request, options);
    const { pathname, searchParams } = new URL(request.url);
    const [, id, action] = /\/(\w+?)(\/cancel)?\/?$/.exec(pathname) ?? [];
    if (request.method === "OPTIONS") return preflight();
    const expected = action ? "POST" : "GET";
    if (request.method !== expected) throw new Refusal(405, `use ${expected}`, { allow: expected });
    const bearer = /^Bearer\s+(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
    const ticket = bearer ?? searchParams.get("ticket") ?? "";
    const claims = await readTicket(ticket, keys);
    if (!claims || claims.id !== id) {
      throw new Refusal(401, "this ticket is not valid", { "www-authenticate": "Bearer" });
    }
    const right = action ? "cancel" : "watch";
    if (!claims.can.includes(right)) {
      throw new Refusal(403, `this ticket does not give the right to ${right}`);
    }
    if (action) return Response.json(viewOf(await cancelJob(client, claims), claims));
    const job = await requestJob(client, claims);
    const from = request.headers.get("last-event-id");
    return streams.open(ticket, (signal) => ticketEvents(client, job, claims, from, signal));
  };
  return pageHandler(route, options, onError);
}
