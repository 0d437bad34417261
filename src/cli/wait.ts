/** `replicate wait`: waits for the end of a job that exists. */

import { onAbort } from "../base/async.ts";
import { LONGEST_TIMER } from "../base/clock.ts";
import type { Client } from "../client.ts";
import { TimeoutError } from "../errors.ts";
import type { JobRecord } from "../run/reader.ts";
import { follow } from "./follow.ts";
import { findModel, isText } from "./model_schema.ts";
import { checkFolder } from "./output.ts";
import type { Session } from "./session.ts";

/** Runs the command. */
export async function run(session: Session): Promise<number> {
  const [id = ""] = session.args;
  const folder = await checkFolder(session);
  session.interrupt.says(`Interrupted: ${id} goes on`);
  const client = await session.client();
  const signal = limited(session, id);
  const job = await client.resume(id, undefined, { signal });
  const isProse = job.kind === "predictions" && await isTextOf(client, job.prediction, signal);
  return await follow(session, client, job, {
    folder,
    isText: isProse,
    isStreamed: false,
    isOurs: false,
  });
}

/** `true` if a prediction makes text; where its model cannot be asked, text is taken for text. */
async function isTextOf(
  client: Client,
  { model, version }: JobRecord,
  signal: AbortSignal,
): Promise<boolean> {
  const ref = /^[0-9a-f]{64}$/.test(version) ? `${model}:${version}` : model;
  try {
    return isText((await findModel(client, ref, signal)).shape);
  } catch {
    signal.throwIfAborted();
    return true;
  }
}

/** The signal of the session, which aborts after `--timeout` as well. */
function limited(session: Session, id: string): AbortSignal {
  const limit = session.duration("timeout");
  if (limit === undefined) return session.signal;
  const controller = new AbortController();
  onAbort(session.signal, () => controller.abort(session.signal.reason));
  const text = session.option("timeout");
  const timer = setTimeout(() => {
    const message = `Cannot wait for ${id} any longer: it did not end within ${text}, and goes on`;
    controller.abort(new TimeoutError(message, { phase: "wait" }));
  }, Math.min(limit, LONGEST_TIMER));
  session.onClose(() => clearTimeout(timer));
  return controller.signal;
}
