/** `replicate cancel`: cancels jobs that exist. */

import { isTerminal } from "../base/job.ts";
import type { Session } from "./session.ts";
import { EXIT } from "./usage.ts";

/** Runs the command. */
export async function run(session: Session): Promise<number> {
  const client = await session.client();
  for (const id of session.args) {
    const job = await client.resume(id, undefined, { signal: session.signal });
    const hadEnded = isTerminal(job.prediction);
    const record = await job.cancel();
    if (session.flag("json")) await session.printJson(record);
    else await session.print(`${id} ${hadEnded ? `had ended: ${record.status}` : "canceled"}\n`);
  }
  // They were asked for, and are no remains to be told of.
  session.traffic.cancels.clear();
  return EXIT.done;
}
