/** Runs a prediction on a Cog server to its end. */

import { delay } from "@std/async/delay";
import { isRecord } from "../base/record.ts";
import { parsed, readable } from "../base/text.ts";
import { parseSse } from "../http/sse.ts";
import { isNetworkLoss, wasRefused } from "../http/network.ts";
import type { CogJob } from "./job.ts";
import { refusalOf } from "./problem.ts";
import type { CogServer } from "./server.ts";

/** The waits while a server is busy or sets up, in milliseconds. */
const WAITS = { first: 100, most: 2_000 };
/** The time after which a server without an answer has taken a prediction, in milliseconds. */
const TAKEN = 300;
/** The times that a run goes on after its connection broke. */
const REPEATS = 2;

/**
 * Runs a prediction. The job gets all that becomes known; nothing is thrown.
 *
 * A busy server is asked again, as it has not taken the prediction. After a connection that broke the
 * same request is sent again, with the same id: a server that still runs it answers with its state.
 */
export async function runJob(job: CogJob, server: CogServer): Promise<void> {
  let repeats = 0;
  for (let wait = WAITS.first; !job.ended;) {
    try {
      if (job.leaving.aborted) return job.see({ status: "canceled" });
      if (await attempt(job, server)) return;
      await pause(job, wait);
      wait = Math.min(wait * 2, WAITS.most);
    } catch (error) {
      if (!isNetworkLoss(error)) return job.refuse({ error });
      if (wasRefused(error) || ++repeats > REPEATS) return job.refuse({ error });
    }
  }
}

/** Sends the request, and reads what comes. `false` if the server is to be asked again. */
async function attempt(job: CogJob, server: CogServer): Promise<boolean> {
  const stop = (): void => void server.cancel(job.id).catch(() => {});
  job.leaving.addEventListener("abort", stop, { once: true });
  // A server without events says nothing until the end, and refuses at once.
  const timer = setTimeout(() => job.see({ status: "processing" }), TAKEN);
  try {
    const response = await server.run(job);
    clearTimeout(timer);
    const { status } = response;
    const type = response.headers.get("content-type") ?? "";
    if (status === 200 && type.startsWith("text/event-stream")) {
      await follow(job, response);
      return true;
    }
    const text = await response.text();
    if (status === 409 || status === 503) return false;
    if (!response.ok) {
      job.refuse({ answer: refusalOf(status, text) });
      return true;
    }
    const state = parsed(text);
    if (!isRecord(state)) {
      throw new Error("Cannot read the answer of the Cog server: it is not JSON");
    }
    // A 202 is the state of a run that an earlier request began.
    job.see(state.status === undefined ? { ...state, status: "succeeded" } : state);
    return job.ended;
  } finally {
    clearTimeout(timer);
    job.leaving.removeEventListener("abort", stop);
  }
}

/**
 * Reads the events of a run to its end. A stream that is joined again repeats its events: an output
 * has a number, and the log begins anew.
 */
async function follow(job: CogJob, response: Response): Promise<void> {
  let logs = "";
  for await (const { event, data } of parseSse(response.body!)) {
    const value = parsed(data);
    if (!isRecord(value)) continue;
    if (event === "start" || event === "completed") job.see(value);
    else if (event === "log") job.see({ logs: logs += String(value.data ?? "") });
    else if (event === "metric") job.see({ metrics: { [String(value.name)]: value.value } });
    else if (event === "output") job.see({ output: outputWith(job, value) });
    else if (event === "error") break;
  }
  // The error that a connection has which breaks: the run may go on.
  if (!job.ended) throw new TypeError("Cannot follow the prediction: its events ended early");
}

function outputWith({ record }: CogJob, { chunk, index }: Record<string, unknown>): unknown[] {
  const items: unknown[] = Array.isArray(record.output) ? [...record.output] : [];
  items[typeof index === "number" ? Math.min(index, items.length) : items.length] = chunk;
  return items;
}

/** Waits, or until the job is canceled. */
async function pause(job: CogJob, ms: number): Promise<void> {
  await delay(ms, { signal: job.leaving }).catch(() => {});
}

/** The reason for a refusal as one line. */
export function whyRefused(refusal: NonNullable<CogJob["refusal"]>): string {
  if ("error" in refusal) return readable(refusal.error);
  return readable(refusal.answer.body).trim();
}
