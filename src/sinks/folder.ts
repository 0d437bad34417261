/** The sink that is a folder on disk. */

import { fileSystem } from "../base/file_system.ts";
import { runtimeName, sha256 } from "../base/runtime.ts";
import { ReplicateError } from "../errors.ts";
import { pathText } from "../files/paths.ts";
import { save } from "../files/save.ts";
import { readerOf } from "../http/body.ts";
import type { Sink } from "../run/sink.ts";
import { makeSink } from "./custom.ts";
import { namesBy } from "./names.ts";
import type { SinkFile, SinkOptions } from "./types.ts";

/** Options of {@linkcode folderSink}. */
export interface FolderSinkOptions extends SinkOptions {
  /** The path of a file inside of the folder. Default: its `key`. */
  name?: ((file: SinkFile) => string) | undefined;
}

/**
 * A sink that saves files in a folder, which it makes if need be. A file is written under a temporary
 * name, and renamed when it is complete. The location is its path.
 *
 * @param folder The path, or a `file:` URL.
 * @param options Options such as `{ name: (file) => file.name }`.
 * @throws {TypeError | RangeError} If there is no folder or no file system, or an option cannot be used.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { folderSink } from "@x/replicate/sinks";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const run = () => new File(["a fig"], "fig.txt", { type: "text/plain" });
 * await using fake = new FakeReplicate({ models: { "acme/painter": { official: true, run } } });
 * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
 *
 * const sink = folderSink(await Deno.makeTempDir());
 * const { stored } = await client.run("acme/painter", { input: {}, sink }).file();
 * assertEquals(await Deno.readTextFile(stored!.location), "a fig");
 * ```
 */
export function folderSink(folder: string | URL, options: FolderSinkOptions = {}): Sink {
  // Older versions of Node 20 have their modules only after a moment.
  if (!fileSystem() && runtimeName() !== "node") {
    throw new TypeError("Cannot keep files in a folder: there is no file system here");
  }
  const root = pathText(folder, "keep files in a folder").replace(/[/\\]$/, "");
  const nameOf = namesBy(options?.name, "name");
  const put = async (file: SinkFile): Promise<string> => {
    const name = inside(nameOf(file));
    const path = `${root}/${name}`;
    await fileSystem()?.mkdir(path.slice(0, path.lastIndexOf("/")) || "/", { recursive: true });
    const reader = readerOf(new Response(file.stream));
    await save(path, () => Promise.resolve(reader), file.signal);
    return path;
  };
  // Where there is a file system of Node's, there is its hash.
  return makeSink(put, () => sha256()!, options, "name");
}

/** A path that does not lead out of the folder: names come from inputs and outputs. */
function inside(name: string): string {
  const parts = name.split(/[/\\]/);
  const leads = parts.some((part) => /^\.{0,2}$/.test(part)) || /^[a-z]:/i.test(name) ||
    name.includes("\0");
  if (!leads) return parts.join("/");
  throw new ReplicateError(
    `Cannot keep a file as ${JSON.stringify(name)}: give a path in the folder`,
  );
}
