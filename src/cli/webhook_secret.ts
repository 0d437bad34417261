/** The secret that webhooks are signed with, and the address that they are passed on to. */

import type { Session } from "./session.ts";
import { UsageError } from "./usage.ts";

/** The longest wait for the server that a webhook is passed on to, in milliseconds. */
const PATIENCE = 30_000;

/** The secret of the account; REPLICATE_WEBHOOK_SECRET saves a request, and the token. */
export async function webhookSecret(session: Session): Promise<string> {
  const given = session.io.env.REPLICATE_WEBHOOK_SECRET?.trim();
  if (given) return given;
  const client = await session.client();
  return (await client.webhooks.default.secret.get({ signal: session.signal })).key;
}

/**
 * The address of `--forward`.
 *
 * @throws {UsageError} If it is not one.
 */
export function forwardUrl(session: Session): string | undefined {
  const text = session.option("forward");
  if (text === undefined) return undefined;
  // People write localhost:3000/hook, which is a URL of the scheme "localhost".
  const url = /^https?:\/\//i.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (url) return url.href;
  throw new UsageError(`Cannot forward to ${text}: it is no whole address`, {
    hint: `Did you mean http://${text.replace(/^[a-z]+:\/\//i, "")}?`,
  });
}

/** Posts a webhook, and gives the status of the answer. */
export async function post(
  url: string,
  headers: Headers | Record<string, string>,
  body: string | Uint8Array<ArrayBuffer>,
  signal: AbortSignal,
): Promise<number> {
  const response = await globalThis.fetch(url, {
    method: "POST",
    headers,
    body,
    redirect: "manual",
    signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]),
  });
  await response.body?.cancel();
  return response.status;
}
