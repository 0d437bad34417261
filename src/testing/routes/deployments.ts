import { type Call, page } from "../call.ts";
import { badVersion, invalid, json, notFound } from "../problem.ts";
import type { JsonSchema } from "../schema.ts";
import { isoTime, type Wire } from "../view.ts";
import type { DeploymentEntry } from "../world.ts";
import { checked } from "./models.ts";

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

export function listDeployments(call: Call): Response {
  const all = [...call.world.deployments.values()].reverse();
  return json(page(call, all, ({ owner, name }) => `${owner}/${name}`, (one) => view(call, one)));
}

export function createDeployment(call: Call): Response {
  const body = checked(call, CREATE);
  const { world } = call;
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
  apply(call, deployment, body);
  world.deployments.set(ref, deployment);
  return json(view(call, deployment));
}

export function getDeployment(call: Call): Response {
  return json(view(call, deploymentOf(call)));
}

export function updateDeployment(call: Call): Response {
  const deployment = deploymentOf(call);
  const body = checked(call, UPDATE);
  if (!Object.keys(SETTINGS).some((name) => body[name] !== undefined)) {
    throw invalid([{ type: "required", field: "", description: "There is nothing to change" }]);
  }
  apply(call, deployment, body);
  deployment.number++;
  deployment.changed = call.world.clock.now();
  return json(view(call, deployment));
}

export function deleteDeployment(call: Call): Response {
  const { owner, name } = deploymentOf(call);
  call.world.deployments.delete(`${owner}/${name}`);
  return new Response(null, { status: 204 });
}

function apply({ world }: Call, deployment: DeploymentEntry, body: Record<string, unknown>): void {
  if (body.version !== undefined) {
    const { model } = world.models.version(String(body.version)) ?? {};
    if (!model || `${model.owner}/${model.name}` !== deployment.model) throw badVersion();
    deployment.version = String(body.version);
  }
  if (body.hardware !== undefined) deployment.hardware = String(body.hardware);
  if (body.min_instances !== undefined) deployment.min_instances = Number(body.min_instances);
  if (body.max_instances !== undefined) deployment.max_instances = Number(body.max_instances);
}

function deploymentOf({ world, params }: Call): DeploymentEntry {
  const deployment = world.deployments.get(`${params.owner}/${params.name}`);
  if (!deployment) throw notFound("The deployment");
  return deployment;
}

function view({ world }: Call, deployment: DeploymentEntry): Wire {
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
