import type { FailureKind } from "../job_status.ts";
import { readable } from "../words.ts";

/** Replicate's codes. Where https://replicate.com/docs/reference/error-codes is silent: as seen. */
const CODES: ReadonlyMap<string, FailureKind> = new Map([
  ["PA", "interrupted"],
  ["E001", "infrastructure"],
  ["E002", "infrastructure"],
  ["E003", "infrastructure"],
  ["E004", "infrastructure"],
  ["E005", "moderation"],
  ["E006", "input"],
  ["E1000", "infrastructure"],
  ["E1001", "memory"],
  ["E4875", "input"],
  ["E6716", "infrastructure"],
  ["E8367", "interrupted"],
  ["E8765", "infrastructure"],
  ["E9243", "infrastructure"],
  ["E9825", "infrastructure"],
  ["E9828", "infrastructure"],
]);

/** As they are written: `(E005)`, `(code: PA)`, `E6716: ...`, `...: E001`, `Error code E1001`. */
const CODE =
  /\((?:code: ?)?(E\d{3,4})\)(?!\.?\w)|\(code: ?(PA)\)|(?:^|: )(E\d{3,4})(?=$|[:.]| -)|\berror code:? (E\d{3,4})\b/gi;

/** It quotes the input that it refuses, so nothing that follows counts. */
const INVALID_INPUT = /^(?:Prediction failed: )?Prediction input failed validation/;

/**
 * By text; the first that fits counts. Texts are the models' own, so unknown ones are `model`.
 *
 * They quote what was sent, so a rule takes a phrase and not a word; and each is linear, with
 * bounded gaps only.
 */
