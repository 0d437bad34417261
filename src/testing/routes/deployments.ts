/** The routes of deployments. */

import { badVersion, invalid, json, notFound } from "../error_answer.ts";
import type { Context } from "../handler.ts";
import { page } from "../page.ts";
import type { JsonSchema } from "../schema.ts";
import { isoTime, type Wire } from "../view.ts";
import type { DeploymentEntry } from "../world.ts";
import { checked } from "./checked.ts";

/** The fields that an update may change. */
const SETTINGS: Readonly<Record<string, JsonSchema>> = {
  version: { type: "string" },
  hardware: { type: "string" },
  min_instances: { type: "integer", minimum: 0, maximum: 5 },
  max_instances: { type: "integer", minimum: 0, maximum: 20 },
};

const CREATE: JsonSchema = {
  type: "object",
  required: ["name", "model", ...Object.keys(SETTINGS)],
  properties: { name: { type: "string" }, model: { type: "string" }, ...SETTINGS },
};

const UPDATE: JsonSchema = { type: "object", properties: SETTINGS };

export function listDeployments(context: Context): Response {
  const all = [...context.world.deployments.values()].reverse();
  return json(
    page(context, all, ({ owner, name }) => `${owner}/${name}`, (one) => view(context, one)),
  );
}

export function createDeployment(context: Context): Response {
  const body = checked(context, CREATE);
  const { world } = context;
  const name = String(body.name);
  const ref = `${world.owner}/${name}`;
  if (world.deployments.has(ref)) {
    const description = "A deployment with that name already exists";
    throw invalid([{ type: "unique", field: "name", description }]);
  }
  const deployment: DeploymentEntry = {
    owner: world.owner,
    name,
    model: String(body.model),
    version: "",
    hardware: "",
    min_instances: 0,
    max_instances: 0,
    number: 1,
    changed: world.clock.now(),
  };
  apply(context, deployment, body);
  world.deployments.set(ref, deployment);
  return json(view(context, deployment));
}

export function getDeployment(context: Context): Response {
  return json(view(context, deploymentOf(context)));
}

export function updateDeployment(context: Context): Response {
  const deployment = deploymentOf(context);
  const body = checked(context, UPDATE);
  if (!Object.keys(SETTINGS).some((name) => body[name] !== undefined)) {
    throw invalid([{ type: "required", field: "", description: "There is nothing to change" }]);
  }
  apply(context, deployment, body);
  deployment.number++;
  deployment.changed = context.world.clock.now();
  return json(view(context, deployment));
}

export function deleteDeployment(context: Context): Response {
  const { owner, name } = deploymentOf(context);
  context.world.deployments.delete(`${owner}/${name}`);
  return new Response(null, { status: 204 });
}

/** Writes the settings of a body into a deployment. */
function apply(
  { world }: Context,
  deployment: DeploymentEntry,
  body: Record<string, unknown>,
): void {
  if (body.version !== undefined) {
    const { model } = world.models.version(String(body.version)) ?? {};
    if (!model || `${model.owner}/${model.name}` !== deployment.model) throw badVersion();
    deployment.version = String(body.version);
  }
  if (body.hardware !== undefined) deployment.hardware = String(body.hardware);
  if (body.min_instances !== undefined) deployment.min_instances = Number(body.min_instances);
  if (body.max_instances !== undefined) deployment.max_instances = Number(body.max_instances);
}

function deploymentOf({ world, params }: Context): DeploymentEntry {
  const deployment = world.deployments.get(`${params.owner}/${params.name}`);
  if (!deployment) throw notFound("The deployment", world.deployments.keys());
  return deployment;
}

function view({ world }: Context, deployment: DeploymentEntry): Wire {
  const { owner, name, number, model, version, changed } = deployment;
  const { hardware, min_instances, max_instances } = deployment;
  return {
    owner,
    name,
    current_release: {
      number,
      model,
      version,
      created_at: isoTime(changed),
      created_by: { type: "organization", username: world.owner, name: world.owner },
      configuration: { hardware, min_instances, max_instances },
    },
  };
}
