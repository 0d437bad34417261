/** The run behind a ticket: fetched with the server's token, and cut down to what a page may see. */

import type { Prediction } from "../resources/predictions.ts";
import type { Training } from "../resources/trainings.ts";
import type { TicketClaims } from "./ticket.ts";
import type { ServeClient } from "./types.ts";
import type { WatchedRun } from "./watch.ts";

/** Fetches the run of a ticket, or cancels it. */
export async function requestJob(
  client: ServeClient,
  { kind, id }: TicketClaims,
  action: "/cancel" | "" = "",
): Promise<Prediction | Training> {
  const method = action ? "POST" : "GET";
  return await (await client.request(`/${kind}/${id}${action}`, { method })).json();
}

/** The part of a run that a page may see: no input, no webhook, no URL of the API. */
export function viewOf(job: Prediction | Training, { can }: TicketClaims): WatchedRun {
  const { id, status, output, error, metrics, logs, created_at, started_at, completed_at } = job;
  const view = { id, status, output, error, metrics, created_at, started_at, completed_at };
  return can.includes("logs") ? { ...view, logs } : view;
}
