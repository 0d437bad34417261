/** Ctrl-C: the first one cancels and waits for that, the second one ends the program. */

import type { Bar } from "./bar.ts";
import type { Io, Signal } from "./io.ts";
import type { Traffic } from "./traffic.ts";
import { EXIT } from "./usage.ts";

/** The exit codes of the signals, as shells count them. */
const CODES: Readonly<Record<Signal, number>> = {
  SIGHUP: 129,
  SIGINT: EXIT.interrupted,
  SIGTERM: 143,
};

/** The wish of a person, or of the system, that the program ends. */
export class Interrupt {
  readonly #controller = new AbortController();
  readonly #closers: (() => void)[];
  readonly #io: Io;
  readonly #traffic: Traffic;
  readonly #bar: Bar;
  /** The ids of what runs, and is ours. */
  readonly #running = new Set<string>();
  /** The line that the first Ctrl-C prints. */
  #line = "Interrupted";
  /** The exit code of the signal that came. */
  code: number | undefined;

  /** Listens from now on. */
  constructor(io: Io, traffic: Traffic, bar: Bar) {
    this.#io = io;
    this.#traffic = traffic;
    this.#bar = bar;
    const signals = Object.keys(CODES) as Signal[];
    this.#closers = signals
      // Windows knows Ctrl-C alone.
      .filter((it) => io.platform !== "win32" || it === "SIGINT")
      .map((it) => io.onSignal(it, () => this.#on(it)));
  }

  /** Aborts with the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Something runs that the first Ctrl-C cancels. */
  owns(id: string): void {
    this.#running.add(id);
  }

  /** It has ended, or was let go. */
  disowns(id: string): void {
    this.#running.delete(id);
  }

  /** Says what the first Ctrl-C does, in the words that it then prints. */
  says(line: string): void {
    this.#line = line;
  }

  /** Stops to listen. */
  close(): void {
    for (const close of this.#closers.splice(0)) close();
  }

  #on(signal: Signal): void {
    this.#bar.end();
    if (this.code === undefined) {
      this.code = CODES[signal];
      this.#write(this.#line);
      this.#traffic.leaving();
      this.#controller.abort(new Error("Cannot go on: the program was interrupted"));
      return;
    }
    const open = [...this.#traffic.cancels].filter(([, state]) => state === "sent");
    const ids = new Set([...this.#running, ...open.map(([id]) => id)]);
    for (const [id, state] of this.#traffic.cancels) if (state === "confirmed") ids.delete(id);
    for (const id of ids) this.#write(`${id} may still run; cancel it: replicate cancel ${id}`);
    this.#io.exit(this.code);
  }

  #write(line: string): void {
    this.#io.stderr.write(`${line}\n`).catch(() => {});
  }
}
