/** The error of a call that is wrong, before any request is sent. */

import { nearest } from "../base/text.ts";

/** The exit codes, which scripts can rely on. */
export const EXIT = {
  done: 0,
  error: 1,
  usage: 2,
  failed: 3,
  stopped: 4,
  interrupted: 130,
} as const;

/** A call that is wrong: what, the nearest right thing, and where to find help. */
export class UsageError extends Error {
  /** The nearest right thing, as a line of its own. */
  readonly hint: string | undefined;
  /** The arguments that show help, such as `run --help`. */
  see: string | undefined;

  /** Takes what was wrong, and what else to say. */
  constructor(
    message: string,
    options: { hint?: string | undefined; see?: string | undefined } = {},
  ) {
    super(message);
    this.hint = options.hint;
    this.see = options.see;
  }
}

/** The error for a name that does not exist. */
export function unknownName(
  what: string,
  name: string,
  known: readonly string[],
): UsageError {
  const like = nearest(name, known);
  const hint = like === undefined ? undefined : `Did you mean ${like}?`;
  return new UsageError(`Cannot use ${what} ${name}: there is none`, { hint });
}
