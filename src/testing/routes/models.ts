/** The routes of models, and of their versions, examples and readme. */

import type { ModelEntry, VersionEntry } from "../models.ts";
import { ErrorAnswer, invalid, json, notFound } from "../error_answer.ts";
import type { Context } from "../handler.ts";
import { page } from "../page.ts";
import { check, type JsonSchema } from "../schema.ts";
import { isoTime, viewExamples, viewModel, viewVersion, type Wire } from "../view.ts";
import { checked } from "./checked.ts";

const PAGE_SIZE = 25;
const TEXT: JsonSchema = { type: "string" };

const CREATE: JsonSchema = {
  type: "object",
  required: ["owner", "name", "visibility", "hardware"],
  properties: {
    owner: TEXT,
    name: TEXT,
    visibility: { type: "string", enum: ["public", "private"] },
    hardware: TEXT,
    description: TEXT,
    github_url: TEXT,
    paper_url: TEXT,
    license_url: TEXT,
    cover_image_url: TEXT,
  },
};

const UPDATE: JsonSchema = {
  type: "object",
  properties: {
    description: TEXT,
    readme: TEXT,
    github_url: TEXT,
    paper_url: TEXT,
    weights_url: TEXT,
    license_url: TEXT,
  },
};

/** The fields of a body that a model shows in its answers. */
const FACTS = ["description", "github_url", "paper_url", "license_url", "cover_image_url"];

const refOf = ({ owner, name }: ModelEntry): string => `${owner}/${name}`;

export function listModels(context: Context): Response {
  const query = context.url.searchParams;
  const by = choice(query.get("sort_by"), "sort_by", [
    "latest_version_created_at",
    "model_created_at",
  ]);
  const direction = choice(query.get("sort_direction"), "sort_direction", ["desc", "asc"]);
  const time = (model: ModelEntry): number =>
    by === "model_created_at" ? model.created : model.versions[0]?.created ?? 0;
  const models = context.world.models.all()
    .filter(({ visibility, versions }) => visibility === "public" && versions.length > 0)
    .sort((a, b) => time(b) - time(a));
  if (direction === "asc") models.reverse();
  return json(page(context, models, refOf, viewModel, PAGE_SIZE));
}

export function searchModels(context: Context): Response {
  if (!context.headers.get("content-type")?.startsWith("text/plain")) {
    throw new ErrorAnswer(415, "A search is sent as text/plain");
  }
  const found = context.world.models.search(String(context.body));
  const view = (model: ModelEntry): Wire => {
    const { is_official: _, ...wire } = viewModel(model);
    return { ...wire, description: wire.description ?? "", created_at: isoTime(model.created) };
  };
  return json(page(context, found, refOf, view, PAGE_SIZE));
}

export function createModel(context: Context): Response {
  const body = checked(context, CREATE);
  const { world } = context;
  const owner = String(body.owner);
  const name = String(body.name);
  if (owner !== world.owner) {
    throw new ErrorAnswer(403, "The owner must be the account of the token");
  }
  if (world.models.get(owner, name)) {
    const description = "A model with that name and owner already exists";
    throw invalid([{ type: "unique", field: "name", description }]);
  }
  const model: ModelEntry = {
    owner,
    name,
    official: false,
    created: world.clock.now(),
    visibility: body.visibility === "public" ? "public" : "private",
    examples: [],
    versions: [],
    facts: { description: null, ...factsOf(body) },
    readme: undefined,
    runs: 0,
  };
  world.models.add(model);
  return json(viewModel(model), 201);
}

export function getModel(context: Context): Response {
  return json(viewModel(modelOf(context)));
}

export function updateModel(context: Context): Response {
  const model = modelOf(context);
  const body = checked(context, UPDATE);
  requireOwner(context, model);
  Object.assign(model.facts, factsOf(body));
  if (typeof body.readme === "string") model.readme = body.readme;
  return json(viewModel(model));
}

export function deleteModel(context: Context): Response {
  const model = modelOf(context);
  requireOwner(context, model);
  if (model.versions.length > 0) {
    throw new ErrorAnswer(403, "A model with versions cannot be deleted");
  }
  context.world.models.delete(model);
  return new Response(null, { status: 204 });
}

export function listExamples(context: Context): Response {
  return json(
    page(context, viewExamples(modelOf(context)), ({ id }) => String(id), (item) => item),
  );
}

export function getReadme(context: Context): Response {
  const { readme } = modelOf(context);
  if (readme === undefined) throw notFound("The readme");
  return new Response(readme, { headers: { "content-type": "text/plain" } });
}

export function listVersions(context: Context): Response {
  const model = modelOf(context);
  if (model.official) throw notFound("The requested resource");
  return json(page(context, model.versions, ({ id }) => id, viewVersion));
}

export function getVersion(context: Context): Response {
  return json(viewVersion(versionOf(context)));
}

export function deleteVersion(context: Context): Response {
  const version = versionOf(context);
  const { versions } = version.model;
  requireOwner(context, version.model);
  versions.splice(versions.indexOf(version), 1);
  for (const [id, run] of context.world.predictions) {
    if (run.init.entry === version) context.world.predictions.delete(id);
  }
  return new Response(null, { status: 202 });
}

/** Finds the model that a path names. */
export function modelOf({ world, params }: Context): ModelEntry {
  const model = world.models.get(params.owner!, params.name!);
  if (!model) throw notFound("The model", world.models.names());
  return model;
}

/** Finds the version that a path names; those of official models are not public. */
function versionOf(context: Context): VersionEntry {
  const model = modelOf(context);
  const version = model.versions.find(({ id }) => id === context.params.version);
  if (model.official || !version) throw notFound("The version");
  return version;
}

/** Refuses a change of a model of another account. */
function requireOwner({ world }: Context, { owner }: ModelEntry): void {
  if (owner !== world.owner) throw new ErrorAnswer(403, "The model belongs to somebody else");
}

/** The {@link FACTS} that are in a body. */
function factsOf(body: Record<string, unknown>): Record<string, unknown> {
  const given = FACTS.filter((name) => body[name] !== undefined);
  return Object.fromEntries(given.map((name) => [name, body[name]]));
}

/** Reads a parameter of a query that is one of a few choices, the first of which is the default. */
function choice(value: string | null, field: string, choices: readonly string[]): string {
  if (value === null) return choices[0]!;
  const problems = check({ enum: choices }, value, field);
  if (problems.length > 0) throw invalid(problems);
  return value;
}
