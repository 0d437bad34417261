/** The program in this process: its arguments in, its exit code out. */

import { main } from "./main.ts";
import { denoIo, thisDeno } from "./deno_io.ts";
import type { Io } from "./io.ts";
import { processIo, thisProcess } from "./process_io.ts";

/**
 * Runs the command line with the streams, the environment and the signals of this process, and resolves
 * to the exit code: 0 done, 1 API or network error, 2 wrong usage, 3 failed, 4 canceled or timed out,
 * 130 after Ctrl-C.
 *
 * @param args The arguments, without the name of the program.
 */
export async function replicate(args: readonly string[]): Promise<number> {
  return await main(args, thisIo());
}

/** Runs the command line with the arguments of this process, and ends the process. */
export async function start(): Promise<void> {
  const args = thisDeno()?.args ?? thisProcess().argv.slice(2);
  const io = thisIo();
  io.exit(await main(args, io));
}

function thisIo(): Io {
  const deno = thisDeno();
  return deno ? denoIo(deno) : processIo(thisProcess());
}
