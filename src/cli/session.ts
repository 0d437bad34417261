/** One call of a command: its arguments, its client, and all that it says. */

import type { Client } from "../client.ts";
import { type Duration, toMs } from "../base/duration.ts";
import { Interrupt } from "./interrupt.ts";
import type { Io } from "./io.ts";
import { colours, type Paint } from "./terminal.ts";
import { Bar } from "./bar.ts";
import { Traffic } from "./traffic.ts";
import { UsageError } from "./usage.ts";

/** The arguments and options of a call. */
export interface SessionCall {
  readonly args: readonly string[];
  /** The values of each option, and `""` for a flag. */
  readonly options: ReadonlyMap<string, readonly string[]>;
}

/** One call of a command. */
export class Session {
  readonly io: Io;
  /** The command that runs. */
  readonly command: { readonly name: string };
  readonly args: readonly string[];
  /** The requests that must not be left behind. */
  readonly traffic: Traffic = new Traffic();
  /** Ctrl-C, and what it does. */
  readonly interrupt: Interrupt;
  /** The bar on stderr, in a terminal. */
  readonly bar: Bar;
  /** The colours of stdout. */
  readonly paint: Paint;
  readonly #options: SessionCall["options"];
  readonly #closers: (() => unknown)[] = [];
  #client: Promise<Client> | undefined;

  /** Opens the session; Ctrl-C is its own from now on. */
  constructor(io: Io, command: { readonly name: string }, call: SessionCall) {
    this.io = io;
    this.command = command;
    this.args = call.args;
    this.#options = call.options;
    this.paint = colours(io.stdout, io.env);
    this.bar = new Bar(io);
    this.interrupt = new Interrupt(io, this.traffic, this.bar);
  }

  /** Aborts when the caller wants to leave. */
  get signal(): AbortSignal {
    return this.interrupt.signal;
  }

  /** `true` if the flag was given. */
  flag(name: string): boolean {
    return this.#options.has(name);
  }

  /** The value of an option. */
  option(name: string): string | undefined {
    return this.#options.get(name)?.at(-1);
  }

  /** The number of an option. */
  count(name: string): number | undefined {
    const text = this.option(name);
    return text === undefined ? undefined : Number(text);
  }

  /** The milliseconds of an option. */
  duration(name: string): number | undefined {
    const text = this.option(name);
    return text === undefined ? undefined : toMs(text as Duration, name, 1);
  }

  /**
   * The client, with the token.
   *
   * @throws {UsageError} If there is no token.
   */
  client(): Promise<Client> {
    return this.#client ??= import("./client.ts").then(({ openClient }) => openClient(this));
  }

  /** Calls a function when the session ends. */
  onClose(closer: () => unknown): void {
    this.#closers.push(closer);
  }

  /** Writes a result to stdout. */
  async print(text: string): Promise<void> {
    this.bar.clear();
    await this.io.stdout.write(text);
  }

  /** Writes a result as JSON: laid out in a terminal, and on one line in a pipe. */
  async printJson(value: unknown): Promise<void> {
    const space = this.io.stdout.isTTY && !this.flag("json") ? 2 : undefined;
    await this.print(`${JSON.stringify(value, null, space)}\n`);
  }

  /** Writes a line to stderr, for a person. It never fails: nobody may be there. */
  async note(text: string): Promise<void> {
    this.bar.clear();
    await this.io.stderr.write(`${text}\n`).catch(() => {});
  }

  /** Waits for the cancels that are under way, and says what became of them. */
  async leave(): Promise<void> {
    await this.traffic.settled();
    for (const [id, state] of this.traffic.cancels) {
      await this.note(
        state === "confirmed"
          ? `Canceled ${id}`
          : `The cancel of ${id} is not confirmed; see: replicate predictions get ${id}`,
      );
    }
  }

  /** Lets go of everything. */
  async close(): Promise<void> {
    this.bar.end();
    await this.traffic.settled();
    this.interrupt.close();
    for (const closer of this.#closers.reverse()) await closer();
  }

  /** An error that says that the call is wrong. */
  wrong(why: string, hint?: string): UsageError {
    return new UsageError(`Cannot run replicate ${this.command.name}: ${why}`, { hint });
  }
}
