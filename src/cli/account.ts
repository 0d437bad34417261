/** `replicate account`, `hardware` and `collections`. */

import type { Client } from "../client.ts";
import type { CollectionSummary } from "../resources/collections.ts";
import type { Hardware } from "../resources/hardware.ts";
import { type Columns, printList } from "./listing.ts";
import { MODELS } from "./models.ts";
import type { Session } from "./session.ts";
import { EXIT } from "./usage.ts";

const HARDWARE: Columns<Hardware> = { sku: ({ sku }) => sku, name: ({ name }) => name };

const COLLECTIONS: Columns<CollectionSummary> = {
  slug: ({ slug }) => slug,
  name: ({ name }) => name,
  description: ({ description }) => description,
};

/** Runs the command. */
export async function run(session: Session): Promise<number> {
  const { signal } = session;
  const client = await session.client();
  switch (session.command.name) {
    case "account":
      await session.printJson(await client.account.get({ signal }));
      return EXIT.done;
    case "hardware":
      return await printList(session, await client.hardware.list({ signal }), HARDWARE);
    default:
      return await collections(session, client);
  }
}

async function collections(session: Session, client: Client): Promise<number> {
  const { signal, args: [slug] } = session;
  if (slug === undefined) {
    return await printList(session, client.collections.list({ signal }), COLLECTIONS);
  }
  const { models } = await client.collections.get(slug, { signal });
  return await printList(session, models, MODELS);
}
