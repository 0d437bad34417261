/** Paths of files on disk. */

import { builtinModule } from "../base/runtime.ts";

/**
 * Returns a path as text. Not every runtime takes a `URL` of another realm or of jsdom for a path.
 *
 * @throws {TypeError} If it is not a path or a `file:` URL, or there is no file system.
 */
export function pathText(path: string | URL, action: string): string {
  if (typeof path === "string" && path !== "") return path;
  const text = String(path);
  const url = builtinModule<{ fileURLToPath(url: string): string }>("node:url");
  if (url && text.startsWith("file:") && typeof path === "object") return url.fileURLToPath(text);
  throw new TypeError(`Cannot ${action}: give a path or a file: URL`);
}
