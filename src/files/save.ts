import { ReplicateError } from "../errors.ts";
import { type FileHandle, fileSystem } from "../runtime.ts";
import type { Chunk } from "./content.ts";

/**
 * Writes a stream to a file: first to one beside it, which takes its name when it is whole.
 *
 * @throws {ReplicateError} If there is no file system.
 */
export async function save(
  path: string | URL,
  open: () => Promise<ReadableStream<Uint8Array> | null>,
): Promise<void> {
  const fs = fileSystem();
  if (!fs) throw new ReplicateError("Cannot save the file: there is no file system here");
  const part = besides(path);
  // Before the download, so that a path that cannot be written costs nothing.
  const handle = await fs.open(part, "wx");
  try {
    try {
      await write(handle, await open());
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

async function write(
  handle: FileHandle,
  stream: ReadableStream<Uint8Array> | null,
): Promise<void> {
  const reader = stream?.getReader() as ReadableStreamDefaultReader<Chunk> | undefined;
  if (!reader) return;
  try {
    for (let step; !(step = await reader.read()).done;) {
      for (let at = 0; at < step.value.length;) {
        at += (await handle.write(step.value, at)).bytesWritten;
      }
    }
  } catch (error) {
    reader.cancel(error).catch(() => {});
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
