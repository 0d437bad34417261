/** `replicate trainings`: starts, shows, lists and cancels trainings. */

import type { Client } from "../client.ts";
import { parseRef } from "../run/ref.ts";
import { shapeOf } from "../schema/find.ts";
import { printList } from "./listing.ts";
import { JOBS } from "./predictions.ts";
import type { Session } from "./session.ts";
import { inputOf } from "./model_input.ts";
import { readWritten, refOf } from "./target.ts";
import { EXIT } from "./usage.ts";

/** Runs the command. */
export async function run(session: Session): Promise<number> {
  const { signal, args: [id = ""] } = session;
  switch (session.command.name) {
    case "trainings create":
      return await create(session);
    case "trainings list": {
      const client = await session.client();
      return await printList(session, client.trainings.list({ signal }), JOBS);
    }
    case "trainings get":
      await session.printJson(await (await session.client()).trainings.get(id, { signal }));
      return EXIT.done;
    default: {
      const training = await (await session.client()).trainings.cancel(id, { signal });
      session.traffic.cancels.clear();
      if (session.flag("json")) await session.printJson(training);
      else await session.print(`${id} ${training.status}\n`);
      return EXIT.done;
    }
  }
}

async function create(session: Session): Promise<number> {
  const { signal, args: [name = "", ...words] } = session;
  const destination = session.option("destination");
  if (!destination) throw session.wrong("--destination is missing", "Give --destination me/mine");
  const ref = refOf(session, name);
  const parsed = parseRef(ref);
  if (!name.includes("/")) throw session.wrong(`${name} is no owner/name`);
  const written = await readWritten(session, words);
  const client = await session.client();
  const [owner = "", short = ""] = name.split(":")[0]!.split("/");
  const version = parsed.kind === "version"
    ? parsed.version
    : await latestVersion(session, client, owner, short);
  const known = await client.models.versions.get(owner, short, version, { signal })
    .catch(() => undefined);
  const shape = shapeOf(known?.openapi_schema);
  // A trainer describes its input by a schema of its own.
  const training = shape?.schemas?.TrainingInput;
  const input = await inputOf(
    session.io,
    written.base,
    written.given,
    shape && training ? { ...shape, input: training } : undefined,
  );
  const options = { destination, input, signal };
  const job = await client.trainings.create(owner, short, version, options);
  if (session.flag("json")) await session.printJson(job);
  else await session.print(`${job.id}\n`);
  return EXIT.done;
}

async function latestVersion(
  session: Session,
  client: Client,
  owner: string,
  name: string,
): Promise<string> {
  const { latest_version } = await client.models.get(owner, name, { signal: session.signal });
  if (latest_version) return latest_version.id;
  throw session.wrong(`${owner}/${name} has no version`);
}
