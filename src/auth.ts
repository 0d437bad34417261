import { AuthError } from "./errors.ts";
import { type Call, isApi } from "./request.ts";
import { readEnv } from "./runtime.ts";

/** The value of the `Authorization` header, if this request is one that gets it. */
export async function authorize(
  { settings, spec, url, headers }: Call,
): Promise<string | undefined> {
  if (!isApi(settings, url) || headers.authorization !== undefined) return undefined;
  let token: unknown = settings.auth;
  let denied: boolean | undefined;
  if (typeof settings.auth === "function") {
    token = await settings.auth();
  } else if (token === undefined && settings.needsToken) {
    ({ value: token, denied } = readEnv("REPLICATE_API_TOKEN") as {
      value?: string;
      denied?: boolean;
    });
  }
  const text = typeof token === "string" ? token.trim() : "";
  if (/[^\x21-\x7e]/.test(text)) {
    throw new AuthError(`Cannot ${spec.action}: the API token holds characters that no token has`);
  }
  if (text !== "") return `Bearer ${text}`;
  if (spec.anonymous || (!settings.needsToken && settings.auth === undefined)) return undefined;
  throw new AuthError(
    `Cannot ${spec.action}: ` +
      (settings.auth === undefined
        ? denied
          ? "the environment variable REPLICATE_API_TOKEN may not be read; " +
            "run Deno with --allow-env=REPLICATE_API_TOKEN, or pass `auth` to the client"
          : "no API token; set REPLICATE_API_TOKEN, or pass `auth` to the client " +
            "(tokens are made at https://replicate.com/account/api-tokens)"
        : "the API token given as `auth` is empty"),
  );
}
