/** `replicate run`: runs a model, and prints its output. */

import type { Client } from "../client.ts";
import type { Job } from "../run/job.ts";
import { follow } from "./follow.ts";
import { isStreamed, isText } from "./model_schema.ts";
import { checkFolder } from "./output.ts";
import type { Session } from "./session.ts";
import { prepare, type Prepared, readWritten, refOf } from "./target.ts";
import { EXIT } from "./usage.ts";

export { modelHelp as help } from "./model_help.ts";

/** Runs the command. */
export async function run(session: Session): Promise<number> {
  const [name = "", ...words] = session.args;
  const ref = refOf(session, name);
  const written = await readWritten(session, words);
  const detach = session.flag("detach");
  const folder = detach ? undefined : await checkFolder(session);
  const client = await session.client();
  const prepared = await prepare(session, client, ref, written);
  const job = await startJob(session, client, prepared);
  if (session.flag("web")) await openPage(session, job);
  if (detach) return await letGo(session, job);
  const { shape } = prepared;
  return await follow(session, client, job, {
    folder,
    isText: isText(shape),
    isStreamed: isStreamed(shape),
    isOurs: true,
  });
}

/** Starts a job that Ctrl-C cancels. */
export async function startJob(
  session: Session,
  client: Client,
  { ref, input }: Prepared,
): Promise<Job> {
  session.interrupt.says("Interrupted: canceling what was started (Ctrl-C again ends at once)");
  const timeout = session.duration("timeout");
  const job = await client.start(ref, {
    input,
    signal: session.signal,
    ...(timeout !== undefined && { timeout }),
    onUpload: ({ filename, loaded, total }) => {
      const share = total > 0 ? loaded / total : undefined;
      session.bar.update({ label: `uploading ${filename}`, share });
    },
  });
  session.interrupt.owns(job.id);
  session.bar.update({ label: job.status });
  return job;
}

async function letGo(session: Session, job: Job): Promise<number> {
  job.detach();
  session.interrupt.disowns(job.id);
  session.bar.stop();
  if (session.flag("json")) await session.printJson(job.prediction);
  else await session.print(`${job.id}\n`);
  return EXIT.done;
}

async function openPage(session: Session, job: Job): Promise<void> {
  const page = job.prediction.urls.web ?? `https://replicate.com/p/${job.id}`;
  await session.note(page);
  // Without a browser there is the address.
  await session.io.open(page).catch(() => {});
}
