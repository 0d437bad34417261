/** The look for a prediction of which it is not known whether it was created. */

import { delay } from "@std/async/delay";
import { parseRef, type Ref } from "../base/ref.ts";
import { likeness, soughtRun } from "../run/likeness.ts";
import { RecentIds } from "../run/recent_ids.ts";
import type { Prediction } from "../resources/predictions.ts";
import type { DurableClient } from "./client.ts";

/** The waits before each look, in milliseconds: a prediction is in the list after some seconds at most. */
const WAITS = [0, 1000, 3000, 9000];
/** The server's clocks differ by no more, and a `Date` header has no fractions of a second. */
const SLACK = 5000;

/** The predictions that are known to be of other runs, by client. */
const known = /* @__PURE__ */ new WeakMap<DurableClient, RecentIds>();

/** Notes that a prediction belongs to a run. */
export function know(client: DurableClient, id: string): void {
  const ids = known.get(client) ?? new RecentIds();
  known.set(client, ids);
  ids.add(id);
}

/** The run that may have been created. */
export interface SoughtCreate {
  ref: Ref;
  input: object;
  webhook?: string | undefined;
  /** The moment before the create, in milliseconds since 1970 by the server's clock. */
  at: number;
}

/**
 * Looks for the prediction of a run: its id, or `"none"` if there is none like it, or `"unclear"` if there
 * are several, or one that may be it or not.
 */
export async function findCreate(
  client: DurableClient,
  { ref, input, webhook, at }: SoughtCreate,
): Promise<{ id: string } | "none" | "unclear"> {
  const sought = soughtRun(parseRef(ref), input);
  for (const wait of WAITS) {
    if (wait > 0) await delay(wait);
    const same: string[] = [];
    let maybe = 0;
    for (const prediction of await newest(client, at - SLACK)) {
      if (known.get(client)?.has(prediction.id) || !fits(prediction, webhook)) continue;
      const like = likeness(sought, prediction);
      if (like === "same") same.push(prediction.id);
      else if (like === "maybe") maybe++;
    }
    const [id] = same;
    if (id !== undefined && same.length === 1) return { id };
    if (same.length + maybe > 0) return "unclear";
  }
  return "none";
}

async function newest(client: DurableClient, earliest: number): Promise<Prediction[]> {
  const found: Prediction[] = [];
  for await (const prediction of client.predictions.list({ created_after: new Date(earliest) })) {
    // Newest first: the rest is older still, should the server not know `created_after`.
    if (Date.parse(prediction.created_at) < earliest) break;
    found.push(prediction);
  }
  return found;
}

/** True unless the webhook tells the prediction from ours. The server does not always show it. */
function fits({ webhook }: Prediction, ours: string | undefined): boolean {
  if (!webhook) return true;
  return ours !== undefined && plainUrl(webhook) === plainUrl(ours);
}

/** A URL without what a traced client adds to it. */
function plainUrl(text: string): string {
  const url = new URL(text);
  url.searchParams.delete("traceparent");
  return url.href;
}
