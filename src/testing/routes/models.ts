import { type Call, page } from "../call.ts";
import type { ModelEntry, VersionEntry } from "../models.ts";
import { invalid, json, notFound, Problem } from "../problem.ts";
import { check, isRecord, type JsonSchema } from "../schema.ts";
import { isoTime, viewExamples, viewModel, viewVersion, type Wire } from "../view.ts";
import { modelOf } from "./predictions.ts";

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

/** The fields of a body that a model shows again. */
const FACTS = ["description", "github_url", "paper_url", "license_url", "cover_image_url"];

const refOf = ({ owner, name }: ModelEntry): string => `${owner}/${name}`;

export function listModels(call: Call): Response {
  const query = call.url.searchParams;
  const by = choice(query.get("sort_by"), "sort_by", [
    "latest_version_created_at",
    "model_created_at",
  ]);
  const direction = choice(query.get("sort_direction"), "sort_direction", ["desc", "asc"]);
  const time = (model: ModelEntry): number =>
    by === "model_created_at" ? model.created : model.versions[0]?.created ?? 0;
  const models = call.world.models.all()
    .filter(({ visibility, versions }) => visibility === "public" && versions.length > 0)
    .sort((a, b) => time(b) - time(a));
  if (direction === "asc") models.reverse();
  return json(page(call, models, refOf, viewModel, PAGE_SIZE));
}

export function searchModels(call: Call): Response {
  if (!call.headers.get("content-type")?.startsWith("text/plain")) {
    throw new Problem(415, "A search is sent as text/plain");
  }
  const found = call.world.models.search(String(call.body));
  const view = (model: ModelEntry): Wire => {
    const { is_official: _, ...wire } = viewModel(model);
    return { ...wire, description: wire.description ?? "", created_at: isoTime(model.created) };
  };
  return json(page(call, found, refOf, view, PAGE_SIZE));
}

export function createModel(call: Call): Response {
  const body = checked(call, CREATE);
  const { world } = call;
  const owner = String(body.owner);
  const name = String(body.name);
  if (owner !== world.owner) throw new Problem(403, "The owner must be the account of the token");
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

export function getModel(call: Call): Response {
  return json(viewModel(modelOf(call)));
}

export function updateModel(call: Call): Response {
  const model = modelOf(call);
  const body = checked(call, UPDATE);
  requireOwner(call, model);
  Object.assign(model.facts, factsOf(body));
  if (typeof body.readme === "string") model.readme = body.readme;
  return json(viewModel(model));
}

export function deleteModel(call: Call): Response {
  const model = modelOf(call);
  requireOwner(call, model);
  if (model.versions.length > 0) throw new Problem(403, "A model with versions cannot be deleted");
  call.world.models.delete(model);
  return new Response(null, { status: 204 });
}

export function listExamples(call: Call): Response {
  return json(page(call, viewExamples(modelOf(call)), ({ id }) => String(id), (item) => item));
}

export function getReadme(call: Call): Response {
  const { readme } = modelOf(call);
  if (readme === undefined) throw notFound("The readme");
  return new Response(readme, { headers: { "content-type": "text/plain" } });
}

export function listVersions(call: Call): Response {
  const model = modelOf(call);
  if (model.official) throw notFound("The requested resource");
  return json(page(call, model.versions, ({ id }) => id, viewVersion));
}

export function getVersion(call: Call): Response {
  return json(viewVersion(versionOf(call)));
}

export function deleteVersion(call: Call): Response {
  const version = versionOf(call);
  const { versions } = version.model;
  requireOwner(call, version.model);
  versions.splice(versions.indexOf(version), 1);
  for (const [id, run] of call.world.predictions) {
    if (run.init.entry === version) call.world.predictions.delete(id);
  }
  return new Response(null, { status: 202 });
}

function versionOf(call: Call): VersionEntry {
  const model = modelOf(call);
  const version = model.versions.find(({ id }) => id === call.params.version);
  if (model.official || !version) throw notFound("The version");
  return version;
}

function requireOwner({ world }: Call, { owner }: ModelEntry): void {
  if (owner !== world.owner) throw new Problem(403, "The model belongs to somebody else");
}

function factsOf(body: Record<string, unknown>): Record<string, unknown> {
  const given = FACTS.filter((name) => body[name] !== undefined);
  return Object.fromEntries(given.map((name) => [name, body[name]]));
}

/** The body of a call, once it fits its schema. */
export function checked(call: Call, schema: JsonSchema): Record<string, unknown> {
  const problems = check(schema, call.body);
  if (problems.length > 0 || !isRecord(call.body)) throw invalid(problems);
  return call.body;
}

function choice(value: string | null, field: string, choices: readonly string[]): string {
  if (value === null) return choices[0] ?? "";
  const problems = check({ enum: choices }, value, field);
  if (problems.length > 0) throw invalid(problems);
  return value;
}
