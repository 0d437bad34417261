/** `replicate request`: any endpoint, with the token. */

import type { RawRequestOptions } from "../resources/raw_request.ts";
import { parsed } from "../base/text.ts";
import { inputOf } from "./model_input.ts";
import type { Session } from "./session.ts";
import { readWritten } from "./target.ts";
import { EXIT } from "./usage.ts";

/** Runs the command. */
export async function run(session: Session): Promise<number> {
  const { signal, io, args: [name = "", path = "", ...words] } = session;
  const method = name.toUpperCase() as NonNullable<RawRequestOptions["method"]>;
  if (/^[a-z][a-z0-9+.-]*:/i.test(path)) {
    throw session.wrong(`${path} is no path`, "Give a path such as /account");
  }
  const { base, given } = await readWritten(session, words);
  const body = await inputOf(io, base, given, undefined);
  const hasBody = Object.keys(body).length > 0 || session.option("input") !== undefined;
  if (hasBody && method === "GET") {
    throw session.wrong("a GET has no body", "Write a query into the path: /models?sort_by=...");
  }
  const client = await session.client();
  const response = await client.request(path, { method, signal, ...(hasBody && { json: body }) });
  const text = await response.text();
  const value = text === "" ? undefined : parsed(text);
  if (value !== undefined) await session.printJson(value);
  else if (text !== "") await session.print(text.endsWith("\n") ? text : `${text}\n`);
  return EXIT.done;
}
