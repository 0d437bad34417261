/** The file system, as far as it is used: that of Node, which Deno and Bun have as well. */

import { builtinModule } from "./runtime.ts";

/** An open file, as Node has it; Deno and Bun have the same. */
export interface FileHandle {
  read(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number | null,
  ): Promise<{ bytesRead: number }>;
  write(buffer: Uint8Array, offset?: number): Promise<{ bytesWritten: number }>;
  stat(): Promise<FileStat>;
  appendFile(data: Uint8Array): Promise<void>;
  truncate(size: number): Promise<void>;
  sync(): Promise<void>;
  datasync(): Promise<void>;
  close(): Promise<void>;
}

/** The facts about a file. */
export interface FileStat {
  size: number;
  mtimeMs: number;
  mode: number;
  uid: number;
  gid: number;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

/** The part of Node's file system that is used. */
export interface FileSystem {
  open(path: string | URL, flags: string, mode?: number): Promise<FileHandle>;
  rename(from: string | URL, to: string | URL): Promise<void>;
  stat(path: string | URL): Promise<FileStat>;
  lstat(path: string): Promise<FileStat>;
  realpath(path: string): Promise<string>;
  readlink(path: string): Promise<string>;
  chmod(path: string, mode: number): Promise<void>;
  chown(path: string, uid: number, gid: number): Promise<void>;
  unlink(path: string | URL): Promise<void>;
  mkdir(path: string, options: { recursive: true }): Promise<unknown>;
}

/** The file system; `undefined` where there is none. */
export function fileSystem(): FileSystem | undefined {
  return builtinModule<{ promises?: FileSystem }>("node:fs")?.promises;
}
