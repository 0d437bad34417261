/** Following a job to its end: a bar, its text as it comes, its output. */

import type { Client } from "../client.ts";
import { PredictionError } from "../run/errors.ts";
import type { Job } from "../run/job.ts";
import { present, TextPrinter } from "./output.ts";
import type { Session } from "./session.ts";
import { EXIT } from "./usage.ts";

/** The way to follow a job. */
export interface FollowOptions {
  /** The folder for files; `undefined` saves none. */
  readonly folder: string | undefined;
  /** `true` if the output is text. */
  readonly isText: boolean;
  /** `true` reads the server's stream, which has the text sooner than polls. */
  readonly isStreamed: boolean;
  /** `true` if it was started here, so that it must not run on when it cannot be followed. */
  readonly isOurs: boolean;
}

/** Follows a job to its end, prints its output, and gives the exit code. */
export async function follow(
  session: Session,
  client: Client,
  job: Job,
  options: FollowOptions,
): Promise<number> {
  const asJson = session.flag("json");
  const text = new TextPrinter(session);
  try {
    const hasStream = "stream" in job.prediction.urls && job.prediction.urls.stream;
    if (options.isStreamed && hasStream && !asJson) await readStream(session, client, job, text);
    else await readEvents(session, job, options.isText && !asJson ? text : undefined);
  } catch (error) {
    session.bar.stop();
    // It is waited for when the session ends.
    if (options.isOurs) job.cancel().catch(() => {});
    await text.end();
    if (asJson && error instanceof PredictionError) await session.printJson(error.prediction);
    throw error;
  }
  session.interrupt.disowns(job.id);
  await text.end();
  if (!text.hasPrinted) await present(session, client, job.prediction, options.folder);
  return EXIT.done;
}

async function readStream(
  session: Session,
  client: Client,
  job: Job,
  text: TextPrinter,
): Promise<void> {
  session.bar.update({ label: job.status });
  for await (const piece of client.stream(job).text()) await text.add(piece);
  // The stream has said that it is done; a job that is not let go would be canceled.
  job.detach();
  if (!text.hasPrinted) await client.wait(job.id, { signal: session.signal });
}

async function readEvents(
  session: Session,
  job: Job,
  text: TextPrinter | undefined,
): Promise<void> {
  let label = String(job.status);
  let share: number | undefined;
  for await (const { event, data } of job.events()) {
    if (event === "status") label = data;
    if (event === "progress") share = data.percentage;
    if (event === "output" && text && typeof data === "string") await text.add(data);
    if (!text?.hasPrinted) session.bar.update({ label, share });
  }
  session.bar.stop();
}
