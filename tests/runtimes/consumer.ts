/** A TypeScript program that uses the package. It is only type-checked. */

import Replicate, {
  ApiError,
  Client,
  type ClientOptions,
  type FileOutput,
  type Prediction,
  type RunEvent,
} from "@x/replicate";
import { FakeReplicate } from "@x/replicate/testing";
import { verifyWebhook, type WebhookPayload } from "@x/replicate/webhooks";

Replicate satisfies typeof Client;

const options: ClientOptions = { auth: "r8_test", timeout: "30s", headers: { "x-a": "b" } };

export async function main(signal: AbortSignal): Promise<string> {
  const fake: FakeReplicate = new FakeReplicate({ models: { "a/b": { run: () => "hi" } } });
  const client: Client = new Client({ ...options, fetch: fake.fetch });
  const output: unknown = await client.run("a/b", { input: { prompt: "hi" }, signal });
  const file: FileOutput = await client.run("a/b", { input: {} }).file();
  const bytes: Uint8Array = await file.bytes();
  // A file is a stream, also as each version of the platform's types sees it.
  const stream: ReadableStream<Uint8Array> = file;
  const sizes = [(await new Response(file).blob()).size, (await new Response(stream).blob()).size];
  for await (const piece of file) sizes.push(piece.length);
  await file.pipeTo(new WritableStream<Uint8Array>());
  const prediction: Prediction = await client.predictions.get("id");
  const events: RunEvent[] = [];
  for await (const event of client.stream("a/b", { input: {} })) events.push(event);
  for await (const { owner } of client.models.list()) if (owner === "a") break;
  const uploaded = await client.files.create(bytes, { filename: "a.txt" });
  try {
    await client.request("/account");
  } catch (error) {
    if (error instanceof ApiError) return `${error.status satisfies number} ${error.title}`;
  }
  return [output, prediction.status, uploaded.id, events.length, sizes].join();
}

export async function hook(request: Request): Promise<WebhookPayload> {
  return await verifyWebhook(request, { secret: "whsec_AAAA", tolerance: "5m" });
}
