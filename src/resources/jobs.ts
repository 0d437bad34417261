/** Reading and canceling a job of either kind, by its id. */

import type { JobKind } from "../base/job.ts";
import { path } from "../base/path.ts";
import type { RequestOptions, Send } from "../http/types.ts";

/**
 * The job in its present state.
 *
 * @param note The end of the action in messages.
 */
export function getJob<T>(
  send: Send,
  kind: JobKind,
  id: string,
  options: RequestOptions | undefined,
  note = "",
): Promise<T> {
  return send<T>({
    method: "GET",
    path: path`/${kind}/${id}`,
    action: `get ${kind.slice(0, -1)} ${id}${note}`,
    expect: "record",
    options,
  });
}

/** Cancels the job, and returns it. */
export function cancelJob<T>(
  send: Send,
  kind: JobKind,
  id: string,
  options: RequestOptions | undefined,
): Promise<T> {
  return send<T>({
    method: "POST",
    path: path`/${kind}/${id}/cancel`,
    action: `cancel ${kind.slice(0, -1)} ${id}`,
    expect: "record",
    repeatable: true,
    options,
  });
}
