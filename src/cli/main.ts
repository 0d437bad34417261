/** The program: arguments in, exit code out. */

import { unlessAborted } from "../base/async.ts";
import { VERSION } from "../base/runtime.ts";
import { type Call, checkArguments, parseCall } from "./arguments.ts";
import { COMMANDS } from "./commands.ts";
import { commandHelp, overview } from "./help.ts";
import { BrokenPipe, type Io } from "./io.ts";
import type { Session } from "./session.ts";
import { EXIT, UsageError } from "./usage.ts";

/**
 * Runs the command line, and gives the exit code. It writes to the streams of `io` alone, and ends nothing
 * but what it has started.
 *
 * @param args The arguments, without the name of the program.
 * @param io The world around it.
 */
export async function main(args: readonly string[], io: Io): Promise<number> {
  let call: Call | undefined;
  try {
    call = parseCall(args, COMMANDS, await io.parseArgs());
    return await dispatch(call, io);
  } catch (error) {
    if (error instanceof BrokenPipe) return EXIT.done;
    if (error instanceof UsageError) return await reportUsage(error, call, io);
    const { report } = await import("./errors.ts");
    return await report(error, io);
  }
}

async function dispatch(call: Call, io: Io): Promise<number> {
  const { command, options, group } = call;
  if (!command) {
    const text = options.has("version") ? `${VERSION}\n` : overview(COMMANDS, group);
    await io.stdout.write(text);
    return EXIT.done;
  }
  const isHelp = options.has("help");
  if (isHelp && !(call.args.length > 0 && command.name === "run")) {
    await io.stdout.write(commandHelp(command));
    return EXIT.done;
  }
  if (!isHelp) checkArguments(command, call.args);
  const [{ Session }, code] = await Promise.all([import("./session.ts"), command.load()]);
  const session = new Session(io, command, call);
  try {
    const work = isHelp && code.help ? code.help(session) : code.run(session, COMMANDS);
    return await unlessAborted(work, session.signal);
  } catch (error) {
    return await failed(session, error);
  } finally {
    await session.close();
  }
}

/** The exit code of a command that threw, once all that it has left behind is canceled. */
async function failed(session: Session, error: unknown): Promise<number> {
  session.traffic.leaving();
  if (error instanceof UsageError || error instanceof BrokenPipe) throw error;
  session.bar.stop();
  let { code } = session.interrupt;
  if (code === undefined) {
    const { report } = await import("./errors.ts");
    code = await report(error, session.io);
  }
  await session.leave();
  return code;
}

/** At most three lines: what was wrong, the nearest right thing, and where help is. */
async function reportUsage(error: UsageError, call: Call | undefined, io: Io): Promise<number> {
  const name = call?.command?.name ?? call?.group;
  const see = error.see ?? (name === undefined ? "--help" : `${name} --help`);
  const lines = [
    `replicate: ${error.message}`,
    ...(error.hint ? [error.hint] : []),
    `See: replicate ${see}`,
  ];
  await io.stderr.write(`${lines.join("\n")}\n`).catch(() => {});
  return EXIT.usage;
}
