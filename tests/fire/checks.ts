/** The rules for the jobs of a program, once its callers are through. */

import type { Job, Model } from "./model.ts";
import type { Kind } from "./program.ts";
import { sleep } from "./real.ts";
import type { Watched } from "./simulate.ts";

/** The calls whose jobs are canceled when the caller leaves. */
const OWNERS: readonly Kind[] = [
  "run",
  "start",
  "stream",
  "batch",
  "upload",
  "download",
  "deployment",
];

/** The milliseconds that a cancel may take, with all its repetitions. */
const GRACE = 3000;

type Check = (ok: boolean, rule: string, detail: () => string, call?: number) => void;

/** Checks that nothing was created twice, nothing runs on, and nothing was canceled twice. */
export async function checkJobs(
  model: Model,
  callers: readonly Watched[],
  lag: number,
  check: Check,
): Promise<void> {
  const jobs = [...model.jobs.values()];
  for (const mark of new Set(jobs.map((job) => job.mark))) {
    checkMark(model, mark, jobs.filter((job) => job.mark === mark), check);
  }

  const orphaned = callers.filter((it) => it.orphans).map((it) => it.plan.n);
  const abandoned = jobs.filter((job) =>
    isOwned(job) && job.known && !orphaned.includes(job.call.n)
  );
  const end = performance.now() + GRACE + lag;
  const running = (): Job[] => abandoned.filter((job) => !model.stateOf(job).isOver);
  while (performance.now() < end && running().length > 0) await sleep(20);
  const left = running();
  for (const { id, mark, call, cancelTimes } of abandoned) {
    check(
      !left.some((it) => it.id === id),
      "runs on",
      () => `the job of ${call.kind} ${mark} (${cancelTimes.length} cancels came)`,
      call.n,
    );
  }
  for (const job of jobs) checkCancels(job, callers, lag, check);
}

/** One job for each input; equal inputs have one each. Another one may follow one that was canceled. */
function checkMark(model: Model, mark: string, jobs: Job[], check: Check): void {
  const { call } = jobs[0]!;
  const isDouble = call.kind === "batch" && mark.endsWith(".0");
  const stopped = jobs.filter((job) => /canceled|aborted/.test(model.stateOf(job).status));
  const most = (isDouble ? 2 : 1) + (call.kind === "batch" ? stopped.length : 0);
  check(
    jobs.length <= most,
    "created twice",
    () => `${jobs.length} jobs for ${call.kind} ${mark}`,
    call.n,
  );
}

function isOwned({ call }: Job): boolean {
  if (call.kind === "start" && call.leave?.how === "detach") return false;
  return OWNERS.includes(call.kind);
}

function checkCancels(job: Job, callers: readonly Watched[], lag: number, check: Check): void {
  const { call, cancelTimes, toldEndAt, mark } = job;
  // On a machine that stood still, an answer is late, and the request is repeated.
  const cancels = lag > 200 ? Math.min(job.cancels, 1) : job.cancels;
  check(cancels <= 1, "canceled twice", () => `${cancels} cancels of ${call.kind} ${mark}`, call.n);
  // Who left before the end was told may have a cancel that waits for its turn. A machine that stands still
  // tells it late.
  const leftAt = callers.find(({ plan }) => plan.n === call.n)?.leftAt ?? Infinity;
  const late = cancelTimes.filter((at) =>
    toldEndAt !== undefined && at > toldEndAt + 150 + lag && leftAt > toldEndAt + lag
  );
  // A cancel whose answer was lost is repeated, and then it may find the end.
  const isRepeated = cancelTimes.length > late.length;
  check(
    late.length === 0 || isRepeated || job.canceledAt !== undefined,
    "canceled after its end",
    () => `${call.kind} ${mark}`,
    call.n,
  );
  if (isOwned(job) || call.leave?.how === "cancel") {
    const caller = callers.find(({ plan }) => plan.n === call.n);
    const left = caller?.leftAt !== undefined || caller?.error !== undefined ||
      call.leave !== undefined || call.kind === "batch";
    check(cancelTimes.length === 0 || left, "canceled for no reason", () => mark, call.n);
    return;
  }
  check(
    cancelTimes.length === 0,
    "canceled though not ours",
    () => `${call.kind} ${mark}`,
    call.n,
  );
}
