/** The routes of trainings. */

import { ErrorAnswer, json, notFound } from "../error_answer.ts";
import type { Context } from "../handler.ts";
import { page } from "../page.ts";
import type { RunState } from "../run_state.ts";
import { viewRun, type Wire } from "../view.ts";
import { jobBody, TRAINING } from "./job_body.ts";
import { modelOf } from "./models.ts";

export function createTraining(context: Context): Response {
  const { world, origins, params } = context;
  const model = modelOf(context);
  const version = model.versions.find(({ id }) => id === params.version);
  if (!version) throw notFound("The version");
  const body = jobBody(context, TRAINING);
  const [owner = "", name = ""] = (body.destination ?? "").split("/");
  if (owner !== world.owner || !world.models.get(owner, name)) {
    throw new ErrorAnswer(404, "The specified training destination does not exist");
  }
  const run = world.start({
    kind: "training",
    model: `${model.owner}/${model.name}`,
    version: version.id,
    entry: version,
    input: body.input,
    origins,
    source: "api",
    destination: body.destination,
    webhook: body.webhook,
    webhookEvents: body.webhook_events_filter,
  });
  // The URLs of this one answer lead to /predictions, as Replicate's do.
  const { urls } = viewRun(run, origins, { as: "prediction" });
  return json({ ...viewRun(run, origins), urls }, 201);
}

export function listTrainings(context: Context): Response {
  const runs = [...context.world.trainings.values()].reverse();
  return json(page(context, runs, ({ id }) => id, (run) => view(context, run)));
}

export function getTraining(context: Context): Response {
  return json(view(context, trainingOf(context)));
}

export function cancelTraining(context: Context): Response {
  const run = trainingOf(context);
  context.world.cancel(run);
  return json(view(context, run));
}

function trainingOf({ world, params }: Context): RunState {
  const run = world.trainings.get(params.id!);
  if (!run) throw notFound("The training");
  return run;
}

function view({ world, origins }: Context, run: RunState): Wire {
  return viewRun(run, origins, { removed: world.isRemoved(run) });
}
