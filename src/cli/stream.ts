/** `replicate stream`: prints the output while it is made. */

import type { EventStream } from "../run/event_stream.ts";
import { TextPrinter } from "./output.ts";
import { startJob } from "./run.ts";
import type { Session } from "./session.ts";
import { prepare, readWritten, refOf } from "./target.ts";
import { EXIT } from "./usage.ts";

/** Runs the command. */
export async function run(session: Session): Promise<number> {
  const [name = "", ...words] = session.args;
  // The ids of predictions have no slash; the one of a version is longer.
  const isJob = /^[a-z0-9]{20,40}$/.test(name);
  if (isJob && words.length > 0) throw session.wrong("a prediction that exists takes no options");
  const written = await readWritten(session, words);
  const ref = isJob ? undefined : refOf(session, name);
  const client = await session.client();
  if (!ref) {
    session.interrupt.says(`Interrupted: ${name} goes on`);
    const { signal } = session;
    return await printStream(
      session,
      client.stream(await client.resume(name, undefined, { signal })),
    );
  }
  const job = await startJob(session, client, await prepare(session, client, ref, written));
  const code = await printStream(session, client.stream(job)).catch((error) => {
    job.cancel().catch(() => {});
    throw error;
  });
  job.detach();
  session.interrupt.disowns(job.id);
  return code;
}

async function printStream(session: Session, events: EventStream): Promise<number> {
  const asJson = session.flag("json");
  const text = new TextPrinter(session);
  try {
    for await (const event of events) {
      session.bar.stop();
      if (asJson) await session.printJson(event);
      else if (event.event === "output") await text.add(event.data);
    }
  } finally {
    await text.end();
  }
  return EXIT.done;
}
