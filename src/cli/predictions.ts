/** `replicate predictions`: lists and shows predictions. */

import type { Prediction } from "../resources/predictions.ts";
import { type Columns, moment, printList } from "./listing.ts";
import type { Session } from "./session.ts";
import { EXIT } from "./usage.ts";

/** The columns of a list of jobs. */
export const JOBS: Columns<Pick<Prediction, "id" | "status" | "created_at" | "model">> = {
  id: ({ id }) => id,
  status: ({ status }) => status,
  created: ({ created_at }) => moment(created_at),
  model: ({ model }) => model,
};

/** Runs the command. */
export async function run(session: Session): Promise<number> {
  const { signal } = session;
  const client = await session.client();
  if (session.command.name === "predictions list") {
    return await printList(session, client.predictions.list({ signal }), JOBS);
  }
  const [id = ""] = session.args;
  await session.printJson(await client.predictions.get(id, { signal }));
  return EXIT.done;
}
