/** The real world on Deno. Its imitation of Node's `process` would take 20 ms more to start. */

import { BrokenPipe, type Io, type Output, type Signal } from "./io.ts";
import { NODE, openPage } from "./node_io.ts";

/** `Deno`, as far as it is used. */
export interface DenoRuntime {
  readonly args: readonly string[];
  readonly build: { readonly os: string };
  readonly env: { toObject(): Record<string, string> };
  readonly stdin: {
    readonly readable: ReadableStream<Uint8Array>;
    isTerminal(): boolean;
    setRaw(isRaw: boolean): void;
    read(buffer: Uint8Array): Promise<number | null>;
  };
  readonly stdout: DenoStream;
  readonly stderr: DenoStream;
  consoleSize(): { columns: number };
  addSignalListener(signal: string, listener: () => void): void;
  removeSignalListener(signal: string, listener: () => void): void;
  exit(code: number): never;
}

/** A stream of Deno. */
interface DenoStream {
  isTerminal(): boolean;
  writeSync(data: Uint8Array): number;
}

/** `Deno`; `undefined` on other runtimes. */
export function thisDeno(): DenoRuntime | undefined {
  return (globalThis as unknown as { Deno?: DenoRuntime }).Deno;
}

/** The world of this process on Deno. */
export function denoIo(deno: DenoRuntime): Io {
  const env = deno.env.toObject();
  const platform = deno.build.os === "windows" ? "win32" : deno.build.os;
  const on = (signal: string, listener: () => void): () => void => {
    deno.addSignalListener(signal, listener);
    return () => deno.removeSignalListener(signal, listener);
  };
  return {
    env,
    platform,
    stdin: {
      get isTTY() {
        return deno.stdin.isTerminal();
      },
      bytes: () => bytesOf(deno),
      secret: () => typed(deno),
    },
    stdout: outputOf(deno, deno.stdout),
    stderr: outputOf(deno, deno.stderr),
    now: () => Date.now(),
    onSignal: (signal: Signal, listener) => on(signal, listener),
    onResize: (listener) => platform === "win32" ? () => {} : on("SIGWINCH", listener),
    exit: (code) => deno.exit(code),
    open: (url) => openPage({ platform, env }, url),
    ...NODE,
  };
}

async function* bytesOf({ stdin }: DenoRuntime): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = stdin.readable.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

/** A line that is typed without an echo. Ctrl-C is a letter then. */
async function typed({ stdin, exit }: DenoRuntime): Promise<string> {
  const buffer = new Uint8Array(1024);
  let line = "";
  stdin.setRaw(true);
  try {
    for (;;) {
      const count = await stdin.read(buffer);
      if (count === null) return line;
      for (const sign of new TextDecoder().decode(buffer.subarray(0, count))) {
        if (sign === "\x03") {
          stdin.setRaw(false);
          exit(130);
        }
        if ("\r\n\x04".includes(sign)) return line;
        line = "\x7f\b".includes(sign) ? line.slice(0, -1) : line + sign;
      }
    }
  } finally {
    stdin.setRaw(false);
  }
}

/** A stream of Deno. Each write is done when it returns, so that none overtakes another. */
function outputOf(deno: DenoRuntime, stream: DenoStream): Output {
  const encoder = new TextEncoder();
  return {
    get isTTY() {
      return stream.isTerminal();
    },
    get columns() {
      return stream.isTerminal() ? columnsOf(deno) : undefined;
    },
    async write(text): Promise<void> {
      let bytes = typeof text === "string" ? encoder.encode(text) : text;
      while (bytes.length > 0) {
        try {
          bytes = bytes.subarray(stream.writeSync(bytes));
        } catch (error) {
          // Another program that has the same pipe may have made it one that does not block.
          if ((error as Error).name !== "WouldBlock") throw new BrokenPipe();
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      }
    },
  };
}

function columnsOf(deno: DenoRuntime): number | undefined {
  try {
    return deno.consoleSize().columns;
  } catch {
    return undefined;
  }
}
