/**
 * What must compile, and what must not. The functions are compiled, and never called: the step `types`
 * of `deno task test` fails when a line below an expected error has none.
 */

import { assertEquals } from "@std/assert";
import type { Client } from "../src/client.ts";
import { createSend } from "../src/http/send.ts";
import type { Page, Pages } from "../src/resources/pages.ts";
import type { Send } from "../src/http/types.ts";
import { Resource } from "../src/resources/resource.ts";
import type { ModelVersion } from "../src/resources/model_versions.ts";
import type { Model } from "../src/resources/models.ts";
import type { JobState, Prediction } from "../src/resources/predictions.ts";
import type { SearchResults } from "../src/resources/search.ts";
import type { Training } from "../src/resources/trainings.ts";
import { type Api, createApi } from "./resources/api.ts";

/** Whether two types are the same; `any` is the same as itself only. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;
type IsAny<T> = 0 extends 1 & T ? true : false;
function expectTrue<T extends true>(): T | void {}
function expectFalse<T extends false>(): T | void {}

const version = "0".repeat(64);

/** Every resource hangs on the client, under its own name. */
export function resourcesOf(client: Client): Api {
  return client;
}

export async function answers(api: Api): Promise<void> {
  const prediction = await api.predictions.get("id");
  expectTrue<Same<typeof prediction, Prediction>>();
  expectTrue<Same<typeof prediction.output, unknown>>();
  expectFalse<IsAny<typeof prediction.output>>();
  expectFalse<IsAny<typeof prediction.error>>();
  expectTrue<Same<typeof prediction.created_at, string>>();
  expectTrue<Same<typeof prediction.started_at, string | null | undefined>>();

  const model = await api.models.get("acme", "painter");
  expectTrue<Same<typeof model, Model>>();
  expectTrue<Same<typeof model.description, string | null | undefined>>();
  expectTrue<Same<typeof model.latest_version, ModelVersion | null | undefined>>();
  expectTrue<Same<typeof model.default_example, Prediction | null | undefined>>();
  // @ts-expect-error: it may be absent or null
  model.latest_version.id;
  const { components } = model.latest_version?.openapi_schema ?? {};
  expectTrue<
    Same<NonNullable<typeof components>["schemas"], Record<string, unknown> | undefined>
  >();

  const text: string = await api.models.readme.get("acme", "painter");
  const done: boolean = await api.models.delete("acme", "painter");
  const skus: string[] = (await api.hardware.list()).map(({ sku }) => sku);
  const key: string = (await api.webhooks.default.secret.get()).key;
  const kind: "user" | "organization" = (await api.account.get()).type;
  const found: SearchResults = await api.search({ query: "painter" });
  expectTrue<Same<typeof found.models[number]["metadata"]["score"], number | null | undefined>>();
  void [text, done, skus, key, kind];
}

export function statuses(prediction: Prediction<string[]>, training: Training): void {
  if (prediction.status === "succeeded") {
    expectTrue<Same<typeof prediction.output, string[]>>();
  } else if (prediction.status === "failed" || prediction.status === "aborted") {
    expectTrue<Same<typeof prediction.error, unknown>>();
  } else {
    // @ts-expect-error: there may be none yet
    prediction.output.length;
  }
  // @ts-expect-error: there is no such status
  if (prediction.status === "successful") return;
  switch (prediction.status) {
    case "starting":
    case "processing":
    case "succeeded":
    case "failed":
    case "canceled":
    case "aborted":
      return;
    default:
      prediction satisfies never;
  }
  if (training.status === "succeeded") {
    expectTrue<Same<typeof training.output.version, string | undefined>>();
  }
  // @ts-expect-error: trainings have none
  training.urls.stream;
  const state: JobState = prediction;
  void state;
}

