/** Sends the webhooks of runs, signed, with retries. */

import { signWebhook } from "../webhooks/sign.ts";
import type { Clock } from "./clock.ts";
import { idOf } from "./ids.ts";
import type { RunState } from "./run_state.ts";
import { isRecord } from "../base/record.ts";
import type { FakeOptions, WebhookOptions } from "./types.ts";
import { viewRun } from "./view.ts";

/** An event of a run for which a webhook can be sent. */
export type WebhookEvent = "start" | "output" | "logs" | "completed";

/** One attempt to deliver a webhook. */
export interface FakeDelivery {
  /** The `webhook-id`: the same for all attempts of a delivery. */
  readonly id: string;
  /** The URL that it was sent to. */
  readonly url: string;
  /** The event that it reports. */
  readonly event: WebhookEvent;
  /** The id of the prediction or training. */
  readonly run: string;
  /** The body that was sent. */
  readonly body: string;
  /** The number of the attempt, counted from 1. */
  readonly attempt: number;
  /** The time at which it was sent, in milliseconds since 1970 on the fake's clock. */
  readonly at: number;
  /** The status of the answer, or `undefined` before the answer and when the connection failed. */
  status?: number;
}

/** A webhook that is due, once for all its attempts. */
interface Message {
  readonly id: string;
  readonly run: RunState;
  readonly event: WebhookEvent;
  readonly url: string;
  readonly body: string;
}

const DEFAULT_EVENTS: readonly WebhookEvent[] = ["output", "completed"];
const DEFAULT_RETRIES = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000];
const DEFAULT_SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
/** The shortest time in milliseconds between two webhooks for output, or two for logs. */
const THROTTLE = 500;

/** Sends webhooks, one after another for each run. */
export class Webhooks {
  readonly secret: string;
  readonly deliveries: FakeDelivery[] = [];
  readonly #options: WebhookOptions;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #queues = new Map<RunState, Promise<void>>();
  readonly #held = new Map<RunState, Message[]>();
  readonly #lastSent = new Map<string, number>();
  #lastId = 0;

  constructor(options: FakeOptions, clock: Clock, signal: AbortSignal) {
    this.secret = options.webhookSecret ?? DEFAULT_SECRET;
    this.#options = options.webhooks ?? {};
    this.#clock = clock;
    this.#signal = signal;
  }

  /** Sends a webhook for an event, if the create has asked for one. */
  notify(run: RunState, event: WebhookEvent): void {
    const { webhook, webhookEvents = DEFAULT_EVENTS } = run.init;
    if (webhook === undefined || !webhookEvents.includes(event) || this.#isThrottled(run, event)) {
      return;
    }
    const id = `msg_${idOf(`webhook ${++this.#lastId}`, 27)}`;
    const body = JSON.stringify(sortKeys({ ...viewRun(run, run.init.origins), source: undefined }));
    const message = { id, run, event, url: webhook, body };
    if (!this.#options.reorder) return this.#enqueue(message);
    const held = this.#held.get(run) ?? [];
    this.#held.set(run, [message, ...held]);
    if (event !== "completed") return;
    this.#held.delete(run);
    for (const late of [message, ...held]) this.#enqueue(late);
  }

  /** Resolves when every webhook that is due was sent. */
  async settled(): Promise<void> {
    await Promise.all(this.#queues.values());
  }

  #isThrottled(run: RunState, event: WebhookEvent): boolean {
    if (event !== "output" && event !== "logs") return false;
    const key = `${run.id} ${event}`;
    const now = this.#clock.now();
    if (now - (this.#lastSent.get(key) ?? -Infinity) < THROTTLE) return true;
    this.#lastSent.set(key, now);
    return false;
  }

  #enqueue(message: Message): void {
    const before = this.#queues.get(message.run) ?? Promise.resolve();
    const send = async (): Promise<void> => {
      for (let copy = 0; copy < (this.#options.copies ?? 1); copy++) await this.#send(message);
    };
    this.#queues.set(message.run, before.then(send).catch(() => {}));
  }

  async #send(message: Message): Promise<void> {
    const waits = message.event === "completed" ? this.#options.retries ?? DEFAULT_RETRIES : [];
    for (let attempt = 1; !await this.#attempt(message, attempt); attempt++) {
      const wait = waits[attempt - 1];
      if (wait === undefined) return;
      await this.#clock.sleep(wait, this.#signal);
    }
  }

  async #attempt({ id, run, event, url, body }: Message, attempt: number): Promise<boolean> {
    this.#signal.throwIfAborted();
    const at = this.#clock.now();
    const delivery: FakeDelivery = { id, url, event, run: run.id, body, attempt, at };
    this.deliveries.push(delivery);
    const timestamp = Math.floor(at / 1000);
    const headers = await signWebhook(body, { secret: this.secret, id, timestamp });
    headers.set("user-agent", "Webhooks/1.0.0 (sender-fake1)");
    const request = new Request(url, {
      method: "POST",
      body,
      redirect: "manual",
      signal: this.#signal,
      headers,
    });
    try {
      const deliver = this.#options.deliver ?? ((sent) => globalThis.fetch(sent));
      const answer = await deliver(request);
      delivery.status = answer.status;
      await answer.body?.cancel();
      return answer.ok;
    } catch {
      return false;
    }
  }
}

/** Sorts the keys of an object at every depth, as in Replicate's webhooks. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isRecord(value)) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, sortKeys(value[key])]));
}
