/** The routes of predictions and trainings. */

import { type Call, page } from "../call.ts";
import type { ModelEntry, VersionEntry } from "../models.ts";
import { badVersion, invalid, json, notFound, Problem } from "../problem.ts";
import type { Run } from "../run.ts";
import { check, isRecord, type JsonSchema } from "../schema.ts";
import type { FakeInput } from "../types.ts";
import { viewRun } from "../view.ts";

const MAX_WAIT = 60;
const MIN_LIFETIME = 5;

/** What a `Prefer` header asks for, as it is echoed. */
export function waitOf(prefer: string | null): { seconds: number; applied: string } | undefined {
  if (prefer === null) return undefined;
  const [, number] = /^wait(?:=([1-9][0-9]?))?$/.exec(prefer) ?? [];
  if (number === undefined && prefer !== "wait") {
    throw new Problem(422, `The Prefer header ${JSON.stringify(prefer)} is not valid`);
  }
  return { seconds: Math.min(MAX_WAIT, Number(number ?? MAX_WAIT)), applied: prefer };
}

/** The seconds of a `Cancel-After` header. */
export function seconds(cancelAfter: string | null): number | undefined {
  if (cancelAfter === null) return undefined;
  const match = /^(?:(\d+)|(?=\d)(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?)$/.exec(cancelAfter);
  if (!match) {
    throw new Problem(422, `The Cancel-After header ${JSON.stringify(cancelAfter)} is not valid`);
  }
  const [plain, hours, minutes, rest] = match.slice(1).map((part) => Number(part ?? 0));
  const total = (plain ?? 0) + (hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (rest ?? 0);
  if (total < MIN_LIFETIME) {
    throw new Problem(422, `The Cancel-After header must be at least ${MIN_LIFETIME} seconds`);
  }
  return total;
}

const WEBHOOK_FIELDS: Readonly<Record<string, JsonSchema>> = {
  webhook: { type: "string", format: "uri" },
  webhook_events_filter: {
    type: "array",
    items: { type: "string", enum: ["start", "output", "logs", "completed"] },
  },
};

const BY_NAME: JsonSchema = {
  type: "object",
  required: ["input"],
  properties: { input: { type: "object" }, stream: { type: "boolean" }, ...WEBHOOK_FIELDS },
  additionalProperties: false,
};

const BY_VERSION: JsonSchema = {
  ...BY_NAME,
  required: ["version", "input"],
  properties: { version: { type: "string" }, ...BY_NAME.properties },
};

const TRAINING: JsonSchema = {
  type: "object",
  required: ["destination", "input"],
  properties: { destination: { type: "string" }, input: { type: "object" }, ...WEBHOOK_FIELDS },
};

/** What the body of a create says. */
interface CreateBody {
  readonly input: FakeInput;
  readonly version?: string;
  readonly destination?: string;
  readonly webhook?: string;
  readonly webhook_events_filter?: readonly string[];
}

export function createByVersion(call: Call): Promise<Response> {
  const body = bodyOf(call, BY_VERSION);
  return create(call, body, versionFor(call, body.version ?? ""));
}

export function createByModel(call: Call): Promise<Response> {
  const model = modelOf(call);
  const [latest] = model.versions;
  // Community models have no such route.
  if (!model.official || !latest) throw notFound("The requested resource");
  return create(call, bodyOf(call, BY_NAME), latest);
}

export function createByDeployment(call: Call): Promise<Response> {
  const { owner, name } = call.params;
  const deployment = call.world.deployments.get(`${owner}/${name}`);
  const version = deployment && call.world.deployedVersion(deployment);
  if (!version) throw notFound("The deployment");
  return create(call, bodyOf(call, BY_NAME), version, `${owner}/${name}`);
}

export function listPredictions(call: Call): Response {
  const query = call.url.searchParams;
  const after = timeOf(query.get("created_after"), "created_after");
  const before = timeOf(query.get("created_before"), "created_before");
  const source = query.get("source");
  if (source !== null && source !== "web") {
    const description = 'source must be one of the following: "web"';
    throw invalid([{ type: "enum", field: "source", description }]);
  }
  const runs = [...call.world.predictions.values()].reverse().filter(({ init }) =>
    (after === undefined || init.created >= after) &&
    (before === undefined || init.created < before) &&
    (source === null || init.source === source)
  );
  return json(page(call, runs, ({ id }) => id, (run) => view(call, run)));
}

export function getPrediction(call: Call): Response {
  return json(view(call, predictionOf(call), "prediction"));
}

export function cancelPrediction(call: Call): Response {
  const run = predictionOf(call);
  call.world.cancel(run);
  return json(view(call, run, "prediction"));
}

export function createTraining(call: Call): Response {
  const model = modelOf(call);
  const version = model.versions.find(({ id }) => id === call.params.version);
  if (!version) throw notFound("The version");
  const body = bodyOf(call, TRAINING);
  const [owner = "", name = ""] = (body.destination ?? "").split("/");
  if (owner !== call.world.owner || !call.world.models.get(owner, name)) {
    throw new Problem(404, "The specified training destination does not exist");
  }
  const run = call.world.start({
    kind: "training",
    model: `${model.owner}/${model.name}`,
    version: version.id,
    entry: version,
    input: body.input,
    place: call.place,
    source: "api",
    destination: body.destination,
    webhook: body.webhook,
    webhookEvents: body.webhook_events_filter,
  });
  // The URLs of this one answer really lead to /predictions.
  const { urls } = viewRun(run, call.place, { as: "prediction" });
  return json({ ...viewRun(run, call.place), urls }, 201);
}

export function listTrainings(call: Call): Response {
  const runs = [...call.world.trainings.values()].reverse();
  return json(page(call, runs, ({ id }) => id, (run) => view(call, run)));
}

export function getTraining(call: Call): Response {
  return json(view(call, trainingOf(call)));
}

export function cancelTraining(call: Call): Response {
  const run = trainingOf(call);
  call.world.cancel(run);
  return json(view(call, run));
}

async function create(
  call: Call,
  body: CreateBody,
  entry: VersionEntry,
  deployment?: string,
): Promise<Response> {
  const { world, place } = call;
  const wait = waitOf(call.headers.get("prefer"));
  const lifetime = seconds(call.headers.get("cancel-after"));
  const problems = check(entry.schemas.Input ?? {}, body.input, "input", entry.schemas);
  if (problems.length > 0) throw invalid(problems);
  const { model } = entry;
  const run = world.start({
    kind: "prediction",
    model: `${model.owner}/${model.name}`,
    version: model.official ? "hidden" : entry.id,
    entry,
    input: body.input,
    place,
    source: "api",
    deployment,
    deadline: lifetime === undefined ? undefined : world.clock.now() + lifetime * 1000,
    webhook: body.webhook,
    webhookEvents: body.webhook_events_filter,
  });
  if (wait === undefined) return json(viewRun(run, place), 201);
  await waitFor(call, run, wait.seconds * 1000);
  const headers = { "preference-applied": wait.applied };
  return json(viewRun(run, place), run.outputDone ? 201 : 202, headers);
}

/** Blocks until the output is complete, the time is up, or nobody waits any more. */
async function waitFor({ world, signal }: Call, run: Run, ms: number): Promise<void> {
  const waiting = new AbortController();
  const stop = (): void => waiting.abort();
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  const timeUp = world.clock.sleep(ms, waiting.signal);
  const done = run.until(() => run.outputDone, waiting.signal);
  await Promise.race([timeUp, done].map((one) => one.catch(() => {})));
  stop();
  signal.removeEventListener("abort", stop);
}

function bodyOf(call: Call, schema: JsonSchema): CreateBody {
  const problems = check(schema, call.body);
  if (problems.length > 0 || !isCreateBody(call.body)) throw invalid(problems);
  return call.body;
}

function isCreateBody(body: unknown): body is CreateBody {
  return isRecord(body) && isRecord(body.input);
}

/** The version a `version` field means: `owner/name` of an official model, or one with an id. */
function versionFor(call: Call, text: string): VersionEntry {
  const { models } = call.world;
  const [, owner = "", name = "", id] = /^([^/]+)\/([^/:]+)(?::(.+))?$/.exec(text) ?? [];
  const model = models.get(owner, name);
  let version = owner === "" ? models.version(text) : undefined;
  if (id !== undefined) version = model?.versions.find((entry) => entry.id === id);
  else if (model?.official) version = model.versions[0];
  if (!version) throw badVersion();
  return version;
}

export function modelOf({ world, params }: Call): ModelEntry {
  const model = world.models.get(params.owner ?? "", params.name ?? "");
  if (!model) throw notFound("The model");
  return model;
}

function predictionOf({ world, params }: Call): Run {
  const id = params.id ?? "";
  const run = world.predictions.get(id) ?? world.trainings.get(id);
  if (!run) throw notFound("The prediction");
  return run;
}

function trainingOf({ world, params }: Call): Run {
  const run = world.trainings.get(params.id ?? "");
  if (!run) throw notFound("The training");
  return run;
}

function view(call: Call, run: Run, as?: "prediction"): Record<string, unknown> {
  const removed = call.world.isRemoved(run);
  return viewRun(run, call.place, as === undefined ? { removed } : { removed, as });
}

function timeOf(text: string | null, field: string): number | undefined {
  if (text === null) return undefined;
  const time = Date.parse(text);
  if (!Number.isNaN(time)) return time;
  const description = "Does not match format 'date-time'";
  throw invalid([{ type: "format", field, description }]);
}
