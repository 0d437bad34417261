/** The event streams that pages read: the one of a proxy, and the one of a ticket. */

import { delay } from "@std/async/delay";
import { encodeEvent } from "../http/sse.ts";
import type { Prediction } from "../resources/predictions.ts";
import type { Training } from "../resources/trainings.ts";
import { visibleFailure } from "../run/errors.ts";
import type { TicketClaims } from "./ticket.ts";
import { requestJob, viewOf } from "./ticket_view.ts";
import type { ServeClient } from "./types.ts";

/** The greatest number of times to ask for the end of a run whose stream has ended. */
const LOOKS = 10;

/**
 * The events of a run as Replicate itself sends them, starting after the event with the id `from`. If
 * there is no such event, the stream ends without `done`: a client then takes the rest from the run.
 */
export async function* runEvents(
  client: ServeClient,
  run: Prediction,
  from: string | null,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  let isFound = from === null;
  try {
    for await (const { event, data, id } of client.stream(run, { signal })) {
      if (isFound) yield encodeEvent(event, data, id);
      else isFound = id === from;
    }
  } catch (error) {
    if (signal.aborted) return;
    const { reason, detail } = visibleFailure(error);
    if (reason === "error") yield encodeEvent("error", JSON.stringify({ detail }));
    yield encodeEvent("done", JSON.stringify({ reason }));
  }
}

/**
 * The events of a run as its ticket allows. An event's id is the length of the output and of the logs up
 * to it, in characters, so that any server can go on after it, and none has to keep a state.
 */
export async function* ticketEvents(
  client: ServeClient,
  job: Prediction | Training,
  claims: TicketClaims,
  from: string | null,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  const [, output = "0", logs = "0"] = /^(\d+)-(\d+)$/.exec(from ?? "") ?? [];
  const skip = { output: Number(output), logs: Number(logs) };
  const seen = { output: 0, logs: 0 };
  try {
    for await (const { event, data } of client.stream(job, { signal })) {
      if (event !== "output" && event !== "logs") continue;
      if (event === "logs" && !claims.can.includes("logs")) continue;
      const rest = data.slice(Math.max(0, skip[event] - seen[event]));
      seen[event] += data.length;
      if (rest !== "") yield encodeEvent(event, rest, `${seen.output}-${seen.logs}`);
    }
    const view = viewOf(await endOf(client, claims, signal), claims);
    yield encodeEvent("done", JSON.stringify(view));
  } catch (error) {
    if (!signal.aborted) yield encodeEvent("error", JSON.stringify(visibleFailure(error)));
  }
}

/** The run as it ended. Its stream may be a little ahead of it. */
async function endOf(
  client: ServeClient,
  claims: TicketClaims,
  signal: AbortSignal,
): Promise<Prediction | Training> {
  for (let looks = 1;; looks++) {
    const job = await requestJob(client, claims, signal);
    if (looks >= LOOKS || !/^(?:starting|processing)$/.test(job.status)) return job;
    await delay(Math.min(50 * 2 ** looks, 1000), { signal });
  }
}
