/** Writes a file to disk, so that nothing that was there before is lost or becomes something else. */

import { encodeHex } from "@std/encoding/hex";
import { signalOf, unlessAborted } from "../base/async.ts";
import {
  type FileHandle,
  type FileStat,
  type FileSystem,
  fileSystem,
} from "../base/file_system.ts";
import { builtinModule, loadModules } from "../base/runtime.ts";
import { ReplicateError } from "../errors.ts";
import { piecesOf, type Reading } from "./bytes.ts";
import { pathText } from "./paths.ts";

/** The parts of Node's modules for paths that are used. */
interface Paths {
  dirname(path: string): string;
  join(...parts: string[]): string;
  resolve(...parts: string[]): string;
}

/** The longest chain of links that is followed, as on Linux. */
const MOST_LINKS = 40;

/**
 * Writes a file to disk: to a temporary file in the same folder, which is renamed when it is complete.
 * A link is followed, and what is neither absent nor a regular file is written into as it is.
 *
 * @throws {ReplicateError} If there is no file system, or the path is that of a folder.
 * @throws {TypeError} If it is not a path.
 */
export async function save(
  path: string | URL,
  open: () => Promise<Reading>,
  signal?: AbortSignal,
): Promise<void> {
  await loadModules();
  const fs = fileSystem();
  const paths = builtinModule<Paths>("node:path");
  if (!fs || !paths) throw unsaved("there is no file system here");
  const given = pathText(path, "save the file");
  const old = await fs.stat(given).catch(ifAbsent);
  if (old?.isDirectory()) {
    throw unsaved(`${given} is a folder: give the path of a file`);
  }
  if (old && !old.isFile()) {
    // A pipe may have no reader, ever: the caller is free to leave all the same.
    return await unlessAborted(write(fs, given, "w", open), signalOf(signal));
  }
  const target = old ? await fs.realpath(given) : await linkedTo(fs, paths, given);
  // Not the name of the file and more: that may be as long as names can be.
  const part = `.${encodeHex(crypto.getRandomValues(new Uint8Array(4)))}.part`;
  await replace(fs, paths.join(paths.dirname(target), part), target, old, open);
}

/** The path without links at its end, for a file that does not exist yet. */
async function linkedTo(fs: FileSystem, paths: Paths, path: string): Promise<string> {
  for (let links = 0; (await fs.lstat(path).catch(ifAbsent))?.isSymbolicLink(); links++) {
    if (links > MOST_LINKS) throw unsaved("its links are a ring");
    path = paths.resolve(paths.dirname(path), await fs.readlink(path));
  }
  return path;
}

/** Turns the error of what is not there into `undefined`. */
function ifAbsent(error: { code?: unknown }): undefined {
  if (error.code !== "ENOENT") throw error;
}

function unsaved(why: string): ReplicateError {
  return new ReplicateError(`Cannot save the file: ${why}`);
}

/** Writes to a temporary file, in the same folder as a file cannot be renamed across disks. */
async function replace(
  fs: FileSystem,
  part: string,
  path: string,
  old: FileStat | undefined,
  open: () => Promise<Reading>,
): Promise<void> {
  try {
    await write(fs, part, "wx", open, async (handle) => {
      await handle.sync();
      if (old) await keepOwner(fs, part, old);
    });
    const now = await fs.lstat(path).catch(ifAbsent);
    if (now && !now.isFile()) throw unsaved(`${path} has become something else meanwhile`);
    await fs.rename(part, path);
  } catch (error) {
    await fs.unlink(part).catch(() => {});
    throw error;
  }
}

/** The new file is read and written by the same people as the old one. */
async function keepOwner(fs: FileSystem, part: string, old: FileStat): Promise<void> {
  const { uid, gid } = await fs.stat(part);
  // Others than the owner of the machine may not; the mode counts more.
  if (uid !== old.uid || gid !== old.gid) await fs.chown(part, old.uid, old.gid).catch(() => {});
  await fs.chmod(part, old.mode & 0o777);
}

async function write(
  fs: FileSystem,
  path: string,
  flags: "w" | "wx",
  open: () => Promise<Reading>,
  finish?: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  // Before the download, so that a path that cannot be written costs nothing.
  const handle = await fs.open(path, flags);
  try {
    for await (const piece of piecesOf(await open())) {
      for (let at = 0; at < piece.length;) at += (await handle.write(piece, at)).bytesWritten;
    }
    await finish?.(handle);
  } finally {
    await handle.close();
  }
}
