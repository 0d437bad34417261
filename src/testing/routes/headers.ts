import { Problem } from "../problem.ts";

const MAX_WAIT = 60;
const MIN_LIFETIME = 5;

/** What a `Prefer` header asks for, as it is echoed. */
export function waitOf(prefer: string | null): { seconds: number; applied: string } | undefined {
  if (prefer === null) return undefined;
  const [, number] = /^wait(?:=([1-9][0-9]?))?$/.exec(prefer) ?? [];
  if (number === undefined && prefer !== "wait") {
    throw new Problem(422, `The Prefer header ${JSON.stringify(prefer)} is not valid`);
  }
  return { seconds: Math.min(MAX_WAIT, Number(number ?? MAX_WAIT)), applied: prefer };
}

/** The seconds of a `Cancel-After` header. */
export function seconds(cancelAfter: string | null): number | undefined {
  if (cancelAfter === null) return undefined;
  const match = /^(?:(\d+)|(?=\d)(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?)$/.exec(cancelAfter);
  if (!match) {
    throw new Problem(422, `The Cancel-After header ${JSON.stringify(cancelAfter)} is not valid`);
  }
  const [plain, hours, minutes, rest] = match.slice(1).map((part) => Number(part ?? 0));
  const total = (plain ?? 0) + (hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (rest ?? 0);
  if (total < MIN_LIFETIME) {
    throw new Problem(422, `The Cancel-After header must be at least ${MIN_LIFETIME} seconds`);
  }
  return total;
}
