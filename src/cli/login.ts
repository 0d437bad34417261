/** `replicate login`: keeps a token, once the API has taken it. */

import { Client } from "../client.ts";
import { checkToken, keepToken, TOKENS_PAGE } from "./config.ts";
import type { Session } from "./session.ts";
import { EXIT } from "./usage.ts";
import { readStdin } from "./values.ts";

/** Runs the command. */
export async function run(session: Session): Promise<number> {
  const { io, signal } = session;
  const token = checkToken(await readToken(session), "stdin");
  const { REPLICATE_BASE_URL: baseUrl } = io.env;
  const client = new Client({
    auth: token,
    ...(io.fetch && { fetch: io.fetch }),
    ...(baseUrl && { baseUrl }),
  });
  session.bar.update({ label: "asking the API" });
  const { username } = await client.account.get({ signal });
  const path = await keepToken(io, token);
  await session.print(`Logged in as ${username}; the token is in ${path}\n`);
  return EXIT.done;
}

async function readToken({ io }: Session): Promise<string> {
  if (!io.stdin.isTTY) return new TextDecoder().decode(await readStdin(io, "the token")).trim();
  await io.stderr.write(`Paste a token of ${TOKENS_PAGE} (it is not shown): `);
  const token = await io.stdin.secret();
  await io.stderr.write("\n");
  return token.trim();
}
