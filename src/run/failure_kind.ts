import { readable } from "../errors.ts";

/**
 * What sort of failure a job ended with.
 *
 * - `moderation`: the content was refused. - `input`: the input does not fit the model.
 * - `memory`: out of memory. - `timeout`: it ran too long.
 * - `interrupted`: the platform took it down; it may work the next time.
 * - `infrastructure`: the platform or what the model needs from elsewhere failed.
 * - `model`: anything else. - `canceled`, `aborted`: stopped, while running or before it began.
 */
export type FailureKind =
  | "moderation"
  | "input"
  | "memory"
  | "timeout"
  | "interrupted"
  | "infrastructure"
  | "model"
  | "canceled"
  | "aborted";

/** By text; the first that fits counts. Texts are the models' own, so unknown ones are `model`. */
const RULES: readonly (readonly [FailureKind, RegExp])[] = [
  [
    "moderation",
    /\bE005\b|nsfw|flagged|moderat|sensitive content|content (?:policy|filter)|safety (?:checker|filter|system)|inappropriate|violat\w* (?:our|the|content|usage)/i,
  ],
  [
    "memory",
    /out of memory|\bOOM\b|cannot allocate memory|CUBLAS_STATUS_ALLOC_FAILED|MemoryError/i,
  ],
  [
    "interrupted",
    /interrupt|\bcode:? PA\b|\(PA\)|preempt|shutting down|please retry|terminated unexpectedly|SIGTERM/i,
  ],
  ["timeout", /timed? ?out|deadline exceeded|took too long|exceeded .{0,30}time/i],
  [
    "infrastructure",
    /\b50[0234]\b|bad gateway|service unavailable|internal server error|connection (?:reset|refused|error|aborted)|failed to (?:download|upload|fetch)|temporary failure in name resolution|max retries exceeded|no space left|CUDA (?:driver|error: (?!out))|unable to (?:find|start)|ECONNRESET|upstream|\bE(?:001|002|003|004|6716|8765|9828)\b/i,
  ],
  [
    "input",
    /validation error|invalid (?:input|image|url|value|argument|file|prompt|audio|video|format)|unsupported (?:image|format|file|media)|cannot identify image|must (?:be|have)|is required|missing (?:required )?(?:input|argument|field)|too (?:long|large|small|short|many)|not a valid|maximum context|exceeds? the (?:maximum|limit)|out of range|no face|could not (?:decode|read|open)|expected .+ (?:but )?got|\bE006\b/i,
  ],
];

/** The kind of failure of a job that ended. */
export function kindOf(
  job: { status: string; error?: unknown; logs?: string | null },
): FailureKind {
  if (job.status === "canceled" || job.status === "aborted") return job.status;
  const text = readable(job.error);
  return RULES.find(([, pattern]) => pattern.test(text))?.[0] ?? "model";
}
