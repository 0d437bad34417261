/**
 * A Worker that paints covers and keeps them in R2. Nothing waits for a run: its webhook brings the
 * result, and the image goes from Replicate into the bucket as it comes.
 *
 * `POST /covers` with `{"prompt": "..."}` starts a run, and `GET /covers/<id>` returns the image, or the
 * status of the run while there is none.
 */

import { Client } from "@x/replicate";
import { bucketSink, keepFiles } from "@x/replicate/sinks";
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
    body: ReadableStream,
    options: { httpMetadata: { contentType: string } },
  ): Promise<unknown>;
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const baseUrl = env.REPLICATE_BASE_URL;
    const client = new Client({ auth: env.REPLICATE_API_TOKEN, baseUrl });
    const { pathname, origin } = new URL(request.url);
    if (pathname === "/webhook") {
      const sink = bucketSink(env.COVERS, { key: ({ prediction }) => prediction.id });
      const completed = keepFiles(sink, undefined, { baseUrl });
      // Without the context, so that the answer waits for the image. After a 500, Replicate sends again.
      return await webhookHandler({ client, on: { completed } })(request);
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
