/** Waits for a Cog server to have set up its model. */

import { delay } from "@std/async/delay";
import { checkKeys } from "../base/check.ts";
import { uptime } from "../base/clock.ts";
import { toMs } from "../base/duration.ts";
import { fieldsOf } from "../base/record.ts";
import { excerpt, parsed } from "../base/text.ts";
import { ReplicateError } from "../errors.ts";
import { isNetworkLoss } from "../http/network.ts";
import type { ReadyOptions } from "./options.ts";
import type { CogServer } from "./server.ts";

/** The wait between two looks, in milliseconds. */
const INTERVAL = 500;

/** Resolves when the server can run predictions. */
export async function whenReady(server: CogServer, options: ReadyOptions = {}): Promise<void> {
  checkKeys(options, ["timeout", "signal"], "wait for a Cog server");
  const { timeout = "10m", signal } = options;
  const end = uptime() + toMs(timeout, "timeout");
  const waiting = signal ? { signal } : {};
  for (;;) {
    signal?.throwIfAborted();
    const status = await healthOf(server, signal);
    if (/^(?:READY|BUSY)$/.test(status)) return;
    if (uptime() >= end) {
      throw new ReplicateError(`Cannot use the Cog server at ${server.url}: it is ${status} yet`);
    }
    await delay(INTERVAL, waiting);
  }
}

/** The status that the server tells, or `not reachable`. */
async function healthOf(server: CogServer, signal: AbortSignal | undefined): Promise<string> {
  let text: string;
  try {
    text = await (await server.get("/health-check", signal)).text();
  } catch (error) {
    if (signal?.aborted || !isNetworkLoss(error)) throw error;
    return "not reachable";
  }
  const { status, setup } = fieldsOf(parsed(text));
  if (typeof status !== "string") {
    throw new ReplicateError(
      `Cannot use ${server.url}: its /health-check is not that of a Cog server`,
    );
  }
  if (!/^(?:SETUP_FAILED|DEFUNCT)$/.test(status)) return status;
  const logs = String(fieldsOf(setup).logs ?? "").trim();
  const words = logs && `: ${excerpt(logs.slice(-300))}`;
  throw new ReplicateError(`Cannot use the Cog server at ${server.url}: it is ${status}${words}`);
}
