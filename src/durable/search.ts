/** The look for a prediction of which it is not known whether it was created. */

import { parseRef, type Ref } from "../base/ref.ts";
import { likeness, soughtRun } from "../run/likeness.ts";
import type { Prediction } from "../resources/predictions.ts";
import type { DurableClient } from "./client.ts";

/** The waits before each look, in milliseconds: a prediction is in the list after some seconds at most. */
const WAITS = [0, 1000, 3000, 9000];
/** The server's clocks differ by no more, and a `Date` header has no fractions of a second. */
const SLACK = 5000;

/** The number of predictions that are known at most. */
const KNOWN = 10_000;

/** The predictions that are known to be of a run, with the key of that, by client. */
const known = /* @__PURE__ */ new WeakMap<DurableClient, Map<string, string>>();

/**
 * Notes that a prediction belongs to a run. By its key, as a process may know of a prediction whose id the
 * engine has not kept, and look for it then.
 */
export function know(client: DurableClient, id: string, key: string): void {
  const keys = known.get(client) ?? new Map<string, string>();
  known.set(client, keys.set(id, key));
  if (keys.size > KNOWN) keys.delete(keys.keys().next().value!);
}

/** The run that may have been created. */
export interface SoughtCreate {
  ref: Ref;
  input: object;
  webhook?: string | undefined;
  /** The moment before the create, in milliseconds since 1970 by the server's clock. */
  at: number;
  /** The key of the run. */
  key: string;
}

/**
 * Looks for the prediction of a run: its id, or `"none"` if there is none like it, or `"unclear"` if there
 * are several, or one that may be it or not.
 */
export async function findCreate(
  client: DurableClient,
  { ref, input, webhook, at, key }: SoughtCreate,
): Promise<{ id: string } | "none" | "unclear"> {
  const sought = soughtRun(parseRef(ref), input);
  for (const wait of WAITS) {
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const same: string[] = [];
    let maybe = 0;
    for (const prediction of await newest(client, at - SLACK)) {
      const isOurs = (known.get(client)?.get(prediction.id) ?? key) === key;
      if (!isOurs || !fits(prediction, webhook)) continue;
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
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  url.searchParams.delete("traceparent");
  return url.href;
}
