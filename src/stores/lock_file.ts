/** The file that is a lock: it is there while somebody holds it, and has the holder's name in it. */

import type { FileSystem } from "../base/file_system.ts";

/** A path beside another one: the same, with an ending. */
export function beside(path: string | URL, ending: string): string | URL {
  return typeof path === "string" ? path + ending : new URL(path.href + ending);
}

/** The name in a lock; `undefined` if nobody holds it. */
export async function readHolder(
  files: FileSystem,
  path: string | URL,
): Promise<string | undefined> {
  const handle = await files.open(path, "r").catch(ignore("ENOENT"));
  if (!handle) return undefined;
  try {
    const bytes = new Uint8Array(100);
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0);
    return new TextDecoder().decode(bytes.subarray(0, bytesRead));
  } finally {
    await handle.close();
  }
}

/** Makes a lock with a name in it; `false` if there is one. */
export async function createLock(
  files: FileSystem,
  path: string | URL,
  name: string,
): Promise<boolean> {
  const handle = await files.open(path, "wx", 0o600).catch(ignore("EEXIST"));
  if (!handle) return false;
  try {
    await handle.appendFile(new TextEncoder().encode(name));
  } finally {
    await handle.close();
  }
  return true;
}

/** A handler that lets errors with one code of the file system pass. */
export function ignore(code: string): (error: unknown) => undefined {
  return (error) => {
    if ((error as { code?: unknown }).code !== code) throw error;
    return undefined;
  };
}
