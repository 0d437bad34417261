/** `replicate webhook watch`: posts to a local address what Replicate would post, without a tunnel. */

import { delay } from "@std/async/delay";
import type { Client } from "../client.ts";
import { isTerminal } from "../base/job.ts";
import { readable } from "../base/text.ts";
import { PredictionError } from "../run/errors.ts";
import type { JobRecord } from "../run/reader.ts";
import { signWebhook } from "../webhooks/sign.ts";
import type { Session } from "./session.ts";
import { EXIT } from "./usage.ts";
import { forwardUrl, post, webhookSecret } from "./webhook_secret.ts";

/** The milliseconds between two looks at the list of predictions. */
const LOOK = 2000;
/** The milliseconds between two polls: Replicate sends no more often. */
const POLL = 500;
/** The waits before a `completed` event is sent again, in milliseconds, as Replicate has them. */
const RETRIES: readonly number[] = [1000, 2000, 4000, 8000, 16_000, 32_000];

const EVENTS = ["start", "output", "logs", "completed"];

/** The parts of a watch. */
interface Watch {
  readonly session: Session;
  readonly client: Client;
  readonly secret: string;
  readonly url: string;
  /** The events of predictions that name none themselves. */
  readonly events: readonly string[];
}

/** Runs the command. */
export async function run(session: Session): Promise<number> {
  const { args: ids } = session;
  const isAll = session.flag("all");
  if (isAll === ids.length > 0) throw session.wrong("give the ids of predictions, or --all");
  const url = forwardUrl(session);
  if (url === undefined) throw session.wrong("--forward is missing", "Give --forward URL");
  const events = (session.option("events") ?? "output,completed").split(",");
  const odd = events.find((it) => !EVENTS.includes(it));
  if (odd !== undefined) {
    throw session.wrong(`${odd} is no event`, `There are ${EVENTS.join(", ")}`);
  }
  const secret = await webhookSecret(session);
  const watch: Watch = { session, client: await session.client(), secret, url, events };
  session.interrupt.says("Closed: the predictions go on");
  if (isAll) return await watchAll(watch);
  await Promise.all(ids.map((id) => watchOne(watch, id)));
  return EXIT.done;
}

/** Watches each prediction that is created from now on, until Ctrl-C. */
async function watchAll(watch: Watch): Promise<number> {
  const { client, session } = watch;
  const { signal } = session;
  const seen = new Set<string>();
  for (let isFirst = true;; isFirst = false) {
    const { results } = await client.predictions.list({ signal });
    for (const { id } of results) {
      if (seen.has(id)) continue;
      seen.add(id);
      if (isFirst) continue;
      watchOne(watch, id).catch((error) => session.note(`Cannot watch ${id}: ${readable(error)}`));
    }
    if (isFirst) await session.note(`Watching; each new prediction is posted to ${watch.url}`);
    await delay(LOOK, { signal });
  }
}

async function watchOne(watch: Watch, id: string): Promise<void> {
  const { client, session: { signal } } = watch;
  let before: JobRecord | undefined;
  // One after the other, as the last one must not arrive before others.
  let sent = Promise.resolve();
  const onProgress = (now: JobRecord): void => {
    const changes = changesBetween(before, now);
    before = now;
    const wanted = now.webhook_events_filter ?? watch.events;
    const event = changes.find((it) => wanted.includes(it));
    if (event) sent = sent.then(() => deliver(watch, now, event));
  };
  try {
    await client.wait(id, { signal, onProgress, interval: POLL });
  } catch (error) {
    if (!(error instanceof PredictionError)) throw error;
  }
  await sent;
}

/** The events that a change of a prediction makes. */
function changesBetween(before: JobRecord | undefined, now: JobRecord): string[] {
  if (isTerminal(now)) return ["completed"];
  const isNew = (key: "output" | "logs"): boolean =>
    Boolean(now[key]) && JSON.stringify(now[key]) !== JSON.stringify(before?.[key]);
  return [
    ...(before === undefined ? ["start"] : []),
    ...(isNew("output") ? ["output"] : []),
    ...(isNew("logs") ? ["logs"] : []),
  ];
}

/** Posts an event. That of the end is posted again until it is taken. */
async function deliver(watch: Watch, job: JobRecord, event: string): Promise<void> {
  const { session, secret, url } = watch;
  const body = JSON.stringify(job);
  const waits = event === "completed" ? RETRIES : [];
  const id = `msg_${crypto.randomUUID().replaceAll("-", "").slice(0, 27)}`;
  for (let attempt = 0;; attempt++) {
    const timestamp = new Date(session.io.now());
    const headers = await signWebhook(body, { secret, id, timestamp });
    const status = await post(url, headers, body, session.signal).catch(readable);
    await print(session, job, event, status);
    if (typeof status === "number" && status < 300) return;
    const wait = waits[attempt];
    if (wait === undefined) return;
    await delay(wait, { signal: session.signal });
  }
}

async function print(
  session: Session,
  { id, status, model }: JobRecord,
  event: string,
  answer: number | string,
): Promise<void> {
  if (!session.io.stdout.isTTY || session.flag("json")) {
    return await session.printJson({ event, id, status, model, answer });
  }
  const { paint } = session;
  const shown = answer === 200 ? paint.green("200") : paint.red(String(answer));
  await session.print(`${event}  ${status}  ${model}  ${id}  -> ${shown}\n`);
}
