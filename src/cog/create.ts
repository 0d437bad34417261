/** From the body of Replicate's create to a prediction of a Cog server. */

import { fieldsOf } from "../base/record.ts";
import { CogJob } from "./job.ts";

/** The addresses of a new prediction. */
export interface CreateInit {
  /** The API's address, such as `http://localhost:5000/v1`. */
  readonly base: string;
  /** The model as the caller names it. */
  readonly model: string;
  /** The address for progress; absent if there is none. */
  readonly webhook: ((id: string) => string) | undefined;
}

/** The prediction for a body, which does not run yet. */
export function jobOf(asked: unknown, { base, model, webhook }: CreateInit): CogJob {
  const { input = {}, version, webhook: given, webhook_events_filter: filter } = fieldsOf(asked);
  const id = newId();
  const url = `${base}/predictions/${id}`;
  const record = {
    id,
    model,
    version: typeof version === "string" ? version.replace(/^.*:/, "") : "local",
    input,
    logs: "",
    output: null,
    error: null,
    status: "starting",
    source: "api",
    data_removed: false,
    created_at: new Date().toISOString(),
    started_at: null,
    completed_at: null,
    metrics: {},
    urls: { get: url, cancel: `${url}/cancel`, stream: `${base}/streams/${id}` },
  };
  // A server knows one address only: that of the caller goes first.
  const to = given ?? webhook?.(id);
  const events = given === undefined ? undefined : filter;
  return new CogJob(record, {
    id,
    input,
    ...(to !== undefined && { webhook: to }),
    ...(events !== undefined && { webhook_events_filter: events }),
  });
}

const LETTERS = "abcdefghijklmnopqrstuvwxyz234567";

/** An id as Cog advises: 26 characters of base32, which are 130 random bits. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(26));
  return Array.from(bytes, (byte) => LETTERS[byte & 31]).join("");
}
