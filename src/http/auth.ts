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
  const { settings: { auth }, toApi, credentials: { authorization } } = call;
  if (!toApi) return undefined;
  if (authorization !== undefined) {
    call.secret = authorization.replace(/^\w+ +/, "");
    return authorization;
  }
  if (typeof auth === "function") return Promise.resolve(auth()).then((it) => bearer(call, it));
  return bearer(call, auth);
}

function bearer(call: Call, given: unknown): string | undefined {
  const { settings: { auth, needsToken }, spec: { action, anonymous } } = call;
  const { value = given, denied } = auth === undefined && needsToken
    ? readEnv("REPLICATE_API_TOKEN")
    : {};
  // People paste the whole value of the header.
  const token = typeof value === "string" ? value.trim().replace(/^(?:Bearer|Token) +/i, "") : "";
  if (token && !/[^\x21-\x7e]/.test(token)) {
    call.secret = token;
    return `Bearer ${token}`;
  }
  if (!token && (anonymous || (!needsToken && auth === undefined))) return undefined;
  const why = token
    ? "the API token holds characters that no token has"
    : auth !== undefined
    ? "the API token given as `auth` is empty"
    : denied
    ? "REPLICATE_API_TOKEN may not be read; run Deno with --allow-env=REPLICATE_API_TOKEN, or pass " +
      "`auth` to the client"
    : `no API token; set REPLICATE_API_TOKEN, or pass \`auth\` to the client (tokens are made at ${TOKENS_PAGE})`;
  throw new AuthError(`Cannot ${action}: ${why}`);
}
