/** The JSON that the API shows for runs, models, versions and examples. */

import type { ModelEntry, VersionEntry } from "./models.ts";
import { render } from "./outputs.ts";
import type { RunState } from "./run_state.ts";
import { hexOf, idOf } from "./ids.ts";
import type { Origins } from "./origins.ts";

/** A JSON object of the API. */
export type Wire = Record<string, unknown>;

/** A time in milliseconds since 1970 as the API writes it. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** The JSON of a run. A field that is not known yet is absent rather than null. */
export function viewRun(
  run: RunState,
  origins: Origins,
  options: { removed?: boolean; as?: "prediction" | "training" } = {},
): Wire {
  const { init, status, started, completed } = run;
  const kind = options.as ?? init.kind;
  const self = `${origins.api}/v1/${kind}s/${init.id}`;
  const removed = options.removed ?? false;
  const wire: Wire = {
    id: init.id,
    model: init.model,
    version: init.version,
    input: removed ? {} : init.input,
    logs: removed ? null : run.logs,
    error: run.error,
    status,
    source: init.source,
    created_at: isoTime(init.created),
    urls: {
      get: self,
      cancel: `${self}/cancel`,
      web: `https://replicate.com/p/${init.id}`,
      ...(init.streamKey ? { stream: `${origins.stream}/v1/streams/${init.streamKey}` } : {}),
    },
  };
  // Replicate leaves `output` out of its early answers.
  if (status !== "starting") wire.output = removed ? null : render(run.output, origins);
  if (kind === "prediction") wire.data_removed = removed;
  // Replicate writes microseconds here, and milliseconds in the other times.
  if (started !== undefined) wire.started_at = isoTime(started).replace("Z", "000Z");
  if (completed !== undefined) {
    wire.completed_at = isoTime(completed);
    wire.metrics = {
      ...run.metrics,
      ...(started === undefined ? {} : { predict_time: (completed - started) / 1000 }),
      total_time: (completed - init.created) / 1000,
    };
  }
  if (init.deployment !== undefined) wire.deployment = init.deployment;
  if (init.deadline !== undefined) wire.deadline = isoTime(init.deadline);
  if (init.webhook !== undefined) wire.webhook = init.webhook;
  if (init.webhookEvents !== undefined) wire.webhook_events_filter = init.webhookEvents;
  return wire;
}

/** The JSON of a model. */
export function viewModel(model: ModelEntry): Wire {
  const [latest] = model.versions;
  const [example] = viewExamples(model);
  return {
    url: `https://replicate.com/${model.owner}/${model.name}`,
    owner: model.owner,
    name: model.name,
    description: null,
    visibility: model.visibility,
    is_official: model.official,
    github_url: null,
    paper_url: null,
    license_url: null,
    cover_image_url: null,
    ...model.facts,
    run_count: model.runs,
    default_example: example ?? null,
    latest_version: latest ? viewVersion(latest) : null,
  };
}

/** The JSON of a version. */
export function viewVersion(version: VersionEntry): Wire {
  const title = `${version.model.owner}/${version.model.name}`;
  return {
    id: version.id,
    created_at: isoTime(version.created),
    cog_version: "0.16.2",
    openapi_schema: {
      openapi: "3.0.2",
      info: { title, version: "0.1.0" },
      paths: {},
      components: { schemas: version.schemas },
    },
  };
}

/** The JSON of the examples of a model, which are predictions. */
export function viewExamples(model: ModelEntry): Wire[] {
  return model.examples.map(({ input, output }, index) => {
    const id = idOf(`${model.owner}/${model.name}/example/${index}`);
    const self = `https://api.replicate.com/v1/predictions/${id}`;
    return {
      id,
      model: `${model.owner}/${model.name}`,
      version: model.official ? "hidden" : model.versions[0]?.id ?? hexOf(id),
      input,
      output,
      logs: "",
      error: null,
      status: "succeeded",
      source: "web",
      data_removed: false,
      created_at: isoTime(model.created),
      started_at: isoTime(model.created),
      completed_at: isoTime(model.created + 1000),
      metrics: { predict_time: 1, total_time: 1 },
      urls: { get: self, cancel: `${self}/cancel`, web: `https://replicate.com/p/${id}` },
    };
  });
}
