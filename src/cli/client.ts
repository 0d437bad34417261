/** The client of a session: with the token, or on the embedded fake. */

import { Client } from "../client.ts";
import type { ClientOptions, DebugEvent, Fetch } from "../http/options.ts";
import { findToken } from "./config.ts";
import type { Io } from "./io.ts";
import { harmless } from "./terminal.ts";
import type { Traffic } from "./traffic.ts";

/** The part of a session that a client is made from. */
export interface ClientHost {
  readonly io: Io;
  readonly command: { readonly name: string };
  readonly traffic: Traffic;
  flag(name: string): boolean;
  option(name: string): string | undefined;
  note(text: string): Promise<void>;
  onClose(closer: () => unknown): void;
}

/**
 * Makes the client.
 *
 * @throws {UsageError} If there is no token.
 */
export async function openClient(session: ClientHost): Promise<Client> {
  return new Client(await clientOptions(session));
}

/**
 * The options of the client.
 *
 * @throws {UsageError} If there is no token.
 */
export async function clientOptions(session: ClientHost): Promise<ClientOptions> {
  const { io, command } = session;
  const isOffline = session.flag("offline");
  const auth = isOffline
    ? "r8_offline"
    : await findToken(io, session.option("token-file"), `run replicate ${command.name}`);
  const fetch = isOffline ? await offlineFetch(session) : io.fetch ?? platformFetch;
  const options: ClientOptions = {
    auth,
    fetch: session.traffic.watch(fetch),
    onWarning: (message) => void session.note(`Note: ${message}`),
  };
  const { REPLICATE_BASE_URL } = io.env;
  if (REPLICATE_BASE_URL && !isOffline) options.baseUrl = REPLICATE_BASE_URL;
  if (isOffline) options.baseUrl = "https://api.replicate.com/v1";
  if (session.flag("verbose")) options.debug = (event) => void session.note(debugLine(event));
  return options;
}

const platformFetch: Fetch = (input, init) => globalThis.fetch(input, init);

async function offlineFetch(session: ClientHost): Promise<Fetch> {
  const { offlineFake } = await import("./offline.ts");
  const fake = offlineFake();
  session.onClose(() => fake[Symbol.asyncDispose]());
  return (input, init) => fake.fetch(input, init);
}

/** A step of a request, without the token and without inputs. */
function debugLine({ event, method, path, attempt, ...rest }: DebugEvent): string {
  const { status, ms, requestId, reason } = rest;
  const parts = [
    `${method} ${path}`,
    attempt > 1 ? `attempt ${attempt}` : "",
    status === undefined ? event : `${event} ${status}`,
    ms === undefined ? "" : `${ms} ms`,
    requestId ?? "",
    reason ?? "",
  ];
  return parts.filter((part) => part !== "").map(harmless).join("  ");
}
