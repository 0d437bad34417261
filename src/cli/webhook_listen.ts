/** `replicate webhook listen`: receives webhooks, verifies and prints them. */

import { isTerminal } from "../base/job.ts";
import { readable } from "../base/text.ts";
import { readBounded } from "../webhooks/body.ts";
import { toNodeHandler } from "../webhooks/node.ts";
import { verifyWebhook, type WebhookPayload } from "../webhooks/verify.ts";
import type { HttpListener } from "./node.ts";
import type { Session } from "./session.ts";
import { UsageError } from "./usage.ts";
import { forwardUrl, post, webhookSecret } from "./webhook_secret.ts";

/** The port, where nobody says which. */
const PORT = 4000;
/** The largest body that is read, in bytes. */
const LARGEST = 10_000_000;

/** Runs the command, which goes on until Ctrl-C. */
export async function run(session: Session): Promise<number> {
  const forward = forwardUrl(session);
  const port = session.count("port") ?? PORT;
  if (port > 65535) throw session.wrong(`${port} is no port`);
  const secret = await webhookSecret(session);
  const { createServer } = await session.io.http();
  const server = createServer(
    toNodeHandler((request) => receive(session, { request, secret, forward })),
  );
  session.onClose(() => {
    server.close();
    server.closeAllConnections?.();
  });
  const host = session.option("host") ?? "127.0.0.1";
  await listening(server, port, host);
  session.interrupt.says("Closed");
  await session.note(
    `Listening at http://${host}:${server.address()?.port}` +
      (forward ? `, and passing on to ${forward}` : ""),
  );
  return await new Promise(() => {});
}

async function listening(server: HttpListener, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("listening", () => resolve());
    server.once("error", (error) => {
      const { code } = error as { code?: string };
      const why = code === "EADDRINUSE" ? "another program has it" : error.message;
      reject(
        new UsageError(`Cannot listen at port ${port} of ${host}: ${why}`, {
          hint: "Give another one: --port N",
        }),
      );
    });
    server.listen(port, host);
  });
}

/** A webhook that came, and where it goes. */
interface Delivery {
  readonly request: Request;
  readonly secret: string;
  readonly forward: string | undefined;
}

async function receive(session: Session, delivery: Delivery): Promise<Response> {
  const { request, secret } = delivery;
  if (request.method !== "POST") return said(405, "Post webhooks here");
  try {
    const body = await readBounded(request, LARGEST);
    if (!body) return said(413, "Too large");
    const job = await verifyWebhook({ headers: request.headers, body }, { secret });
    const status = await passOn(session, delivery, body);
    await print(session, job, status);
    const isTaken = status === undefined || (status >= 200 && status < 300);
    // Replicate sends it again when the other server did not take it.
    return said(isTaken ? 200 : 502, isTaken ? "ok" : "The other server has not taken it");
  } catch (error) {
    await session.note(`Refused: ${readable(error)}`);
    return said(401, "Refused");
  }
}

function said(status: number, text: string): Response {
  return new Response(`${text}\n`, { status, headers: { "content-type": "text/plain" } });
}

async function passOn(
  session: Session,
  { request, forward }: Delivery,
  body: Uint8Array<ArrayBuffer>,
): Promise<number | undefined> {
  if (forward === undefined) return undefined;
  const names = ["content-type", "user-agent", "webhook-id", "webhook-timestamp"];
  const headers = [...names, "webhook-signature"].flatMap((name) => {
    const value = request.headers.get(name);
    return value === null ? [] : [[name, value]];
  });
  try {
    return await post(forward, Object.fromEntries(headers), body, session.signal);
  } catch (error) {
    await session.note(`Cannot reach ${forward}: ${readable(error)}`);
    return 502;
  }
}

async function print(session: Session, job: WebhookPayload, status?: number): Promise<void> {
  if (!session.io.stdout.isTTY || session.flag("json")) return await session.printJson(job);
  const time = new Date(session.io.now()).toTimeString().slice(0, 8);
  const { paint } = session;
  const state = isTerminal(job)
    ? job.status === "succeeded" ? paint.green(job.status) : paint.red(job.status)
    : job.status;
  const sent = status === undefined ? "" : `  -> ${status}`;
  await session.print(`${paint.dim(time)}  ${state}  ${job.model}  ${job.id}${sent}\n`);
}
