import { ReplicateError } from "../errors.ts";
import { fileSystem } from "../runtime.ts";
import { piecesOf, type Reading } from "./reading.ts";

/**
 * Writes a file to disk: first to one beside it, which takes its name when it is whole.
 *
 * @throws {ReplicateError} If there is no file system.
 */
export async function save(path: string | URL, open: () => Promise<Reading>): Promise<void> {
  const fs = fileSystem();
  if (!fs) throw new ReplicateError("Cannot save the file: there is no file system here");
  const part = besides(path);
  // Before the download, so that a path that cannot be written costs nothing.
  const handle = await fs.open(part, "wx");
  try {
    try {
      for await (const piece of piecesOf(await open())) {
        for (let at = 0; at < piece.length;) at += (await handle.write(piece, at)).bytesWritten;
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    await fs.rename(part, path);
  } catch (error) {
    await fs.unlink(part).catch(() => {});
    throw error;
  }
}

/** A name in the same folder, as a file cannot take its place from another disk. */
function besides(path: string | URL): string | URL {
  const ending = `.${crypto.randomUUID().slice(0, 8)}.part`;
  if (typeof path === "string") return path + ending;
  const url = new URL(path);
  url.pathname += ending;
  return url;
}
