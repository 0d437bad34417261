/** The world around the command line: what it reads, writes and asks. Tests put their own in its place. */

import type { Fetch } from "../http/options.ts";
import type { ChildProcess, Disk, HttpServer, ParseArgs } from "./node.ts";

/** A stream that is written to: standard output, or standard error. */
export interface Output {
  /** `true` if a person sees it, in a terminal. */
  readonly isTTY: boolean;
  /** The width of the terminal, which may change at any time; `undefined` if there is none. */
  readonly columns: number | undefined;
  /**
   * Writes, and resolves once the reader can have it.
   *
   * @throws {BrokenPipe} If nobody reads it any more.
   */
  write(text: string | Uint8Array): Promise<void>;
}

/** Standard input. */
export interface Input {
  /** `true` if it is typed by a person. */
  readonly isTTY: boolean;
  /** Its bytes, to the end. It rejects if the stream is closed. */
  bytes(): AsyncIterable<Uint8Array>;
  /** One line that a person types, which the terminal does not show. */
  secret(): Promise<string>;
}

/** A signal of the operating system that asks a program to end. */
export type Signal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** The world around the command line. */
export interface Io {
  /** The environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The system, as Node names it: `linux`, `darwin`, `win32`. */
  readonly platform: string;
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  /** The function that sends requests. Default: the runtime's `fetch`. */
  readonly fetch?: Fetch | undefined;
  /** The present moment, in milliseconds since 1970. */
  now(): number;
  /** Calls the listener at each signal, which then does not end the program. */
  onSignal(signal: Signal, listener: () => void): () => void;
  /** Calls the listener each time the terminal changes its size. */
  onResize(listener: () => void): () => void;
  /** Ends the program at once. */
  exit(code: number): void;
  /** Opens a page in the browser. */
  open(url: string): Promise<void>;
  /** Node's parser of arguments. */
  parseArgs(): Promise<ParseArgs>;
  /** Node's file system. */
  disk(): Promise<Disk>;
  /** Node's HTTP server. */
  http(): Promise<HttpServer>;
}

/** The reader of our output has gone, as `head` does. */
export class BrokenPipe extends Error {
  /** Has no message of its own, as nobody is left to read one. */
  constructor() {
    super("Cannot write: nobody reads the output");
  }
}

export type { ChildProcess };
