/** The value of the `Authorization` header of a request. */

import { readEnv } from "../base/runtime.ts";
import { AuthError } from "../errors.ts";
import type { Call } from "./types.ts";

/** The page on which tokens are made. */
export const TOKENS_PAGE = "https://replicate.com/account/api-tokens";

/**
 * The value of the `Authorization` header, if this request is one that gets it.
 *
 * @throws {AuthError} If a token is needed, and there is none that can be sent.
 */
export function authorizationOf(call: Call): string | undefined | Promise<string | undefined> {
  const { settings, toApi, credentials } = call;
  if (!toApi) return undefined;
  if (credentials.authorization !== undefined) {
    call.secret = credentials.authorization.replace(/^\w+ +/, "");
    return credentials.authorization;
  }
  if (typeof settings.auth !== "function") return bearer(call, settings.auth ?? fromEnv(call));
  return Promise.resolve(settings.auth()).then((token) => bearer(call, token));
}

function fromEnv({ settings, spec }: Call): string | undefined {
  if (!settings.needsToken) return undefined;
  const { value, denied } = readEnv("REPLICATE_API_TOKEN");
  if (!denied || spec.anonymous) return value;
  throw new AuthError(
    `Cannot ${spec.action}: REPLICATE_API_TOKEN may not be read; run Deno with ` +
      "--allow-env=REPLICATE_API_TOKEN, or pass `auth` to the client",
  );
}

function bearer(call: Call, given: unknown): string | undefined {
  const { settings, spec } = call;
  // People paste the whole value of the header.
  const token = typeof given === "string" ? given.trim().replace(/^(?:Bearer|Token) +/i, "") : "";
  if (/[^\x21-\x7e]/.test(token)) {
    throw new AuthError(`Cannot ${spec.action}: the API token holds characters that no token has`);
  }
  if (token !== "") {
    call.secret = token;
    return `Bearer ${token}`;
  }
  if (spec.anonymous || (!settings.needsToken && settings.auth === undefined)) return undefined;
  const why = settings.auth === undefined
    ? `no API token; set REPLICATE_API_TOKEN, or pass \`auth\` to the client (tokens are made at ${TOKENS_PAGE})`
    : "the API token given as `auth` is empty";
  throw new AuthError(`Cannot ${spec.action}: ${why}`);
}
