/** The real world on Node and Bun: this process, its streams and its signals. */

import { BrokenPipe, type Input, type Io, type Output, type Signal } from "./io.ts";
import { NODE, openPage } from "./node_io.ts";

/** A stream of the process. */
interface ProcessStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(data: string | Uint8Array, done: (error?: Error | null) => void): boolean;
  on(event: "error", listener: (error: Error) => void): void;
}

/** The stream that the process reads. */
interface ProcessInput extends AsyncIterable<Uint8Array> {
  readonly isTTY?: boolean;
  setRawMode?(isRaw: boolean): void;
  on(event: "data", listener: (data: Uint8Array) => void): void;
  on(event: "end", listener: () => void): void;
  pause(): void;
}

/** `process`, as Node has it, and Deno and Bun as well. */
interface Process {
  readonly argv: readonly string[];
  readonly env: Record<string, string | undefined>;
  readonly platform: string;
  readonly stdin: ProcessInput;
  readonly stdout: ProcessStream;
  readonly stderr: ProcessStream;
  on(event: string, listener: () => void): void;
  off(event: string, listener: () => void): void;
  exit(code: number): never;
}

/** The process that runs this. */
export function thisProcess(): Process {
  return (globalThis as unknown as { process: Process }).process;
}

/** The world of this process. */
export function processIo(process: Process): Io {
  const on = (event: string, listener: () => void): () => void => {
    process.on(event, listener);
    return () => process.off(event, listener);
  };
  return {
    env: process.env,
    platform: process.platform,
    stdin: inputOf(process),
    stdout: outputOf(() => process.stdout),
    stderr: outputOf(() => process.stderr),
    now: () => Date.now(),
    onSignal: (signal: Signal, listener) => on(signal, listener),
    onResize: (listener) => process.platform === "win32" ? () => {} : on("SIGWINCH", listener),
    exit: (code) => process.exit(code),
    open: (url) => openPage(process, url),
    ...NODE,
  };
}

function inputOf(process: Process): Input {
  return {
    get isTTY() {
      return process.stdin.isTTY === true;
    },
    bytes: () => process.stdin,
    secret: () => typed(process),
  };
}

/** A line that is typed without an echo. Ctrl-C is a letter then. */
function typed(process: Process): Promise<string> {
  const { stdin } = process;
  stdin.setRawMode?.(true);
  let line = "";
  return new Promise((resolve) => {
    const done = (): void => {
      stdin.setRawMode?.(false);
      stdin.pause();
      resolve(line);
    };
    stdin.on("end", done);
    stdin.on("data", (data) => {
      for (const sign of new TextDecoder().decode(data)) {
        if (sign === "\x03") {
          stdin.setRawMode?.(false);
          process.exit(130);
        }
        if (sign === "\r" || sign === "\n" || sign === "\x04") return done();
        line = sign === "\x7f" || sign === "\b" ? line.slice(0, -1) : line + sign;
      }
    });
  });
}

/** A stream that is opened by its first use: each costs some milliseconds. */
function outputOf(open: () => ProcessStream): Output {
  let opened: ProcessStream | undefined;
  let isBroken = false;
  const stream = (): ProcessStream => {
    if (opened) return opened;
    opened = open();
    // Without a listener, a reader that goes away would end the program with a stack.
    opened.on("error", () => isBroken = true);
    return opened;
  };
  return {
    get isTTY() {
      return stream().isTTY === true;
    },
    get columns() {
      return stream().columns;
    },
    write: (text) =>
      new Promise((resolve, reject) => {
        if (isBroken) return reject(new BrokenPipe());
        stream().write(text, (error) => error ? reject(new BrokenPipe()) : resolve());
      }),
  };
}
