/** The three routes that create a prediction: by version, by model and by deployment. */

import { badVersion, invalid, json, notFound } from "../error_answer.ts";
import type { Context } from "../handler.ts";
import type { VersionEntry } from "../models.ts";
import type { RunState } from "../run_state.ts";
import { check } from "../schema.ts";
import { viewRun } from "../view.ts";
import { type JobBody, jobBody, PREDICTION, PREDICTION_OF_VERSION } from "./job_body.ts";
import { parseCancelAfter, parsePrefer } from "./job_headers.ts";
import { modelOf } from "./models.ts";

export function createByVersion(context: Context): Promise<Response> {
  const body = jobBody(context, PREDICTION_OF_VERSION);
  return create(context, body, versionOf(context, body.version ?? ""));
}

export function createByModel(context: Context): Promise<Response> {
  const model = modelOf(context);
  const [latest] = model.versions;
  // Community models have no such route.
  if (!model.official || !latest) throw notFound("The requested resource");
  return create(context, jobBody(context, PREDICTION), latest);
}

export function createByDeployment(context: Context): Promise<Response> {
  const { world, params: { owner, name } } = context;
  const deployment = world.deployments.get(`${owner}/${name}`);
  const version = deployment && world.deployedVersion(deployment);
  if (!version) throw notFound("The deployment", world.deployments.keys());
  return create(context, jobBody(context, PREDICTION), version, `${owner}/${name}`);
}

async function create(
  context: Context,
  body: JobBody,
  entry: VersionEntry,
  deployment?: string,
): Promise<Response> {
  const { world, origins, headers } = context;
  const wait = parsePrefer(headers.get("prefer"));
  const lifetime = parseCancelAfter(headers.get("cancel-after"));
  const problems = check(entry.schemas.Input ?? {}, body.input, "input", entry.schemas);
  if (problems.length > 0) throw invalid(problems);
  const { model } = entry;
  const run = world.start({
    kind: "prediction",
    model: `${model.owner}/${model.name}`,
    version: model.official ? "hidden" : entry.id,
    entry,
    input: body.input,
    origins,
    source: "api",
    deployment,
    deadline: lifetime === undefined ? undefined : world.clock.now() + lifetime * 1000,
    webhook: body.webhook,
    webhookEvents: body.webhook_events_filter,
  });
  if (wait === undefined) return json(viewRun(run, origins), 201);
  await waitForOutput(context, run, wait.seconds * 1000);
  const applied = { "preference-applied": wait.applied };
  return json(viewRun(run, origins), run.outputDone ? 201 : 202, applied);
}

/** Waits until the output is complete, the time is up, or the caller has left. */
async function waitForOutput(
  { world, signal }: Context,
  run: RunState,
  ms: number,
): Promise<void> {
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

/** Finds the version that a `version` field names: an id, `owner/name:id`, or an official model. */
function versionOf({ world: { models } }: Context, text: string): VersionEntry {
  const [, owner = "", name = "", id] = /^([^/]+)\/([^/:]+)(?::(.+))?$/.exec(text) ?? [];
  const model = models.get(owner, name);
  let version = owner === "" ? models.version(text) : undefined;
  if (id !== undefined) version = model?.versions.find((entry) => entry.id === id);
  else if (model?.official) version = model.versions[0];
  if (!version) throw badVersion();
  return version;
}
