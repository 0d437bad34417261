/** Error answers of a Cog server as Replicate would write them. */

import { fieldsOf, isRecord } from "../base/record.ts";
import { parsed, readable } from "../base/text.ts";

/** An answer other than a prediction, for the caller of a create. */
export interface Refusal {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A JSON answer. */
export function json(body: unknown, status = 200): Response {
  const type = status < 400 ? "application/json" : "application/problem+json";
  return new Response(JSON.stringify(body), { status, headers: { "content-type": type } });
}

/** The refusal in the body of an error answer. */
export function refusalOf(status: number, text: string): Refusal {
  const body = parsed(text);
  const { detail, error } = fieldsOf(body);
  if (status === 422 && Array.isArray(detail)) return invalid(detail.filter(isRecord));
  const words = readable(detail ?? error ?? body ?? text);
  return { status, body: { detail: words || `the server answered ${status}`, status } };
}

/** The list of a 422: each entry has the place of a field, a message and a kind. */
function invalid(entries: Record<string, unknown>[]): Refusal {
  const fields = entries.map(({ loc, msg, type }) => {
    const place = (Array.isArray(loc) ? loc : []).filter((it) => it !== "body").map(String);
    const kind = kindOf(String(type ?? ""));
    // Replicate names what lacks a field, and not the field.
    const field = (kind === "required" ? place.slice(0, -1) : place).join(".");
    const description = kind === "required" ? `${place.at(-1)} is required` : String(msg ?? "");
    return { type: kind, field, description };
  });
  const lines = fields.map(({ field, description }) =>
    `- ${field && `${field}: `}${description}\n`
  );
  const title = "Input validation failed";
  const body = { title, detail: lines.join(""), status: 422, invalid_fields: fields };
  return { status: 422, body };
}

/** The kind in Replicate's words, where pydantic (of both versions) or coglet has another one. */
function kindOf(type: string): string {
  if (/missing|required/.test(type)) return "required";
  if (/enum|literal|const/.test(type)) return "enum";
  if (/not_le|less_than_equal|maximum/.test(type)) return "number_lte";
  if (/not_ge|greater_than_equal|minimum/.test(type)) return "number_gte";
  return type.split(".").at(-1) ?? "";
}
