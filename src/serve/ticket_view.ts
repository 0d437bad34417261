/** The run behind a ticket: fetched with the server's token, and cut down to what a page may see. */

import type { Prediction } from "../resources/predictions.ts";
import type { Training } from "../resources/trainings.ts";
import { path } from "../base/path.ts";
import type { TicketClaims } from "./ticket.ts";
import type { ServeClient } from "./types.ts";
import { cancelRun, readApi } from "./upstream.ts";
import type { WatchedRun } from "./watch.ts";

/** Fetches the run of a ticket. */
export async function requestJob(
  client: ServeClient,
  { kind, id }: TicketClaims,
  page?: AbortSignal,
): Promise<Prediction | Training> {
  return await (await readApi(client, path`/${kind}/${id}`, page)).json();
}

/** Cancels the run of a ticket. */
export async function cancelJob(
  client: ServeClient,
  { kind, id }: TicketClaims,
): Promise<Prediction | Training> {
  return await (await cancelRun(client, id, kind)).json();
}

/** The part of a run that a ticket shows: never its input, its webhook, or a URL of the API. */
export function viewOf(job: Prediction | Training, { can }: TicketClaims): WatchedRun {
  const { id, status, output, error, metrics, logs, created_at, started_at, completed_at } = job;
  return {
    id,
    status,
    created_at,
    started_at,
    completed_at,
    ...(can.includes("watch") && { output, error, metrics }),
    ...(can.includes("logs") && { logs }),
  };
}
