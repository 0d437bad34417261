/** One delivery, handled once: claimed among all processes, compared with its job, handed to listeners. */

import {
  isStepBack,
  type JobProgress,
  listenersFor,
  progressOf,
  UNSEEN,
  type WebhookDelivery,
  type WebhookListeners,
} from "./events.ts";
import type { ExpiringStore } from "./expiring_store.ts";
import type { WebhookPayload } from "./verify.ts";

/** The time after which a delivery may be handled again, in case the process that claimed it died. */
const CLAIM = 30_000;

/** The memory of a handler. */
export interface Memory {
  readonly store: ExpiringStore;
  /** The time that a delivery and its job are remembered, in milliseconds. */
  readonly kept: number;
}

/**
 * Calls the listeners of a delivery that is signed, unless it was or is being handled.
 *
 * @returns `true` once it is handled, `false` while another process is at it.
 */
export async function deliver(
  job: WebhookPayload,
  delivery: WebhookDelivery,
  on: WebhookListeners,
  memory: Memory,
): Promise<boolean> {
  const { store, kept } = memory;
  const key = `delivery ${delivery.id}`;
  if (!await store.add(key, "claimed", CLAIM)) return await store.get(key) === "done";
  const release = holdClaim(store, key);
  try {
    await callListeners(job, delivery, on, memory).finally(release);
  } catch (error) {
    await store.delete(key);
    throw error;
  }
  await store.set(key, "done", kept);
  return true;
}

/**
 * Renews a claim for as long as the listeners take, so that no other process takes a slow one for dead.
 * The returned function stops it, and waits for a renewal that is under way: it must not come last.
 */
function holdClaim(store: ExpiringStore, key: string): () => Promise<void> {
  let renewing: Promise<unknown> | undefined;
  const renew = async (): Promise<void> => void await store.set(key, "claimed", CLAIM);
  const timer = setInterval(() => {
    // The next renewal may work, and the claim outlasts two that do not.
    renewing = renew().catch(() => {});
  }, CLAIM / 3);
  return async () => {
    clearInterval(timer);
    await renewing;
  };
}

async function callListeners(
  job: WebhookPayload,
  delivery: WebhookDelivery,
  on: WebhookListeners,
  { store, kept }: Memory,
): Promise<void> {
  const key = `job ${job.id}`;
  const progress = async (): Promise<JobProgress> => {
    const text = await store.get(key);
    return text ? JSON.parse(text) : UNSEEN;
  };
  const before = await progress();
  const now = progressOf(job);
  if (isStepBack(now, before)) return;
  for (const listener of listenersFor(on, job, now, before)) {
    // `listenersFor` chose listeners that take this kind of job; the types do not show it.
    await listener?.(job as never, { ...delivery });
  }
  // Meanwhile, another process may have handled a later webhook of this job.
  if (!isStepBack(now, await progress())) await store.set(key, JSON.stringify(now), kept);
}
