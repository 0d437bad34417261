import type { ModelEntry, VersionEntry } from "./models.ts";
import { render } from "./outputs.ts";
import type { Run } from "./run.ts";
import { hexOf, idOf } from "./ids.ts";
import type { Place } from "./types.ts";

/** A JSON object as it goes over the wire. */
export type Wire = Record<string, unknown>;

export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** A run as the API shows it. What is not known yet is absent rather than null. */
export function viewRun(
  run: Run,
  place: Place,
  options: { removed?: boolean; as?: "prediction" | "training" } = {},
): Wire {
  const { init, status, started, completed } = run;
  const kind = options.as ?? init.kind;
  const self = `${place.api}/v1/${kind}s/${init.id}`;
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
      ...(init.streamKey ? { stream: `${place.stream}/v1/streams/${init.streamKey}` } : {}),
    },
  };
  // Early replies really have no `output` at all.
  if (status !== "starting") wire.output = removed ? null : render(run.output, place);
  if (kind === "prediction") wire.data_removed = removed;
  // The servers write more digits here than there.
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

/** A model as the API shows it. */
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

/** A version as the API shows it. */
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

/** The examples of a model as the API shows them. */
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
