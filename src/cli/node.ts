/**
 * The modules of Node that the command line uses, which Deno and Bun have as well.
 *
 * They are asked for by a name that is put together at run time, and typed here: an import of `node:fs`
 * would give each program that checks our types the globals of Node.
 *
 * @module
 */

import type { NodeHandler } from "../webhooks/node.ts";

/** A token of the arguments, as `parseArgs` gives it. */
export type ArgToken =
  | { kind: "option"; name: string; rawName: string; value?: string; inlineValue?: boolean }
  | { kind: "positional"; value: string }
  | { kind: "option-terminator" };

/** `parseArgs` of `node:util`, as far as it is used. */
export type ParseArgs = (config: {
  args: readonly string[];
  options: Record<string, { type: "string" | "boolean"; short?: string; multiple?: boolean }>;
  strict: false;
  tokens: true;
  allowPositionals: true;
}) => { tokens: ArgToken[] };

/** The facts about a file. */
export interface DiskEntry {
  readonly size: number;
  readonly mtimeMs: number;
  isFile(): boolean;
  isDirectory(): boolean;
}

/** An open file. */
export interface DiskFile {
  appendFile(data: string): Promise<void>;
  read(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number | null,
  ): Promise<{ bytesRead: number }>;
  close(): Promise<void>;
}

/** `node:fs/promises`, as far as it is used. */
export interface Disk {
  readFile(path: string): Promise<Uint8Array>;
  readFile(path: string, encoding: "utf8"): Promise<string>;
  writeFile(
    path: string,
    data: string | Uint8Array,
    options?: { mode?: number; flag?: string },
  ): Promise<void>;
  open(path: string, flags: string): Promise<DiskFile>;
  mkdir(path: string, options: { recursive: true; mode?: number }): Promise<unknown>;
  stat(path: string): Promise<DiskEntry>;
  readdir(path: string): Promise<string[]>;
  access(path: string, mode: number): Promise<void>;
  chmod(path: string, mode: number): Promise<void>;
  unlink(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
}

/** A server that listens. */
export interface HttpListener {
  listen(port: number, host: string): void;
  address(): { port: number } | null;
  once(event: "listening", listener: () => void): void;
  once(event: "error", listener: (error: Error) => void): void;
  close(): void;
  closeAllConnections?(): void;
}

/** `node:http`, as far as it is used. */
export interface HttpServer {
  createServer(listener: NodeHandler): HttpListener;
}

/** `node:child_process`, as far as it is used. */
export interface ChildProcess {
  spawn(
    command: string,
    args: string[],
    options: { stdio: "ignore"; detached: boolean },
  ): { once(event: "error" | "spawn", listener: (error: Error) => void): void; unref(): void };
}

/** The modules, by name. */
interface Modules {
  "util": { parseArgs: ParseArgs };
  "fs/promises": Disk;
  "http": HttpServer;
  "child_process": ChildProcess;
}

/** A module of Node. */
export async function nodeModule<K extends keyof Modules>(name: K): Promise<Modules[K]> {
  return await import(`node:${name}`);
}
