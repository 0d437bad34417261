/**
 * A Worker that paints covers and keeps them in R2. Nothing waits for a run: its webhook brings the
 * result, and the image goes from Replicate into the bucket as it comes.
 *
 * `POST /covers` with `{"prompt": "..."}` starts a run, and `GET /covers/<id>` returns the image, or the
 * status of the run while there is none.
 */

import { Client } from "@x/replicate";
import { webhookHandler } from "@x/replicate/webhooks";

const MODEL = "black-forest-labs/flux-schnell";

/** The bindings of the Worker: see wrangler.toml. */
export interface Env {
  REPLICATE_API_TOKEN: string;
  /** The API to use instead of Replicate: a fake, in a test. */
  REPLICATE_BASE_URL?: string;
  COVERS: Bucket;
}

/** The members of an `R2Bucket` that are used. */
export interface Bucket {
  get(key: string): Promise<{ body: ReadableStream; writeHttpMetadata(to: Headers): void } | null>;
  put(
    key: string,
    body: ReadableStream | null,
    options: { httpMetadata: { contentType: string } },
  ): Promise<unknown>;
}

export default {
  async fetch(request: Request, env: Env, context?: unknown): Promise<Response> {
    const client = new Client({
      auth: env.REPLICATE_API_TOKEN,
      baseUrl: env.REPLICATE_BASE_URL,
    });
    const { pathname, origin } = new URL(request.url);
    if (pathname === "/webhook") {
      const handler = webhookHandler({
        client,
        on: { completed: ({ id, output }) => keep(env.COVERS, id, output) },
      });
      return await handler(request, context);
    }
    if (pathname === "/covers" && request.method === "POST") {
      return await start(client, await request.json(), `${origin}/webhook`);
    }
    const [, id] = /^\/covers\/(\w+)$/.exec(pathname) ?? [];
    return id ? await show(client, env.COVERS, id) : new Response("Not found", { status: 404 });
  },
};

async function start(
  client: Client,
  { prompt }: { prompt: string },
  webhook: string,
): Promise<Response> {
  const job = await client.start(MODEL, {
    input: { prompt },
    webhook,
    webhook_events_filter: ["completed"],
    // Nobody pays for a run that hangs.
    cancelAfter: "5m",
  });
  // The run outlives this request.
  return Response.json({ id: job.detach().id }, { status: 202 });
}

/** The webhook was signed by Replicate, so that its URLs can be fetched. */
async function keep(covers: Bucket, id: string, output: unknown): Promise<void> {
  const [url] = [output].flat();
  const { ok, status, body, headers } = await fetch(String(url));
  // After a 500, Replicate sends the webhook again.
  if (!ok) throw new Error(`Cannot keep the cover: its URL answers ${status}`);
  const contentType = headers.get("content-type") ?? "application/octet-stream";
  await covers.put(id, body, { httpMetadata: { contentType } });
}

async function show(client: Client, covers: Bucket, id: string): Promise<Response> {
  const cover = await covers.get(id);
  if (!cover) {
    const { status, error } = await client.predictions.get(id);
    return Response.json({ status, error }, { status: 202 });
  }
  const headers = new Headers();
  cover.writeHttpMetadata(headers);
  return new Response(cover.body, { headers });
}
