import { assertEquals, assertRejects } from "@std/assert";
import { denoIo, type DenoRuntime } from "../../src/cli/deno_io.ts";
import { BrokenPipe } from "../../src/cli/io.ts";

/** A Deno whose terminal is that of a test. */
function runtime(parts: {
  os?: string;
  isTerminal?: boolean;
  consoleSize?: () => { columns: number };
  writeSync?: (data: Uint8Array) => number;
}): { deno: DenoRuntime; signals: string[] } {
  const signals: string[] = [];
  const stream = {
    isTerminal: () => parts.isTerminal ?? true,
    writeSync: parts.writeSync ?? ((data: Uint8Array) => data.length),
  };
  const deno: DenoRuntime = {
    args: [],
    build: { os: parts.os ?? "linux" },
    env: { toObject: () => ({}) },
    stdin: {
      readable: new ReadableStream(),
      isTerminal: () => true,
      setRaw() {},
      read: () => Promise.resolve(null),
    },
    stdout: stream,
    stderr: stream,
    consoleSize: parts.consoleSize ?? (() => ({ columns: 120 })),
    addSignalListener: (name) => void signals.push(`+${name}`),
    removeSignalListener: (name) => void signals.push(`-${name}`),
    exit(): never {
      throw new Error("exit");
    },
  };
  return { deno, signals };
}

Deno.test("denoIo() tells the width of a terminal, where there is one that tells it", () => {
  assertEquals(denoIo(runtime({}).deno).stdout.columns, 120);
  assertEquals(denoIo(runtime({ isTerminal: false }).deno).stdout.columns, undefined);
  const consoleSize = (): never => {
    throw new Error("not a terminal");
  };
  assertEquals(denoIo(runtime({ consoleSize }).deno).stdout.columns, undefined);
});

Deno.test("denoIo() listens to the size of a terminal, but on Windows, which has no signal for it", () => {
  const linux = runtime({});
  denoIo(linux.deno).onResize(() => {})();
  assertEquals(linux.signals, ["+SIGWINCH", "-SIGWINCH"]);
  const windows = runtime({ os: "windows" });
  const io = denoIo(windows.deno);
  io.onResize(() => {})();
  assertEquals([io.platform, windows.signals], ["win32", []]);
});

Deno.test("denoIo() writes on after a part, and after a pipe that was full", async () => {
  const written: number[] = [];
  let calls = 0;
  const writeSync = (data: Uint8Array): number => {
    if (++calls === 2) throw Object.assign(new Error("full"), { name: "WouldBlock" });
    written.push(...data.subarray(0, 2));
    return Math.min(2, data.length);
  };
  const { stdout } = denoIo(runtime({ writeSync }).deno);
  await stdout.write("abc");
  await stdout.write(new Uint8Array([1]));
  assertEquals(written, [97, 98, 99, 1]);
});

Deno.test("denoIo() says that a pipe is broken", async () => {
  const writeSync = (): never => {
    throw Object.assign(new Error("gone"), { name: "BrokenPipe" });
  };
  const { stdout } = denoIo(runtime({ writeSync }).deno);
  await assertRejects(() => stdout.write("a"), BrokenPipe);
});
