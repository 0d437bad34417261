/** The body of an error answer, and the wait that it asks for. */

import { isRecord } from "./record.ts";
import { excerpt, parsed, readable } from "./text.ts";

/** One reason for which the server refused a field of the request. */
export interface InvalidField {
  /** The kind of rule, such as `required`, `enum` or `number_lte`. */
  type: string;
  /** A dotted path such as `input.steps`; `""` is the whole body. */
  field: string;
  /** The problem in words. */
  description: string;
}

/** The content of an error's body. */
export interface Problem {
  title: string;
  detail: string;
  invalidFields: InvalidField[];
}

/** Reads an error's body, whatever it is. */
export function parseProblem(body: string): Problem {
  // As an object, whatever it is.
  const { title, detail, message, error, invalid_fields: fields } = Object(parsed(body)) as Record<
    string,
    unknown
  >;
  return {
    title: typeof title === "string" ? title : "",
    detail: detail === undefined ? String(message ?? error ?? "") : readable(detail),
    invalidFields: (Array.isArray(fields) ? fields : []).filter(isRecord).map((it) => ({
      type: String(it.type ?? ""),
      field: String(it.field ?? ""),
      description: String(it.description ?? ""),
    })),
  };
}

/** A text for the user from whatever came: problem+json, a web page of a proxy, or nothing. */
export function readableDetail(
  problem: Problem,
  { status, body }: { status: number; body: string },
): string {
  // A 422 lists its fields as lines of "- ", which do not read well within a sentence.
  const detail = problem.detail.split("\n").map((line) => line.replace(/^- /, "").trim())
    .filter(Boolean).join("; ");
  if (detail || problem.title) return detail || problem.title;
  const page = /<title>([^<]*)<\/title>/i.exec(body)?.[1] ??
    (/^\s*</.test(body) ? body.replace(TAGS, " ") : body);
  const text = excerpt(page).replace(/^\{ ?\}$/, "").replace(new RegExp(`^${status} `), "");
  return text || STATUS_TEXT[status] ||
    `the server ${status < 500 ? "gave no reason" : "failed"}`;
}

/** Tags of a page. Without "<" inside, as else a page of "<" alone takes quadratic time. */
const TAGS = /<[^<>]*>/g;

const STATUS_TEXT: Record<number, string> = {
  401: "Unauthenticated: the API token is missing or not valid",
  402: "Payment required",
  403: "Forbidden",
  404: "Not found",
  413: "Too large",
  429: "Too many requests",
};

/** The longest wait that counts as one, in milliseconds: a year. */
const LONGEST_WAIT = 365 * 86_400_000;

/**
 * The wait that a server asks for: its `Retry-After` header (seconds or a date), else `retry_after`
 * of its JSON body (seconds). A date is compared with the server's own `Date`, as our clock may differ.
 * Returns milliseconds, or `undefined` where there is none: 0, a moment that has passed, and nonsense
 * are no waits.
 */
export function retryAfterMs(headers: Headers, body = ""): number | undefined {
  let ms = waitIn(headers);
  if (!(ms > 0) && body.includes("retry_after")) {
    ms = Number((Object(parsed(body)) as { retry_after?: unknown }).retry_after) * 1000;
  }
  return ms > 0 ? Math.min(Math.ceil(ms), LONGEST_WAIT) : undefined;
}

/** The milliseconds of `Retry-After`; `NaN` if it is neither seconds nor a date. */
function waitIn(headers: Headers): number {
  const header = headers.get("retry-after")?.trim() ?? "";
  if (/^\d+(?:\.\d+)?$/.test(header)) return Number(header) * 1000;
  // `Date.parse` takes much for a date: "1,1" is one in 2001.
  if (!/^[A-Z][a-z]{2,8}, ?\d|^\d{4}-\d\d-\d\dT/.test(header)) return NaN;
  const now = Date.parse(headers.get("date") ?? "");
  return Date.parse(header) - (Number.isNaN(now) ? Date.now() : now);
}