const RULES: readonly (readonly [FailureKind, ...RegExp[]])[] = [
  [
    "moderation",
    /ContentModerationError|moderation_blocked|content_policy_violation|DataInspectionFailed/,
    /\bnsfw (?:content|images?)\b|as nsfw\b|green net check failed|responsible ai practices/i,
    /\b(?:content|prompt|request|input|output|image|video)s? (?:(?:was|were|is|has been) )?flagged\b/i,
    /\bflagged (?:as (?:\w{1,20} )?(?:sensitive|unsafe|inappropriate|explicit)|by (?:the|our|a) )/i,
    /\b(?:sensitive|inappropriate|unsafe|disallowed|prohibited) content\b|copyright restriction/i,
    /\b(?:rejected|refused|blocked|flagged)\b.{0,60}\b(?:safety|moderation|content (?:filter|policy))\b/i,
    /\bviolat\w{1,4} (?:\w{1,20} ){0,3}(?:polic|terms|guidelines)|content policy violation/i,
  ],
  [
    "memory",
    // Cog says so whenever its worker dies; only 9 is the kill for the lack of memory.
    /out of memory(?!\? \(exitcode (?!-9\)|137\)))|OOM[- ]?killed/i,
    /\bMemoryError\b|OutOfMemoryError|_STATUS_ALLOC_FAILED|\bbad_alloc\b/,
    /(?:cannot|failed to|unable to) allocate (?:memory|[\d.]{1,9} ?[KMGT]i?B)|(?:not enough|insufficient) (?:gpu |cuda )?memory/i,
  ],
  [
    "interrupted",
    /\b(?:prediction|training|job|task|process|worker|container|instance|machine|node) (?:(?:was|has been|got) )?(?:interrupted|preempted|evicted)\b/i,
    /\bSIGTERM\b|\(exitcode (?:-15|143)\)|worker (?:is |was )?shutting down/i,
  ],
  ["input", /\b4(?!08|29)\d\d Client Error\b/],
  [
    "infrastructure",
    /^(?:Prediction failed: )?Director: |un(?:known|expected) error handling prediction/i,
    /model (?:stopped responding|container failed)|failed (?:its |a )?health ?check|failed to boot/i,
    /(?:failed|error trying) to (?:download|upload|fetch)\b|failed to create trained image|\['pget'/i,
    /unable to (?:find|allocate) (?:a |an )?(?:suitable |available )?(?:machine|gpu|node|instance)\b/i,
    /high (?:demand|load)|rate ?limit|too many requests|\boverloaded\b|queue (?:is full|reached)/i,
    /bad gateway|gateway time-?out|(?:service|server) (?:is )?(?:temporarily |currently )?unavailable|internal server error/i,
    /\b50[0-4] Server Error\b|\b(?:status|status code|HTTP)(?: code)?:? 50[0-4]\b/i,
    /connection (?:was )?(?:reset|refused|aborted|closed|timed out|error)|read (?:operation )?timed out|max retries exceeded/i,
    /name resolution|getaddrinfo|network is unreachable|socket hang up|server disconnected/i,
    /HTTPS?ConnectionPool|\b(?:Connect|Read|Write|RemoteProtocol|Connection|SSL)(?:Error|Timeout)\b|\bE(?:CONN(?:RESET|REFUSED|ABORTED)|TIMEDOUT|NOTFOUND|AI_AGAIN)\b/,
    /no space left on device|disk quota exceeded|read-only file system/i,
    /CUDA driver|uncorrectable ECC|no CUDA-capable device|no CUDA GPUs are|no NVIDIA driver|libcuda\.so|devices?(?:\(s\))? (?:is|are|is\/are) busy or unavailable/i,
  ],
  [
    "timeout",
    /\btimed[ -]?out\b|\bTimeoutError\b|\btimeout (?:of|after|waiting|while|reached|expired|exceeded)\b/i,
    /deadline exceeded|took too long|exceeded (?:\w{1,20} ){0,3}(?:time limit|run time|runtime)\b|time limit exceeded/i,
  ],
  // What the languages and libraries say of a fault of the model's code, in words as of the input.
  [
    "model",
    /CUDA (?:kernel )?errors?\b|device-side assert|_STATUS_(?:EXECUTION|INTERNAL|NOT)_/,
    /return value of predict|validation errors? for Prediction|index out of range|indices must be/i,
    /positional argument|unexpected keyword argument|not supported between instances|, not '?None/i,
    /(?:tensor|matri|array|mat1)\w{0,3}\b.{0,60}\bmust (?:be|have)|must have the same (?:dtype|shape|size)/i,
  ],
  [
    "input",
    /validation error|InvalidParameter\b|\bmust (?:be|have|not be)\b|\bshould be (?:between|less|greater|at (?:least|most))\b/i,
    /\binvalid (?:input|prompt|image|audio|video|file|mask|url|zip|format|size|parameter|value for)\b/i,
    /\b(?:input|prompt|image|audio|video|file) (?:was|is) (?:invalid|empty|corrupt\w{0,4})\b|not a valid\b/i,
    /\bunsupported (?:input|image|audio|video|file|media|format|mime)|(?:format|type) (?:is )?not supported/i,
    /cannot identify image|(?:failed|unable) to (?:load|open|decode|read) (?:the )?(?:input|image|audio|video)\b|could not (?:load|open|decode|read) (?:the )?(?:input|image|audio|video|file)\b/i,
    /missing (?:required )?(?:input|field|parameter)|(?:input|prompt|image|audio|video|file|mask|url|text|field|parameter)s? (?:is|are) required\b/i,
    /(?:input|prompt|image|audio|video|file|text|name|duration|length|width|height|resolution|size) (?:\([^()]{0,60}\) )?(?:is |are )?too (?:long|short|large|big|small)\b|too many (?:tokens|images|files|frames|characters)\b/i,
    /\bexceeds? (?:the )?(?:model'?s )?max(?:imum)?\b|max(?:imum)? (?:context|input|prompt|size|file size)\b|greater than the max\b/i,
    /\bout of range\b|(?:need|have) to be (?:divisible|multiples?)|was provided without\b|(?:list of|see) (?:available|supported) /i,
    /(?:no|could not find|couldn't find|(?:unable|failed) to (?:find|detect)) (?:a |any |the )?(?:human )?faces?\b/i,
    /your workflow could not be run/i,
  ],
];

/** What is looked at: a message has its reason at its start, a traceback at its end. */
const LIMIT = 2_000;

/** The part of `createSend` that finds out what sort of failure a job ended with. */
export function failureKind(job: { status: string; error?: unknown }): FailureKind {
  if (job.status === "canceled" || job.status === "aborted") return job.status;
  const text = bounded(readable(job.error));
  if (INVALID_INPUT.test(text)) return "input";
  for (const match of text.matchAll(CODE)) {
    const kind = CODES.get(match.slice(1).find(Boolean)?.toUpperCase() ?? "");
    if (kind !== undefined) return kind;
  }
  return RULES.find(([, ...patterns]) => patterns.some((pattern) => pattern.test(text)))?.[0] ??
    "model";
}

function bounded(text: string): string {
  return text.length <= 2 * LIMIT ? text : `${text.slice(0, LIMIT)}\n${text.slice(-LIMIT)}`;
}
