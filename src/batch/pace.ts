/** The progress of a batch, and its speed. */

import { uptime } from "../base/clock.ts";
import type { BatchProgress, BatchResult } from "./types.ts";

/** The number of ends, the latest ones, that the rate is taken from. */
const LATEST = 64;

/** Counts the inputs of a batch, and measures their rate. */
export interface BatchPace {
  /** A run has ended. An input that is settled by the store alone does not count. */
  ran(): void;
  /** An input is settled. Returns the number of those that were settled before. */
  settled(status: BatchResult["status"]): number;
  /** The progress with so many inputs taken. The clock of the rate starts with the first call. */
  progress(taken: number): BatchProgress;
}

/** Makes the pace of a batch. Inputs that have a size, such as an array or a set, tell the total. */
export function batchPace(inputs: object): BatchPace {
  const { length, size } = inputs as { length?: unknown; size?: unknown };
  const total = [length, size].find((count) => typeof count === "number");
  const ends: number[] = [];
  /** The start of the time in which the ends lie, by the clock of durations. */
  let windowStart = 0;
  let done = 0;
  let failed = 0;
  return {
    ran: () => {
      ends.push(uptime());
      if (ends.length > LATEST) windowStart = ends.shift() ?? 0;
    },
    settled: (status) => {
      if (status === "rejected") failed++;
      return done++;
    },
    progress: (taken) => {
      const now = uptime();
      windowStart ||= now;
      const rate = now > windowStart ? ends.length / (now - windowStart) * 1000 : 0;
      // NaN, where the total is not known.
      const left = Math.max(0, (total ?? NaN) - done);
      const etaMs = left === 0 ? 0 : left / rate * 1000;
      return {
        done,
        failed,
        running: taken - done,
        total,
        rate,
        etaMs: Number.isFinite(etaMs) ? etaMs : undefined,
      };
    },
  };
}