export async function lists(api: Api): Promise<void> {
  const list = api.predictions.list();
  expectTrue<Same<typeof list, Pages<Prediction>>>();
  expectTrue<Same<Awaited<typeof list>, Page<Prediction>>>();
  const { next, results } = await list;
  expectTrue<Same<typeof next, string | null | undefined>>();
  expectTrue<Same<typeof results, Prediction[]>>();
  for await (const item of api.models.versions.list("acme", "painter")) {
    expectTrue<Same<typeof item, ModelVersion>>();
  }
  for await (const page of api.models.search("painter").pages()) {
    expectTrue<Same<typeof page, Page<Model>>>();
  }
  const unbound = api.trainings.list;
  expectTrue<Same<Awaited<ReturnType<typeof unbound>>, Page<Training>>>();
  api.predictions.list({ created_after: "2026-01-01T00:00:00Z", created_before: new Date() });
  api.predictions.list({ source: "web", cursor: "abc", timeout: "5s", retry: false });
  api.models.list({ sort_by: "model_created_at", sort_direction: "asc", cursor: undefined });
  // @ts-expect-error: only `web` can be asked for
  api.predictions.list({ source: "api" });
  // @ts-expect-error: it is text or a Date
  api.predictions.list({ created_after: 1767225600000 });
  // @ts-expect-error: no such field
  api.predictions.list({ createdAfter: "2026-01-01T00:00:00Z" });
  // @ts-expect-error: no such order
  api.models.list({ sort_by: "run_count" });
  // @ts-expect-error: a text is needed
  api.models.search({ query: "painter" });
}

export function predictions(api: Api, signal: AbortSignal): void {
  interface PainterInput {
    prompt: string;
    seed?: number;
  }
  const input: PainterInput = { prompt: "a fig" };
  api.predictions.create({ version, input, wait: 5, cancelAfter: "5m", signal });
  api.predictions.create({ model: "acme/painter", input, webhook: new URL("https://a.example") });
  api.predictions.create({ version, input, webhook_events_filter: ["start", "completed"] });
  api.models.predictions.create("acme", "painter", { input, wait: true });
  api.deployments.predictions.create("acme", "painter", { input, headers: { "x-a": "b" } });
  // @ts-expect-error: what to run is missing
  api.predictions.create({ input });
  // @ts-expect-error: one of them only
  api.predictions.create({ version, model: "acme/painter", input });
  // @ts-expect-error: the input is missing
  api.predictions.create({ version });
  // @ts-expect-error: an input is an object
  api.predictions.create({ version, input: "a fig" });
  // @ts-expect-error: no such event
  api.predictions.create({ version, input, webhook_events_filter: ["done"] });
  // @ts-expect-error: no such field
  api.predictions.create({ version, input, stream: true });
  // @ts-expect-error: the version goes with the name
  api.models.predictions.create("acme", "painter", { input, version });
  // @ts-expect-error: an id is text
  api.predictions.get(7);
  // @ts-expect-error: an id is needed
  api.predictions.cancel();
}

export function bodies(api: Api): void {
  const shape = { hardware: "gpu-t4", min_instances: 0, max_instances: 1 };
  api.deployments.create({ name: "fast", model: "acme/painter", version, ...shape });
  api.deployments.update("acme", "fast", { min_instances: 1, max_instances: undefined });
  api.deployments.update("acme", "fast", {});
  api.models.create({ owner: "acme", name: "painter", visibility: "private", hardware: "cpu" });
  api.models.update("acme", "painter", { readme: "# Painter", timeout: 5000 });
  const training = { destination: "acme/mine", input: { steps: 5 } };
  api.trainings.create("acme", "painter", version, training);
  // @ts-expect-error: the hardware and the numbers are missing
  api.deployments.create({ name: "fast", model: "acme/painter", version });
  // @ts-expect-error: a number is needed
  api.deployments.update("acme", "fast", { min_instances: "1" });
  // @ts-expect-error: a name cannot be changed
  api.deployments.update("acme", "fast", { name: "slow" });
  // @ts-expect-error: no such visibility
  api.models.create({ owner: "a", name: "b", visibility: "secret", hardware: "cpu" });
  // @ts-expect-error: the visibility cannot be changed
  api.models.update("acme", "painter", { visibility: "public" });
  // @ts-expect-error: the destination is missing
  api.trainings.create("acme", "painter", version, { input: {} });
  // @ts-expect-error: the server does not wait for trainings
  api.trainings.create("acme", "painter", version, { ...training, wait: 5 });
  // @ts-expect-error: a name is missing
  api.models.versions.get("acme", version);
  // @ts-expect-error: there is nothing to search for
  api.search({ limit: 5 });
}

/** An endpoint that the library lacks. */
export class ThingsApi extends Resource {
  async get(): Promise<{ ok: boolean }> {
    return await this.send({ method: "GET", path: "/things", action: "get things" });
  }
}

Deno.test("Resource takes a function as what sends", async () => {
  const send: Send = <T>(): Promise<T> => Promise.resolve({ ok: true } as T);
  assertEquals(await new ThingsApi(send).get(), { ok: true });
});

Deno.test("what createSend gives fits every resource", () => {
  assertEquals(Object.keys(createApi(createSend({ auth: "r8_test" }))).length, 10);
});
