/** The part `failureKind`: it reads the kind of a failure from the error of its job. */

import type { FailureKind } from "../base/job.ts";
import { readable } from "../base/text.ts";

/** Words that say nothing of the kind: with or without them, a phrase is the same. */
const FILLER = /^Prediction failed: |\b(an?|any|the|is|are|was|were|has|been|got) /gi;

/**
 * The kinds by text without `FILLER`; the first rule that fits counts. Texts are the models' own, so that
 * unknown ones are `model`.
 *
 * They quote the input, so that a rule takes a phrase and not a word; and each is linear, with bounded
 * gaps only.
 */
const RULES: readonly (readonly [FailureKind, ...RegExp[]])[] = [
  // It quotes the input that it refuses, so nothing that follows counts.
  ["input", /^Prediction input failed validation/],
  // Where https://replicate.com/docs/reference/error-codes is silent: as seen.
  [
    "infrastructure",
    /* @__PURE__ */ codes("E00[1-4]|E1000|E6716|E8765|E9243|E982[58]"),
  ],
  ["moderation", /* @__PURE__ */ codes("E005")],
  ["input", /* @__PURE__ */ codes("E006|E4875")],
  ["memory", /* @__PURE__ */ codes("E1001")],
  ["interrupted", /* @__PURE__ */ codes("E8367")],
  [
    "moderation",
    /content.?(moderation|policy)|DataInspectionFailed|moderation.blocked|nsfw (content|image)|as nsfw|green net check/i,
    /(input|prompt|image|audio|video|content|request|output)s? flagged|flagged (as|by) /i,
    /(sensitive|inappropriate|unsafe|disallowed|prohibited) content|copyright restriction/i,
    /(rejected|refused|blocked|flagged).{0,60}(safety|moderation|content filter)/i,
    /violat.{1,50}(polic|terms|guideline|practice)/i,
  ],
  [
    "memory",
    // Cog says so whenever its worker dies; only 9 is the kill for the lack of memory.
    /out of memory(?!\? \(exitcode (?!-9\)|137\)))|oom.?killed|MemoryError|alloc_failed|bad_alloc/i,
    /allocate (memory|[\d.]+ ?[kmgt]i?b)|(not enough|insufficient) (\w{1,9} )?memory/i,
    /\bOOM\b/,
    /(^|\b(cuda|gpu) )oom\b|\b(out of|not enough|insufficient) (gpu )?v?ram\b/i,
  ],
  [
    "interrupted",
    /(prediction|training|job|task|process|worker|container|instance|machine|node) (interrupted|preempted|evicted|shutting down)/i,
    /SIGTERM|\(exitcode (-15|143)\)|\(code: PA\)/i,
  ],
  ["input", /\b4(?!08|29)\d\d Client Error/i],
  [
    "infrastructure",
    /^Director: |error handling prediction|stopped responding|container failed|failed to boot/i,
    /failed (its )?health ?check|(failed|trying) to (download|upload|fetch)|create trained image|'pget'/i,
    /high (demand|load)|rate.?limit|too many requests|overloaded|queue (full|reached)/i,
    /(service|server) (\w{1,11} )?unavailable|server error|bad gateway|gateway time|(status|code|http)[:= ]{0,2}50[0-4]\b/i,
    /connection (reset|refused|aborted|closed|timed out|error)|read (operation )?timed out/i,
    /max retries exceeded|name resolution|getaddrinfo|network unreachable|socket hang up|server disconnected/i,
    /ConnectionPool|(Connect|Connection|Read|Write|Protocol|SSL)(Error|Timeout)|\bE(CONN|TIMEDOUT)/i,
    /(allocate|suitable|available) (machine|gpu|node|instance)|no space left|disk quota|read-only file|busy or unavailable/i,
    /(cuda|nvidia) driver|uncorrectable ecc|no (cuda|gpu)|libcuda/i,
  ],
  [
    "timeout",
    /timed[ -]?out|TimeoutError|took too long|exceeded .{0,30}(time limit|run ?time)/i,
    /(timeout|deadline|time limit) (of|after|waiting|while|reached|expired|exceeded)/i,
  ],
  // What the languages and libraries say of a fault of the model's code, in words as of the input.
  [
    "model",
    /cuda error|errors? for Prediction|index out of range|, not '?None|must have same/i,
    /(tensor|matri|array|indices).{0,60} must (be|have)/i,
  ],
  [
    "input",
    /validation error|\bmust (be|have|not)\b|should be (between|less|greater|at) |be (divisible|multiple)/i,
    /(invalid|unsupported|missing( required)?) ?(input|prompt|image|audio|video|media|file|mask|url|text|field|parameter|zip|format|mime|size|value for)/i,
    /(input|prompt|image|audio|video|media|file|mask|url|text|field|parameter|name|duration|length|width|height|resolution|size)s? (\([^()]{0,60}\) )?(invalid|empty|corrupt|required|too (long|short|large|big|small))/i,
    /(failed to|unable to|cannot|could not) (load|open|decode|read|identify) (input|prompt|image|audio|video)/i,
    /too many (tokens|images|files|frames|characters)|(format|type) not supported|not valid/i,
    /(exceeds?|greater than) max|max(imum)? (input|prompt|context|file|size)/i,
    /out of range|provided without|list of (available|supported)|workflow could not be run/i,
    /\b(no|find|detect) (human )?face/i,
  ],
];

/** A pattern for codes as Replicate writes them: `(E005)`, `E6716: ...`, `...: E001`; not `(E005).png`. */
function codes(codes: string): RegExp {
  return new RegExp(`(^|: |\\(|code )(${codes})(?! ?\\w|\\)?\\.?\\w)`, "i");
}

/** The characters read of each end: a message has its reason at its start, a traceback at its end. */
const LIMIT = 2_000;

/** The part of `createSend` that finds out the kind of failure of a job that has ended. */
export function failureKind(job: { status: string; error?: unknown }): FailureKind {
  if (job.status === "canceled" || job.status === "aborted") return job.status;
  const error = readable(job.error);
  // The ends of a short text overlap, which changes nothing.
  const text = `${error.slice(0, LIMIT)}\n${error.slice(-LIMIT)}`.replace(FILLER, "");
  const rule = RULES.find(([, ...patterns]) => patterns.some((pattern) => pattern.test(text)));
  return rule?.[0] ?? "model";
}
