/** `replicate models`: searches and shows models. */

import type { Client } from "../client.ts";
import type { Model } from "../resources/models.ts";
import type { ModelVersion } from "../resources/model_versions.ts";
import { type Columns, moment, printList } from "./listing.ts";
import { findModel } from "./model_schema.ts";
import type { Session } from "./session.ts";
import { refOf } from "./target.ts";
import { EXIT } from "./usage.ts";

/** The columns of a list of models. */
export const MODELS: Columns<Pick<Model, "owner" | "name" | "run_count" | "description">> = {
  model: ({ owner, name }) => `${owner}/${name}`,
  runs: ({ run_count }) => run_count,
  description: ({ description }) => description,
};

const VERSIONS: Columns<ModelVersion> = {
  id: ({ id }) => id,
  created: ({ created_at }) => moment(created_at),
};

/** Runs the command. */
export async function run(session: Session): Promise<number> {
  const { signal } = session;
  const [name = ""] = session.args;
  if (session.command.name === "models search") return await search(session);
  if (session.command.name === "models schema") return await printSchema(session, name);
  const [owner, short] = ownerAndName(session, name);
  const client = await session.client();
  if (session.command.name === "models versions") {
    return await printList(
      session,
      client.models.versions.list(owner, short, { signal }),
      VERSIONS,
    );
  }
  await session.printJson(await client.models.get(owner, short, { signal }));
  return EXIT.done;
}

async function search(session: Session): Promise<number> {
  const limit = session.count("limit");
  if (limit !== undefined && (limit < 1 || limit > 50)) throw session.wrong("--limit is 1 to 50");
  const client = await session.client();
  const { models } = await client.search({
    query: session.args.join(" "),
    signal: session.signal,
    ...(limit !== undefined && { limit }),
  });
  return await printList(session, models.map(({ model }) => model), MODELS);
}

async function printSchema(session: Session, name: string): Promise<number> {
  const ref = refOf(session, name);
  const client: Client = await session.client();
  const { shape } = await findModel(client, ref, session.signal);
  if (!shape) throw session.wrong(`${name} has no schema`);
  await session.printJson(shape.schemas);
  return EXIT.done;
}

/** The owner and the name in `owner/name`. */
export function ownerAndName(session: Session, text: string): [owner: string, name: string] {
  const [, owner, name] = /^([^\s/:]+)\/([^\s/:]+)$/.exec(text) ?? [];
  if (owner && name) return [owner, name];
  throw session.wrong(`${text} is no owner/name`);
}
