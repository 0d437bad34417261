/**
 * Progress, read from the logs of a job: the bars that `tqdm` draws, and plain percentages.
 *
 * @module
 */
import type { Progress } from "../base/job.ts";

/** The characters read of the end of the logs, which grow to megabytes and are read at each poll. */
const WINDOW = 16 * 1024;
/** The characters read of the end of a line: a bar is no wider than a terminal. */
const LINE = 512;
/** Colors and cursor moves; 27 is the escape character. */
const ANSI = /* @__PURE__ */ new RegExp(
  `${/* @__PURE__ */ String.fromCharCode(27)}\\[[0-9;?]*[A-Za-z]`,
  "g",
);
/** A percentage, with the text before it and the numbers after it; each match begins where one ended. */
const BAR = /* @__PURE__ */ new RegExp(
  /* @__PURE__ */ [
    // The stage, and the percentage.
    /(|.*?[^\d.])(\d{1,3}(?:\.\d+)?)\s?%/,
    /(\s*\|[^|%]*\|)?\s*/,
    // `4/10`, `(4/10)`, `4.00k/8.00k`, `1.2MiB/3.4MiB`, `4/?`
    /(?:[([]?(\d+(?:\.\d+)?)\s?([a-z]*)\s?\/\s?(\d+(?:\.\d+)?|\?)\s?([a-z]*))?/,
    // `[elapsed<remaining, rate]`, where the rate is `2.0it/s` or, when slow, `1.5s/it`.
    /(?:\s*\[[\d:]+<([\d:]+|\?)(?:,\s*(\d+(?:\.\d+)?)\s?([a-z]*)\/([a-z]+))?[^\]]*\]?)?/,
    // The end of a line that is about nothing else.
    /(?:[\s)\]]*(?:done|completed?|finished)?[\s.!]*$)?/,
  ].map(({ source }) => source).join(""),
  "giy",
);
/** The text before a percentage without a bar. */
const BARE_START = /^\s*(?:|.*\bprogress|(?!remaining)[a-z]+ing)[\s:=.\-]*$/i;
const SCALED_UNIT = /^([kKMGTPE]?)(i?)(?:B|it|steps?|tokens?|samples?|)$/;
/** The place of a letter is its power of 1,000; that of none is 0. */
const SCALES = " KMGTPE";

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
  if (isCut((lines.at(-1) ?? "").replace(ANSI, ""))) lines.pop();
  for (const line of lines.reverse()) {
    if (!line.includes("%")) continue;
    const bars = [...lastOf(line.replace(ANSI, ""), LINE).matchAll(BAR)];
    const progress = bars.map(progressOf).filter((it) => it !== null).at(-1);
    if (progress) return progress;
  }
  return null;
}

/** `true` for a line that is still being written: its times, in brackets, have no end yet. */
function isCut(line: string): boolean {
  const open = line.lastIndexOf("[");
  return open > line.lastIndexOf("]") && line.lastIndexOf("|", open) > line.indexOf("%");
}

/** The end of a text, without the word it cuts in two: half a number is a wrong number. */
function lastOf(text: string, length: number): string {
  return text.length <= length ? text : text.slice(-length).replace(/^\S+/, "");
}

function progressOf(match: RegExpMatchArray): Progress | null {
  const [, before = "", percent, bar, current, currentUnit, total, totalUnit, ...times] = match;
  const [remaining, rate, unit, per] = times;
  const isBare = match[0] === match.input && BARE_START.test(before);
  if (Number(percent) > 100 || !(bar || remaining || isBare)) return null;

  const progress: Progress = {
    percentage: Number(percent) / 100,
    current: amountOf(current, currentUnit),
    total: amountOf(total, totalUnit),
  };
  if (!agrees(progress)) return null;
  const stage = before.replace(/:\s*$/, "").trim();
  if (stage !== "" && !/^progress$/i.test(stage)) progress.stage = stage;
  if (remaining && remaining !== "?") progress.remainingMs = durationOf(remaining);
  const isSlow = unit === "s" && per !== "s";
  const amount = isSlow ? 1 / Number(rate) : amountOf(rate, unit);
  if (amount !== null && Number.isFinite(amount)) progress.rate = amount;
  return progress;
}

/** `false` for counts that are cut, as `23/5` of `46%|####6     | 23/50` is. Scaled units are rounded. */
function agrees({ percentage, current, total }: Progress): boolean {
  return current === null || !total || Math.abs(current / total - percentage) < 0.03;
}

/** The amount of a number and its unit: `4.00` and `k` are 4000; a unit that is no scale is only a name. */
function amountOf(number: string | undefined, unit: string = ""): number | null {
  if (number === undefined || number === "?") return null;
  const [, scale = "", binary] = SCALED_UNIT.exec(unit) ?? [];
  const factor = (binary ? 1024 : 1000) ** SCALES.indexOf(scale.toUpperCase());
  // 1.1 * 1000 is 1100.0000000000002, and nobody counts in such units.
  return Number((Number(number) * factor).toPrecision(12));
}

/** A time such as `3:04` or `1:02:03`, in milliseconds. */
function durationOf(clock: string): number {
  return clock.split(":").reduce((sum, part) => sum * 60 + Number(part), 0) * 1000;
}
