/** The request headers that decide how long a create waits and how long a prediction lives. */

import { ErrorAnswer } from "../error_answer.ts";

/** The longest wait in seconds, and the wait of a plain `Prefer: wait`. */
const MAX_WAIT = 60;
/** The shortest lifetime in seconds. */
const MIN_LIFETIME = 5;

/** A `Prefer: wait` header. */
export interface Wait {
  readonly seconds: number;
  /** The header as it was sent, for `Preference-Applied`. */
  readonly applied: string;
}

/** Reads a `Prefer` header, such as `wait` or `wait=5`. */
export function parsePrefer(prefer: string | null): Wait | undefined {
  if (prefer === null) return undefined;
  const [, number] = /^wait(?:=([1-9][0-9]?))?$/.exec(prefer) ?? [];
  if (number === undefined && prefer !== "wait") {
    throw new ErrorAnswer(422, `The Prefer header ${JSON.stringify(prefer)} is not valid`);
  }
  return { seconds: Math.min(MAX_WAIT, Number(number ?? MAX_WAIT)), applied: prefer };
}

/** Reads a `Cancel-After` header, such as `90` or `1h30m`, as seconds. */
export function parseCancelAfter(cancelAfter: string | null): number | undefined {
  if (cancelAfter === null) return undefined;
  const match = /^(?:(\d+)|(?=\d)(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?)$/.exec(cancelAfter);
  if (!match) {
    const shown = JSON.stringify(cancelAfter);
    throw new ErrorAnswer(422, `The Cancel-After header ${shown} is not valid`);
  }
  const [plain = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1)
    .map((part) => Number(part ?? 0));
  const total = plain + hours * 3600 + minutes * 60 + seconds;
  if (total < MIN_LIFETIME) {
    throw new ErrorAnswer(422, `The Cancel-After header must be at least ${MIN_LIFETIME} seconds`);
  }
  return total;
}
