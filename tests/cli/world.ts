/** The command line in this process, against the fake. */

import { BrokenPipe, type Io, type Output, type Signal } from "../../src/cli/io.ts";
import { main } from "../../src/cli/main.ts";
import { processIo, thisProcess } from "../../src/cli/process_io.ts";
import type { Fetch } from "../../mod.ts";
import type { FakeReplicate } from "../../src/testing/mod.ts";

export { inFolder } from "../in_folder.ts";

export interface CallOptions {
  fake?: Pick<FakeReplicate, "fetch">;
  fetch?: Fetch;
  env?: Record<string, string>;
  stdin?: string | Uint8Array | null;
  tty?: boolean;
  columns?: number;
  /** The number of writes to stdout after which nobody reads any more. */
  readers?: number;
  /** Parts of the world that stand for those of the test. */
  io?: Partial<Io>;
  /** Called with each line of stderr, and each write to stdout. */
  onOutput?: (text: string, call: Running) => void;
}

export interface Running {
  stdout: string;
  stderr: string;
  opened: string[];
  exits: number[];
  signal(name: Signal): void;
  resize(columns: number): void;
}

export interface Result extends Running {
  code: number;
}

/** Runs the command line with these arguments, and gives what it has printed. */
export async function replicate(args: string[], options: CallOptions = {}): Promise<Result> {
  const { tty = false, stdin = "", readers = Infinity } = options;
  const listeners = new Map<Signal, Set<() => void>>();
  const resized = new Set<() => void>();
  let columns = options.columns ?? 80;
  let writes = 0;
  const state: Running = {
    stdout: "",
    stderr: "",
    opened: [],
    exits: [],
    signal: (name) => listeners.get(name)?.forEach((listener) => listener()),
    resize(to) {
      columns = to;
      resized.forEach((listener) => listener());
    },
  };
  const output = (key: "stdout" | "stderr"): Output => ({
    isTTY: tty,
    get columns() {
      return tty ? columns : undefined;
    },
    write(text) {
      if (key === "stdout" && ++writes > readers) return Promise.reject(new BrokenPipe());
      const shown = typeof text === "string" ? text : new TextDecoder().decode(text);
      state[key] += shown;
      options.onOutput?.(shown, state);
      return Promise.resolve();
    },
  });
  const real = processIo(thisProcess());
  const io: Io = {
    ...real,
    env: { REPLICATE_API_TOKEN: "r8_test", LANG: "C.UTF-8", ...options.env },
    platform: "linux",
    stdin: {
      isTTY: tty && stdin === "",
      secret: () => Promise.resolve(String(stdin)),
      async *bytes() {
        if (stdin === null) throw new Error("EBADF");
        if (stdin.length > 0) {
          yield typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin;
        }
      },
    },
    stdout: output("stdout"),
    stderr: output("stderr"),
    fetch: options.fetch ??
      ((input, init) =>
        options.fake
          ? options.fake.fetch(input, init)
          : Promise.reject(new TypeError("no network"))),
    onSignal(name, listener) {
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set.add(listener));
      return () => set.delete(listener);
    },
    onResize(listener) {
      resized.add(listener);
      return () => resized.delete(listener);
    },
    exit: (code) => state.exits.push(code),
    open: (url) => Promise.resolve(void state.opened.push(url)),
    ...options.io,
  };
  const code = await main(args, io);
  const left = [...listeners.values()].reduce((sum, { size }) => sum + size, resized.size);
  if (left > 0) throw new Error(`${left} listeners are left`);
  return Object.assign(state, { code });
}
