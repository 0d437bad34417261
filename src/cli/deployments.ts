/** `replicate deployments`: lists, shows and changes deployments. */

import type { Deployment } from "../resources/deployments.ts";
import { type Columns, printList } from "./listing.ts";
import { ownerAndName } from "./models.ts";
import type { Session } from "./session.ts";
import { EXIT, type UsageError } from "./usage.ts";

const DEPLOYMENTS: Columns<Deployment> = {
  deployment: ({ owner, name }) => `${owner}/${name}`,
  hardware: (it) => it.current_release.configuration.hardware,
  min: (it) => it.current_release.configuration.min_instances,
  max: (it) => it.current_release.configuration.max_instances,
  model: (it) => it.current_release.model,
};

/** Runs the command. */
export async function run(session: Session): Promise<number> {
  const { signal, args: [name = ""] } = session;
  switch (session.command.name) {
    case "deployments list": {
      const client = await session.client();
      return await printList(session, client.deployments.list({ signal }), DEPLOYMENTS);
    }
    case "deployments create":
      return await create(session, name);
    case "deployments update":
      return await update(session, name);
  }
  const [owner, short] = ownerAndName(session, name);
  const { deployments } = await session.client();
  if (session.command.name === "deployments delete") {
    await deployments.delete(owner, short, { signal });
    await session.print(`${name} deleted\n`);
  } else {
    await session.printJson(await deployments.get(owner, short, { signal }));
  }
  return EXIT.done;
}

async function create(session: Session, name: string): Promise<number> {
  const [model, hardware] = [needed(session, "model"), needed(session, "hardware")];
  const [owner, short] = ownerAndName(session, model);
  const client = await session.client();
  const { signal } = session;
  const version = session.option("version") ??
    (await client.models.get(owner, short, { signal })).latest_version?.id;
  if (!version) throw session.wrong(`${model} has no version; give --version`);
  const deployment = await client.deployments.create({
    name,
    model,
    version,
    hardware,
    min_instances: session.count("min-instances") ?? 0,
    max_instances: session.count("max-instances") ?? 1,
    signal,
  });
  return await show(session, deployment);
}

async function update(session: Session, name: string): Promise<number> {
  const [owner, short] = ownerAndName(session, name);
  const changes = {
    version: session.option("version"),
    hardware: session.option("hardware"),
    min_instances: session.count("min-instances"),
    max_instances: session.count("max-instances"),
  };
  if (Object.values(changes).every((it) => it === undefined)) {
    throw session.wrong("there is nothing to change", "Give --version, --hardware or instances");
  }
  const { deployments } = await session.client();
  const { signal } = session;
  return await show(session, await deployments.update(owner, short, { ...changes, signal }));
}

async function show(session: Session, deployment: Deployment): Promise<number> {
  if (session.flag("json")) await session.printJson(deployment);
  else await session.print(`${deployment.owner}/${deployment.name}\n`);
  return EXIT.done;
}

function needed(session: Session, name: string): string {
  const value = session.option(name);
  if (value !== undefined) return value;
  throw missing(session, name);
}

function missing(session: Session, name: string): UsageError {
  const hint = name === "hardware" ? "See what there is: replicate hardware" : undefined;
  return session.wrong(`--${name} is missing`, hint);
}
