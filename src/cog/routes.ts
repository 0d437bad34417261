/** Answers the requests of a client for Replicate from what a Cog server has. */

import { toMs } from "../base/duration.ts";
import { isRecord } from "../base/record.ts";
import { parsed } from "../base/text.ts";
import { jobOf } from "./create.ts";
import type { CogJob } from "./job.ts";
import type { Jobs } from "./jobs.ts";
import { json } from "./problem.ts";
import { whyRefused } from "./run.ts";
import type { CogServer } from "./server.ts";
import { streamOf } from "./stream.ts";

/** The wait of a create for the refusal of a server, in milliseconds: it checks an input at once. */
const GRACE = 500;

/** The things that answers are made of. */
export interface World {
  /** The API's address, such as `http://localhost:5000/v1`. */
  readonly base: string;
  readonly server: CogServer;
  readonly jobs: Jobs;
  readonly webhook: ((id: string) => string) | undefined;
}

/** A request to the API. */
export interface Asked {
  readonly method: string;
  /** The path from the API's address on. */
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
  readonly signal: AbortSignal | undefined;
}

type Handler = (world: World, asked: Asked, ...params: string[]) => Response | Promise<Response>;

/** A path is a pattern, with `*` for each parameter. */
type Route = readonly [method: string, path: string, handler: Handler];

/** The table of routes. A function, which bundlers leave out where nothing calls it. */
const routes = (): readonly Route[] => [
  ["POST", "/predictions", (world, asked) => create(world, asked, "cog/local")],
  [
    "POST",
    "/(?:models|deployments)/*/*/predictions",
    (world, asked, owner, name) => create(world, asked, `${owner}/${name}`),
  ],
  ["GET", "/predictions", ({ jobs }) => json(pageOf(jobs.list().map(({ record }) => record)))],
  ["GET", "/predictions/*", known((job) => json(job.record))],
  ["POST", "/predictions/*/cancel", known(cancel)],
  ["GET", "/streams/*", known(stream)],
  ["GET", "/models/*/*", model],
  [
    "GET",
    "/models/*/*/versions",
    async ({ server }, { signal }) => json(pageOf([await versionOf(server, signal)])),
  ],
  [
    "GET",
    "/models/*/*/versions/*",
    async ({ server }, { signal }) => json(await versionOf(server, signal)),
  ],
  ["GET", "/(?:health-check|openapi\\.json)", ({ server }, { path }) => server.get(path)],
];

/** The answer to a request. */
export async function answer(world: World, asked: Asked): Promise<Response> {
  for (const [method, path, handler] of routes()) {
    if (method !== asked.method) continue;
    const params = new RegExp(`^${path.replaceAll("*", "([^/]+)")}$`).exec(asked.path);
    if (params) return await handler(world, asked, ...params.slice(1).map(decodeURIComponent));
  }
  return notFound(`a Cog server has no ${asked.method} ${asked.path}: it only runs its model`);
}

function notFound(detail: string): Response {
  return json({ detail, status: 404 }, 404);
}

async function create(world: World, asked: Asked, model: string): Promise<Response> {
  const { jobs } = world;
  const job = jobOf(parsed(asked.body), { ...world, model });
  jobs.add(job);
  const leave = (): void => jobs.cancel(job);
  const { headers, signal } = asked;
  // Nobody knows its id until this is answered.
  signal?.addEventListener("abort", leave, { once: true });
  // Not for as long as `Prefer: wait` asks: to cancel a prediction, its caller needs the id.
  await job.until(() => job.ended || job.record.status === "processing", GRACE, signal);
  signal?.removeEventListener("abort", leave);
  signal?.throwIfAborted();
  const { refusal } = job;
  if (refusal) {
    jobs.delete(job);
    if ("error" in refusal) throw refusal.error;
    return json(refusal.answer.body, refusal.answer.status);
  }
  endLater(job);
  cancelAfter(world, job, headers.get("cancel-after"));
  return json(job.record, 201);
}

/** A refusal that comes when the create is answered is the failure of the prediction. */
function endLater(job: CogJob): void {
  job.until(() => job.ended).then(() => {
    if (job.refusal) job.failByRefusal(whyRefused(job.refusal));
  });
}

/** Keeps the deadline that Replicate would keep. */
function cancelAfter({ jobs }: World, job: CogJob, header: string | null): void {
  if (header === null) return;
  job.until(() => job.ended, toMs(header as `${number}s`, "Cancel-After")).then(() => {
    if (!job.ended) jobs.cancel(job);
  });
}

/** A handler of a prediction that has to be known. */
function known(handler: (job: CogJob, asked: Asked, world: World) => Response): Handler {
  return (world, asked, id = "") => {
    const job = world.jobs.get(id);
    if (job) return handler(job, asked, world);
    return notFound(
      "the prediction is not known: only the client that created it knows it, and of those that " +
        "ended the latest 50",
    );
  };
}

function cancel(job: CogJob, _: Asked, { jobs }: World): Response {
  if (!job.ended) jobs.cancel(job);
  return json(job.record);
}

function stream(job: CogJob, { headers }: Asked): Response {
  const last = headers.get("last-event-id");
  return streamOf(job, last === null ? 0 : Number(last) + 1);
}

async function model(
  { server }: World,
  { signal }: Asked,
  owner = "",
  name = "",
): Promise<Response> {
  const version = await versionOf(server, signal);
  return json({
    url: `${server.url}/docs`,
    owner,
    name,
    description: null,
    visibility: "private",
    is_official: true,
    run_count: 0,
    default_example: null,
    latest_version: version,
  });
}

/** The version that a container has: one, with the OpenAPI document of the server. */
async function versionOf(
  server: CogServer,
  signal: AbortSignal | undefined,
): Promise<Record<string, unknown>> {
  const response = await server.get("/openapi.json", signal);
  const schema = parsed(await response.text());
  if (!response.ok || !isRecord(schema)) {
    throw new Error(`Cannot use ${server.url}: it has no OpenAPI document, so it is no Cog server`);
  }
  return { id: "local", created_at: new Date(0).toISOString(), openapi_schema: schema };
}

function pageOf(results: unknown[]): Record<string, unknown> {
  return { next: null, previous: null, results };
}
