/** The token, and where it is kept: never in an argument, which others on the machine could see. */

import type { Io } from "./io.ts";
import type { Disk } from "./node.ts";
import { UsageError } from "./usage.ts";

/** The page on which tokens are made. */
export const TOKENS_PAGE = "https://replicate.com/account/api-tokens";

/** The path of the file that `login` writes, under the platform's folder for settings. */
export function tokenPath({ env, platform }: Pick<Io, "env" | "platform">): string | undefined {
  return inFolder(folderOf({ env, platform }, "config"), "token");
}

/** The path of the folder for what can be asked for again. */
export function cacheFolder(io: Pick<Io, "env" | "platform">): string | undefined {
  return inFolder(folderOf(io, "cache"), "schemas");
}

function inFolder(folder: string | undefined, name: string): string | undefined {
  return folder && `${folder}/replicate/${name}`;
}

function folderOf(
  { env, platform }: Pick<Io, "env" | "platform">,
  kind: "config" | "cache",
): string | undefined {
  const { HOME, USERPROFILE, APPDATA, LOCALAPPDATA, XDG_CONFIG_HOME, XDG_CACHE_HOME } = env;
  if (platform === "win32") {
    return (kind === "config" ? APPDATA : LOCALAPPDATA) || USERPROFILE;
  }
  if (platform === "darwin") {
    return HOME && `${HOME}/Library/${kind === "config" ? "Application Support" : "Caches"}`;
  }
  const given = kind === "config" ? XDG_CONFIG_HOME : XDG_CACHE_HOME;
  // A relative path is to be ignored, says the specification of these.
  if (given?.startsWith("/")) return given;
  return HOME && `${HOME}/${kind === "config" ? ".config" : ".cache"}`;
}

/**
 * The token: of `--token-file`, else of the environment, else the one that `login` has kept.
 *
 * @throws {UsageError} If there is none, or it cannot be one.
 */
export async function findToken(io: Io, file: string | undefined, action: string): Promise<string> {
  if (file !== undefined) return await tokenOfFile(await io.disk(), file);
  const given = io.env.REPLICATE_API_TOKEN?.trim();
  if (given) return checkToken(given, "REPLICATE_API_TOKEN");
  const path = tokenPath(io);
  const kept = path && await (await io.disk()).readFile(path, "utf8").catch(() => undefined);
  if (kept?.trim()) return checkToken(kept.trim(), path!);
  throw new UsageError(`Cannot ${action}: there is no API token`, {
    hint: "Set REPLICATE_API_TOKEN, or run: replicate login (or try it with --offline)",
  });
}

async function tokenOfFile(disk: Disk, file: string): Promise<string> {
  let text: string;
  try {
    text = await disk.readFile(file, "utf8");
  } catch {
    throw new UsageError(`Cannot read the token from ${file}: there is no such file to read`);
  }
  if (text.trim() === "") throw new UsageError(`Cannot read the token from ${file}: it is empty`);
  return checkToken(text.trim(), file);
}

/**
 * A token, checked: it becomes a header.
 *
 * @throws {UsageError} If it cannot be one. The message does not show it.
 */
export function checkToken(token: string, source: string): string {
  if (/^[\x21-\x7e]{1,500}$/.test(token)) return token;
  throw new UsageError(`Cannot use what ${source} has as a token: it is not one word`, {
    hint: `Tokens are made at ${TOKENS_PAGE}`,
  });
}

/** Keeps a token, in a file that only its owner can read. */
export async function keepToken(io: Io, token: string): Promise<string> {
  const path = tokenPath(io);
  if (!path) {
    throw new UsageError("Cannot keep the token: the environment names no home folder", {
      hint: "Set REPLICATE_API_TOKEN instead",
    });
  }
  const disk = await io.disk();
  await disk.mkdir(path.replace(/\/[^/]+$/, ""), { recursive: true, mode: 0o700 });
  // A new file, so that it never is there with the mode of an older one.
  const fresh = `${path}.${crypto.randomUUID()}`;
  await disk.writeFile(fresh, `${token}\n`, { mode: 0o600, flag: "wx" });
  await disk.rename(fresh, path);
  return path;
}
