/** The API: from a request to an answer of the model. */

import { Buffer } from "node:buffer";
import { checkCredentials, isRefusal, json, refusal } from "./gate.ts";
import { isEnd, type Job, type Model } from "./model.ts";
import { partsOf } from "./multipart.ts";
import { bytesOf } from "./random.ts";
import { real, sleep } from "./real.ts";
import { streamOf } from "./stream.ts";
import type { Handler, WireAnswer, WireFault, WireRequest } from "./wire.ts";

/** The version of every model that has one. */
export const VERSION = "5c7d5dc6dd8bf75c1acaa8565735e7986bc5b66206b55cca93cb72c9bf15ccaa";

/** The handler of both servers of a program. */
export function handlerOf(model: Model): Handler {
  return async (request, fault) => {
    const answer = await answerOf(model, request, fault);
    if (!answer) return undefined;
    const date = new real.Date(model.now()).toUTCString();
    return { ...answer, headers: { date, ...answer.headers } };
  };
}

function answerOf(
  model: Model,
  request: WireRequest,
  fault: WireFault | undefined,
): WireAnswer | undefined | Promise<WireAnswer | undefined> {
  const { kind = "" } = fault ?? {};
  const isApi = request.port === Number(new URL(model.origin).port) &&
    request.target.startsWith("/v1/");
  checkCredentials(model, request, isApi);
  if (isRefusal(kind)) return refusal(model, kind);
  const answer = isApi ? apiAnswer(model, request, fault) : other(model, request, fault);
  // The model has acted, and nobody is told.
  if (/^(?:reset|close|silent)-after$/.test(kind)) return undefined;
  return answer;
}

const missing = (): WireAnswer => json({ detail: "no such thing", status: 404 }, 404);

function apiAnswer(
  model: Model,
  request: WireRequest,
  fault: WireFault | undefined,
): WireAnswer | Promise<WireAnswer> {
  const url = new URL(request.target, model.origin);
  const parts = url.pathname.split("/").slice(2).map(decodeURIComponent);
  const [noun = "", id = "", verb = ""] = parts;
  const route = `${request.method} ${noun}`;
  if (request.method === "POST" && /predictions$|trainings$/.test(url.pathname)) {
    return create(model, request, parts);
  }
  switch (route) {
    case "GET predictions":
    case "GET trainings": {
      if (!id) return list(model, url, noun, fault);
      const job = model.jobs.get(id);
      if (!job || job.kind !== noun) return missing();
      // A replica that has not heard of the latest yet.
      const at = fault?.kind === "stale" ? performance.now() - 60 : undefined;
      return told(model, job, 200, fault, at);
    }
    case "POST predictions":
    case "POST trainings": {
      const job = model.jobs.get(id);
      if (!job || job.kind !== noun || verb !== "cancel") return missing();
      const now = performance.now();
      job.cancelTimes.push(now);
      if (!model.stateOf(job, now).isOver) job.canceledAt = now;
      if (!fault) job.cancels++;
      return told(model, job, 200, fault);
    }
    case "POST files":
      return upload(model, request, fault);
    case "GET files": {
      const file = model.uploads.get(id);
      return file ? json(fileView(model, file.id)) : missing();
    }
    case "DELETE files":
      return { status: 204, body: "" };
    case "GET account":
      return json({ type: "user", username: "acme" });
    case "GET hardware":
      return json([{ name: "CPU", sku: "cpu" }]);
    case "GET collections":
      return json({
        next: null,
        previous: null,
        results: [{ name: "A", slug: "a", description: "" }],
      });
    case "GET search":
      return json({ query: url.searchParams.get("query"), models: [], collections: [], pages: [] });
    case "GET models":
      return json({
        owner: id,
        name: verb,
        is_official: verb === "official",
        latest_version: { id: VERSION, created_at: "2026-01-01T00:00:00Z" },
      });
  }
  return deployments(model, request, parts);
}

/** The record of a job, as an answer that is taken note of once it is out. */
function told(
  model: Model,
  job: Job,
  status: number,
  fault: WireFault | undefined,
  at?: number,
): WireAnswer {
  const record = model.view(job, at);
  const body = JSON.stringify(record);
  return {
    status,
    body,
    headers: budget(model, job.kind === "predictions" && status === 201),
    sent: (written) => {
      const whole = !fault || /^(?:slow-headers|drip|chunked|stale|wrong-type)$/.test(fault.kind);
      if (written.includes(`"id":"${job.id}"`) || (whole && written !== "")) job.known = true;
      if (!fault && isEnd(record.status)) job.toldEndAt ??= performance.now();
    },
  };
}

/** The headers of the rate limit, where the program has one. */
function budget(model: Model, isCreate: boolean): Record<string, string> {
  const { budget } = model.program;
  if (budget === undefined || !isCreate) return {};
  return {
    "ratelimit-remaining": String(Math.max(budget - (model.jobs.size % budget), 1)),
    "ratelimit-reset": "1",
  };
}

async function create(
  model: Model,
  request: WireRequest,
  parts: readonly string[],
): Promise<WireAnswer> {
  const { input, version = "" } = JSON.parse(Buffer.from(request.body).toString()) as {
    input: Record<string, unknown>;
    version?: string;
  };
  const fault = faultIn(request);
  const kind = parts.at(-1) as Job["kind"];
  const ref = refOf(parts, version);
  if (!ref) return missing();
  checkFile(model, input);
  const seconds = Number(/^(\d+)s$/.exec(request.headers["cancel-after"] ?? "")?.[1] ?? NaN);
  const limit = Number.isNaN(seconds) ? undefined : seconds;
  const job = model.create(kind, input, ref, limit);
  if (!job) return json({ detail: "input.mark is required", status: 422 }, 422);
  const hold = Number(/wait=(\d+)/.exec(request.headers.prefer ?? "")?.[1] ?? 0) * 1000;
  const end = performance.now() + hold;
  while (performance.now() < end && !model.stateOf(job).isOver) await sleep(5);
  return told(model, job, 201, fault);
}

