/** The routes of predictions that exist. A training is found here too, as a prediction. */

import { invalid, json, notFound } from "../error_answer.ts";
import type { Context } from "../handler.ts";
import { page } from "../page.ts";
import type { RunState } from "../run_state.ts";
import { viewRun, type Wire } from "../view.ts";

export function listPredictions(context: Context): Response {
  const query = context.url.searchParams;
  const after = timeOf(query.get("created_after"), "created_after");
  const before = timeOf(query.get("created_before"), "created_before");
  const source = query.get("source");
  if (source !== null && source !== "web") {
    const description = 'source must be one of the following: "web"';
    throw invalid([{ type: "enum", field: "source", description }]);
  }
  const runs = [...context.world.predictions.values()].reverse().filter(({ init }) =>
    (after === undefined || init.created >= after) &&
    (before === undefined || init.created < before) &&
    (source === null || init.source === source)
  );
  return json(page(context, runs, ({ id }) => id, (run) => view(context, run)));
}

export function getPrediction(context: Context): Response {
  return json(view(context, predictionOf(context)));
}

export function cancelPrediction(context: Context): Response {
  const run = predictionOf(context);
  context.world.cancel(run);
  return json(view(context, run));
}

function predictionOf({ world, params }: Context): RunState {
  const id = params.id!;
  const run = world.predictions.get(id) ?? world.trainings.get(id);
  if (!run) throw notFound("The prediction");
  return run;
}

function view({ world, origins }: Context, run: RunState): Wire {
  return viewRun(run, origins, { removed: world.isRemoved(run), as: "prediction" });
}

/** Reads a time in a query, as milliseconds since 1970. */
function timeOf(text: string | null, field: string): number | undefined {
  if (text === null) return undefined;
  const time = Date.parse(text);
  if (!Number.isNaN(time)) return time;
  const description = "Does not match format 'date-time'";
  throw invalid([{ type: "format", field, description }]);
}
