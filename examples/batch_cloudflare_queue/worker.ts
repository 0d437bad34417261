/**
 * A batch spread over Workers by Cloudflare Queues. Nothing waits for a prediction: a consumer of the
 * queue creates it, and its webhook brings the result.
 *
 * `POST /` with a list of inputs puts them into the queue, and `GET /<id>` returns a result.
 */

import { ApiError, Client, RateLimitError } from "@x/replicate";
import { webhookHandler } from "@x/replicate/webhooks";

const MODEL = "black-forest-labs/flux-schnell";

/** One input, and the key under which its result is stored. */
interface Item {
  id: string;
  input: object;
}

/** The bindings of the Worker that are used. */
export interface Env {
  REPLICATE_API_TOKEN: string;
  /** The URL of the Worker, such as `https://covers.example.workers.dev`. */
  ORIGIN: string;
  INPUTS: { sendBatch(messages: { body: Item }[]): Promise<void> };
  RESULTS: {
    get(key: string): Promise<string | null>;
    put(key: string, value: string): Promise<void>;
  };
  /** The API to use instead of Replicate: a fake, in a test. */
  REPLICATE_BASE_URL?: string;
}

/** The members of a queue's message that are used. */
export interface Message {
  body: Item;
  ack(): void;
  retry(options: { delaySeconds: number }): void;
}

function clientOf(env: Env): Client {
  const baseUrl = env.REPLICATE_BASE_URL;
  // The queue waits and retries, which costs less than a Worker that waits.
  return new Client({ auth: env.REPLICATE_API_TOKEN, retry: false, limiter: false, baseUrl });
}

async function create(client: Client, message: Message, env: Env): Promise<void> {
  const { id, input } = message.body;
  // A queue delivers at least once, and sometimes twice.
  if (await env.RESULTS.get(id) !== null) return message.ack();
  try {
    const webhook = `${env.ORIGIN}/done?id=${id}`;
    const [owner = "", name = ""] = MODEL.split("/");
    const options = { input, webhook, webhook_events_filter: ["completed" as const] };
    const { id: prediction } = await client.models.predictions.create(owner, name, options);
    // The webhook may have been faster.
    if (await env.RESULTS.get(id) === null) {
      await env.RESULTS.put(id, JSON.stringify({ status: "starting", prediction }));
    }
    message.ack();
  } catch (error) {
    if (error instanceof RateLimitError) {
      return message.retry({ delaySeconds: Math.ceil((error.retryAfter ?? 10_000) / 1000) });
    }
    // After any other error it is not known whether the prediction exists: a retry could pay twice.
    const reason = error instanceof ApiError ? error.detail : String(error);
    await env.RESULTS.put(id, JSON.stringify({ status: "failed", error: reason }));
    message.ack();
  }
}

export default {
  async fetch(request: Request, env: Env, context?: unknown): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === "/done") {
      const handler = webhookHandler({
        client: clientOf(env),
        on: {
          completed: ({ status, output, error, id: prediction }, { url }) =>
            env.RESULTS.put(
              url.searchParams.get("id") ?? prediction,
              JSON.stringify({ status, output, error, prediction }),
            ),
        },
      });
      return await handler(request, context);
    }
    if (request.method === "POST") {
      const inputs: object[] = await request.json();
      const items = inputs.map((input) => ({ id: crypto.randomUUID(), input }));
      // A queue takes at most 100 messages at once.
      for (let first = 0; first < items.length; first += 100) {
        await env.INPUTS.sendBatch(items.slice(first, first + 100).map((body) => ({ body })));
      }
      return Response.json(items.map(({ id }) => id), { status: 202 });
    }
    const id = pathname.slice(1);
    const result = id ? await env.RESULTS.get(id) : null;
    return new Response(result ?? '{"status":"unknown"}', { status: result ? 200 : 404 });
  },

  async queue({ messages }: { messages: readonly Message[] }, env: Env): Promise<void> {
    const client = clientOf(env);
    for (const message of messages) await create(client, message, env);
  },
};
