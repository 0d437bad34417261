/**
 * Progress, read from the logs of a job: the bars that `tqdm` draws, and plain percentages.
 *
 * @module
 */
import type { Progress } from "../job_status.ts";

export type { Progress };

/** Logs grow to megabytes and are read at each poll: only so many characters of their end count. */
const WINDOW = 16 * 1024;
/** Only so many characters of the end of a line count: a bar is no wider than a terminal. */
const LINE = 512;

/** Colors and cursor moves; 27 is the escape character. */
const ANSI = new RegExp(`${String.fromCharCode(27)}\\[[0-9;?]*[A-Za-z]`, "g");
const NUMBER_AT_END = /(?:^|[^\d.])(\d{1,3}(?:\.\d+)?)\s?$/;
const BAR = /^\s*\|[^|]*\|\s*/;
/** `4/10`, `(4/10)`, `4.00k/8.00k`, `1.2MiB/3.4MiB`, `4/?` */
const COUNTS = /^[([]?(\d+(?:\.\d+)?)\s?([A-Za-z]*)\s?\/\s?(\d+(?:\.\d+)?|\?)\s?([A-Za-z]*)/;
/** `[elapsed<remaining, rate]`, where the rate is `2.0it/s` or, when slow, `1.5s/it`. */
const TIMES = /^\s*\[[\d:]+<([\d:]+|\?)(?:,\s*(\d+(?:\.\d+)?)\s?([A-Za-z]*)\/([A-Za-z]+))?/;
/** Without carriage returns in the logs, the bars of one loop stand side by side in one line. */
const BARS_BEFORE = /^.*%\s*\|[^|]*\|\s*[^\s[]*(?:\s*\[[^\]]*\])?/;
const SCALED_UNIT = /^([kKMGTPE]?)(i?)(?:B|it|steps?|tokens?|samples?|)$/;
const SCALES = ["", "K", "M", "G", "T", "P", "E"];
/** After a percentage without a bar. */
const BARE_END = /^[\s)\]]*(?:done|completed?|finished)?[\s.!]*$/i;
/** Before a percentage without a bar. */
const BARE_START = /^(?:|.*\bprogress|(?!remaining)[a-z]+ing)[\s:=.\-]*$/i;

/**
 * The progress that the newest bar in the logs of a prediction or training shows, or `null` when
 * there is none in their last 16 Ki characters.
 *
 * Reads bars of `tqdm` with or without a prefix, with scaled units (`4.00k/8.00k`: k is 1,000, Ki is
 * 1,024), and with `?` for what is not known yet. A percentage without a bar counts when it is alone
 * on its line or follows `progress` or one word such as `Downloading`; `GPU util 40%` and
 * `Accuracy: 92%` are not progress, and neither is a bar without a total (`12it [00:03, 3.9it/s]`).
 *
 * ```ts
 * import { parseProgressFromLogs } from "@x/replicate";
 * import { assertEquals } from "@std/assert";
 *
 * const logs = "Using seed: 7\nSampling:  40%|####      | 4/10 [00:02<00:03,  2.00it/s]";
 * assertEquals(parseProgressFromLogs({ logs }), {
 *   percentage: 0.4,
 *   current: 4,
 *   total: 10,
 *   stage: "Sampling",
 *   remainingMs: 3000,
 *   rate: 2,
 * });
 * ```
 */
export function parseProgressFromLogs(
  input: string | { readonly logs?: string | null },
): Progress | null {
  const logs = (typeof input === "string" ? input : input.logs) ?? "";
  const lines = lastOf(logs, WINDOW).split(/[\r\n]/);
  for (let line = lines.pop(); line !== undefined; line = lines.pop()) {
    if (!line.includes("%")) continue;
    const progress = parseLine(lastOf(line.replace(ANSI, ""), LINE));
    if (progress !== null) return progress;
  }
  return null;
}

/** The end of a text, without the word it cuts in two: half a number is a wrong number. */
function lastOf(text: string, length: number): string {
  return text.length <= length ? text : text.slice(-length).replace(/^\S+/, "");
}

function parseLine(line: string): Progress | null {
  for (let at = line.lastIndexOf("%"); at > 0; at = line.lastIndexOf("%", at - 1)) {
    const number = NUMBER_AT_END.exec(line.slice(0, at))?.[1];
    if (number === undefined || Number(number) > 100) continue;
    const before = line.slice(0, line.lastIndexOf(number, at)).trim();
    const progress = parseBar(Number(number) / 100, before, line.slice(at + 1));
    if (progress !== null) return progress;
  }
  return null;
}

function parseBar(percentage: number, before: string, after: string): Progress | null {
  const bar = BAR.exec(after)?.[0];
  const rest = bar === undefined ? after.trimStart() : after.slice(bar.length);
  const [counted = "", current, currentUnit, total, totalUnit] = COUNTS.exec(rest) ?? [];
  const times = TIMES.exec(rest.slice(counted.length));
  const isBare = BARE_START.test(before) && BARE_END.test(rest.slice(counted.length));
  if (bar === undefined && times === null && !isBare) return null;

  const progress: Progress = {
    percentage,
    current: amountOf(current, currentUnit) ?? null,
    total: amountOf(total, totalUnit) ?? null,
  };
  const stage = stageOf(before);
  if (stage !== "") progress.stage = stage;
  const remainingMs = durationOf(times?.[1]);
  if (remainingMs !== undefined) progress.remainingMs = remainingMs;
  const rate = rateOf(times?.[2], times?.[3], times?.[4]);
  if (rate !== undefined) progress.rate = rate;
  return progress;
}

function stageOf(before: string): string {
  const stage = before.replace(BARS_BEFORE, "").replace(/:\s*$/, "").trim();
  return stage.toLowerCase() === "progress" ? "" : stage;
}

/** `4.00` and `k` are 4000; a unit that is no scale is only a name. */
function amountOf(number: string | undefined, unit: string = ""): number | undefined {
  if (number === undefined || number === "?") return undefined;
  const [, scale = "", binary = ""] = SCALED_UNIT.exec(unit) ?? [];
  const factor = (binary === "" ? 1000 : 1024) ** SCALES.indexOf(scale.toUpperCase());
  // 1.1 * 1000 is 1100.0000000000002, and nobody counts in such units.
  return Number((Number(number) * factor).toPrecision(12));
}

/** `3:04` and `1:02:03` in milliseconds. */
function durationOf(clock: string | undefined): number | undefined {
  if (clock === undefined || clock === "?") return undefined;
  return clock.split(":").reduce((sum, part) => sum * 60 + Number(part), 0) * 1000;
}

function rateOf(number: string | undefined, unit = "", per = ""): number | undefined {
  if (unit !== "s" || per === "s") return amountOf(number, unit);
  const seconds = Number(number);
  return seconds > 0 ? 1 / seconds : undefined;
}
