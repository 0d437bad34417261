/** The facts of a run as attributes: by OpenTelemetry's conventions for generative AI where they have a name. */

import type { Meter } from "../base/meter.ts";
import { parseRef, type Ref } from "../base/ref.ts";
import { excerpt } from "../base/text.ts";
import type { DebugEvent } from "../http/options.ts";
import type { JobRecord } from "../run/reader.ts";
import type { TraceAttributes } from "./types.ts";

/** The most characters of an input or an output on a span. */
const MOST = 20_000;

/** The name and the first attributes of the span of an operation on a ref. */
export function spanOf(
  operation: string,
  ref: Ref | undefined,
  baseUrl: unknown,
): [string, TraceAttributes] {
  const label = ref === undefined ? undefined : parseRef(ref).label;
  const server = URL.canParse(String(baseUrl)) ? new URL(String(baseUrl)) : undefined;
  return [label === undefined ? operation : `${operation} ${label}`, {
    "gen_ai.operation.name": operation,
    "gen_ai.provider.name": "replicate",
    ...(label !== undefined && { "gen_ai.request.model": label }),
    ...(server && { "server.address": server.hostname }),
    ...(server?.port && { "server.port": Number(server.port) }),
  }];
}

/** The facts of a job, as it was last seen. */
export function jobAttributes(job: JobRecord): TraceAttributes {
  const { id, model, version, status, metrics = {} } = job;
  const attributes: TraceAttributes = { "replicate.status": status };
  const add = (name: string, value: unknown): void => {
    if (typeof value === "string" || Number.isFinite(value)) {
      attributes[name] = value as string | number;
    }
  };
  add("gen_ai.response.id", id);
  add("gen_ai.response.model", model);
  add("replicate.version", version);
  add("gen_ai.usage.input_tokens", metrics.input_token_count);
  add("gen_ai.usage.output_tokens", metrics.output_token_count);
  add("replicate.predict_time", metrics.predict_time);
  add("replicate.total_time", metrics.total_time);
  return attributes;
}

/** The cost of a job that has ended, if all of it is known. */
export function costAttributes(
  meter: Meter | undefined,
  job: JobRecord,
  ref: Ref | undefined,
): TraceAttributes {
  const cost = meter?.costOf(job, ref);
  return !cost || cost.unknown ? {} : { "replicate.cost": cost.amount };
}

/** An input or an output as messages, which is how the conventions have them. */
export function contentAttributes(
  kind: "input" | "output",
  value: unknown,
): TraceAttributes {
  if (value === undefined || value === null) return {};
  const content = excerpt(typeof value === "string" ? value : JSON.stringify(value) ?? "", MOST);
  const role = kind === "input" ? "user" : "assistant";
  return {
    [`gen_ai.${kind}.messages`]: JSON.stringify([{ role, parts: [{ type: "text", content }] }]),
  };
}

/** The kind of an error, in one word. */
export function errorType(error: unknown): string {
  const { kind, status, phase, name } = (error ?? {}) as Record<string, unknown>;
  if (typeof kind === "string") return kind;
  if (typeof status === "number") return String(status);
  if (typeof phase === "string") return `timeout ${phase}`;
  return typeof name === "string" ? name : "_OTHER";
}

/** An event of a span, from a step of a call. Nothing is told of a request before its answer. */
export function stepOf(step: DebugEvent): [string, TraceAttributes] | undefined {
  const { event, method, path, attempt, status, ms = 0, reason } = step;
  if (event === "request") return undefined;
  if (event === "wait") {
    return reason === "the rate limit"
      ? ["replicate.throttle", {}]
      : ["replicate.wait", { "replicate.ms": ms, ...(reason && { "replicate.reason": reason }) }];
  }
  return [nameOf(method, path), {
    "http.request.method": method,
    // The address of a stream is a secret: who has it can read the output.
    ...(path.startsWith("/") && { "url.path": path }),
    "http.request.resend_count": attempt - 1,
    "replicate.ms": ms,
    ...(status !== undefined && { "http.response.status_code": status }),
    ...(event === "error" && { "error.type": "connection" }),
  }];
}

function nameOf(method: string, path: string): string {
  if (!path.startsWith("/")) return "replicate.stream";
  if (method === "POST" && path.endsWith("/cancel")) return "replicate.cancel";
  if (method === "POST" && path.endsWith("/predictions")) return "replicate.create";
  if (method === "POST" && path === "/files") return "replicate.upload";
  const isPoll = method === "GET" && /^\/(predictions|trainings)\/[^/]+$/.test(path);
  return isPoll ? "replicate.poll" : "replicate.request";
}