function faultIn(request: WireRequest): WireFault | undefined {
  const [kind = "", arg = "0"] = (request.headers["x-fault"] ?? "").split(":");
  return kind ? { kind, arg: Number(arg) } : undefined;
}

/** The thing that is run; `undefined` where there is none. */
function refOf(parts: readonly string[], version: string): Job["ref"] | undefined {
  const [noun, owner = "", name = ""] = parts;
  if (noun === "models") {
    const model = `${owner}/${name}`;
    if (parts[3] === "versions") return { model, version: parts[4] ?? "" };
    // Others have no such route.
    return name === "official" ? { model, version: "hidden" } : undefined;
  }
  if (noun === "deployments") {
    return { model: "acme/community", version: VERSION, deployment: `${owner}/${name}` };
  }
  return { model: "acme/community", version: version.split(":").at(-1) ?? "" };
}

/** The file in an input is the one that its mark says. */
function checkFile(model: Model, { mark, file }: Record<string, unknown>): void {
  if (file === undefined) return;
  const wanted = Buffer.from(bytesOf(String(mark)));
  const text = String(file);
  const upload = model.uploads.get(text.split("/").at(-1) ?? "");
  const bytes = text.startsWith("data:")
    ? Buffer.from(text.slice(text.indexOf(",") + 1), "base64")
    : upload && Buffer.from(upload.bytes);
  if (!bytes?.equals(wanted)) model.offend("file corrupted", `input ${String(mark)}`);
}

function list(
  model: Model,
  url: URL,
  noun: string,
  fault: WireFault | undefined,
): WireAnswer {
  const after = Date.parse(url.searchParams.get("created_after") ?? "1970-01-01T00:00:00Z");
  const before = Date.parse(url.searchParams.get("created_before") ?? "2970-01-01T00:00:00Z");
  const offset = model.now() - performance.now();
  // By the age, so that a list that grows meanwhile gives nothing twice.
  const from = Number(url.searchParams.get("cursor") ?? Infinity);
  const all = [...model.jobs.values()].filter(({ kind, createdAt }) =>
    kind === noun && createdAt + offset >= after && createdAt + offset < before
  ).filter(({ createdAt }) => createdAt < from).reverse();
  const page = all.slice(0, 10);
  const next = new URL(url);
  next.searchParams.set("cursor", String(page.at(-1)?.createdAt));
  let more: string | null = all.length > page.length ? next.href : null;
  if (fault?.kind === "next-null-text" && !more) more = "null";
  if (fault?.kind === "next-elsewhere" && more) more = `${model.far}/v1/predictions?cursor=1`;
  return json({ next: more, previous: null, results: page.map((job) => model.view(job)) });
}

function upload(
  model: Model,
  request: WireRequest,
  fault: WireFault | undefined,
): WireAnswer {
  const parts = partsOf(request.headers["content-type"] ?? "", request.body);
  const content = parts?.find(({ name }) => name === "content");
  if (!content) return json({ detail: "content is required", status: 400 }, 400);
  const { id } = model.upload(content.bytes, content.filename ?? "", content.type ?? "");
  const view = fileView(model, id);
  if (fault?.kind === "wrong-digest") view.checksums.sha256 = "0".repeat(64);
  return json(view, 201);
}

function fileView(model: Model, id: string) {
  const { sha256, md5, bytes, name, type } = model.uploads.get(id)!;
  return {
    id,
    name,
    content_type: type,
    size: bytes.length,
    etag: md5,
    checksums: { sha256, md5 },
    metadata: {},
    created_at: new real.Date(model.now()).toISOString(),
    expires_at: new real.Date(model.now() + 86_400_000).toISOString(),
    urls: { get: `${model.origin}/v1/files/${id}` },
  };
}

function deployments(
  model: Model,
  { method, body }: WireRequest,
  [noun, owner, name]: readonly string[],
): WireAnswer {
  if (noun !== "deployments") return missing();
  if (method === "POST") {
    const given = JSON.parse(Buffer.from(body).toString()) as { name: string };
    const made = { owner: "acme", name: given.name, current_release: { number: 1 } };
    if (model.deployments.has(`acme/${given.name}`)) {
      model.offend("created twice", `deployment ${given.name}`);
    }
    model.deployments.set(`acme/${given.name}`, made);
    return json(made);
  }
  const found = model.deployments.get(`${owner}/${name}`);
  if (method === "DELETE") {
    model.deployments.delete(`${owner}/${name}`);
    return { status: 204, body: "" };
  }
  return found ? json(found) : missing();
}

/** Outputs and streams. */
function other(
  model: Model,
  request: WireRequest,
  fault: WireFault | undefined,
): WireAnswer {
  const [, noun, id = "", file = ""] = request.target.split("/");
  const job = model.jobs.get(id);
  if (!job) return missing();
  if (noun === "s") return streamOf(model, job, request.headers["last-event-id"], fault);
  const bytes = bytesOf(`${id}/${file}`);
  const etag = `"${id}"`;
  const headers: Record<string, string> = {
    "content-type": "application/octet-stream",
    "accept-ranges": "bytes",
    etag,
  };
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? NaN);
  if (Number.isNaN(from) || fault?.kind === "range-ignored") {
    return { status: 200, headers, body: bytes };
  }
  const start = fault?.kind === "wrong-range" ? Math.max(0, from - 1) : from;
  headers["content-range"] = `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
  return { status: 206, headers, body: bytes.subarray(start) };
}
