/** The sheet of a day: the sums by tag of the runs that were counted, as one key of a store holds them. */

/** A job whose cost is not known, or not in full. */
export interface UnknownCost {
  /** The id of the prediction or training. */
  id: string;
  /** The model or deployment. */
  model: string;
  /** The name under which it is counted. */
  tag: string;
  /** The day on which it was created, as `2026-01-31`. */
  day: string;
  /** The reason, such as `its predict_time is -3`. */
  why: string;
}

/** The sum under one tag. */
export interface TagSum {
  readonly amount: number;
  readonly runs: number;
  readonly unknownRuns: number;
}

/** The sums of a day. */
export interface Sheet {
  readonly tags: Readonly<Record<string, TagSum>>;
  /** The latest of the jobs whose cost is not known. */
  readonly unknown: readonly UnknownCost[];
  /** The ids of the latest jobs that were counted. */
  readonly recent: readonly string[];
}

/** The number of jobs of unknown cost that are listed for each day. */
export const LISTED = 100;
/** The number of ids that tell whether a job was counted where a process died in the middle of it. */
const RECENT = 200;

const EMPTY: Sheet = { tags: {}, unknown: [], recent: [] };
const NOTHING: TagSum = { amount: 0, runs: 0, unknownRuns: 0 };

/** The sheet in a store; an empty one where there is none yet. */
export function sheetOf(value: unknown): Sheet {
  return { ...EMPTY, ...(value as Sheet | null | undefined) };
}

/** Adds a job that has ended: once. */
export function addJob(
  sheet: Sheet,
  job: Omit<UnknownCost, "why"> & { amount: number; why: string | undefined },
): Sheet {
  const { amount, why, ...facts } = job;
  const { id, tag } = facts;
  if (sheet.recent.includes(id)) return sheet;
  const before = Object.hasOwn(sheet.tags, tag) ? sheet.tags[tag]! : NOTHING;
  const isUnknown = why !== undefined;
  const after = {
    amount: before.amount + amount,
    runs: before.runs + 1,
    unknownRuns: before.unknownRuns + (isUnknown ? 1 : 0),
  };
  return {
    tags: { ...sheet.tags, [tag]: after },
    unknown: isUnknown ? [...sheet.unknown, { ...facts, why }].slice(-LISTED) : sheet.unknown,
    recent: [...sheet.recent, id].slice(-RECENT),
  };
}
