/** The routes of uploaded files, and of the files that models make. */

import { blobOf } from "../blob.ts";
import { ErrorAnswer, invalid, json, notFound } from "../error_answer.ts";
import { type FakeFile, signDownload } from "../files.ts";
import type { Context } from "../handler.ts";
import type { Form } from "../multipart.ts";
import { serveFile } from "../outputs.ts";
import { page } from "../page.ts";
import { isRecord } from "../../base/record.ts";
import { isoTime, type Wire } from "../view.ts";

/** The longest file name, in bytes. */
const MAX_NAME = 255;
const HOUR = 3_600_000;

export async function createFile(context: Context): Promise<Response> {
  // Not `instanceof`: in a DOM under Node, the form is of the platform, and the names are of the DOM.
  const form = context.body as Partial<Form> | undefined;
  const content = form?.get?.("content");
  if (!form?.get || typeof content !== "object" || content === null) {
    throw invalid([{ type: "required", field: "", description: "content is required" }]);
  }
  if (content.size > context.world.files.maxSize) {
    throw new ErrorAnswer(413, "The file is too large");
  }
  const name = await textOf(form.get("filename")) ?? content.name;
  if (new TextEncoder().encode(name).length > MAX_NAME) {
    const description = `Must be at most ${MAX_NAME} bytes`;
    throw invalid([{ type: "string_lte", field: "filename", description }]);
  }
  const type = await textOf(form.get("type")) ?? (content.type || "application/octet-stream");
  const metadata = metadataOf(await textOf(form.get("metadata")) ?? "{}");
  const bytes = new Uint8Array(await content.arrayBuffer());
  const file = await context.world.files.add(blobOf(bytes, type), name, metadata);
  return json(view(context, file), 201);
}

export function listFiles(context: Context): Response {
  const files = context.world.files.list();
  return json(page(context, files, ({ id }) => id, (file) => view(context, file)));
}

export function getFile(context: Context): Response {
  return json(view(context, fileOf(context)));
}

export function deleteFile(context: Context): Response {
  context.world.files.all.delete(fileOf(context).id);
  return new Response(null, { status: 204, headers: { "content-type": "text/plain" } });
}

export async function downloadFile(context: Context): Promise<Response> {
  const file = fileOf(context);
  const query = context.url.searchParams;
  const expiry = Number(query.get("expiry"));
  const signature = await signDownload(query.get("owner") ?? "", file.id, expiry);
  if (query.get("signature") !== signature || expiry * 1000 < context.world.clock.now()) {
    throw notFound("The file");
  }
  return serveFile(
    file.blob.slice(0, file.blob.size, "application/octet-stream"),
    context.headers,
    context.method,
    file.checksums.md5,
  );
}

/** Answers a `GET` or `HEAD` of an output file. */
export function getOutput(context: Context): Response {
  const path = `/${context.params.rest}`;
  const file = context.world.outputs.get(path);
  const { retention = HOUR } = context.world.options;
  if (!file || context.world.clock.now() >= file.created + retention) {
    return new Response("not found", { status: 404, headers: { "content-type": "text/plain" } });
  }
  return serveFile(file.blob, context.headers, context.method, path.split("/")[2]!);
}

function fileOf({ world, params }: Context): FakeFile {
  const file = world.files.get(params.id!);
  if (!file) throw notFound("The file");
  return file;
}

function view({ origins }: Context, file: FakeFile): Wire {
  return {
    id: file.id,
    name: file.name,
    content_type: file.blob.type,
    size: file.blob.size,
    etag: file.checksums.md5,
    checksums: file.checksums,
    metadata: file.metadata,
    created_at: isoTime(file.created),
    expires_at: isoTime(file.expires),
    urls: { get: `${origins.api}/v1/files/${encodeURIComponent(file.id)}` },
  };
}

/** Reads a part of a form as text; some clients send text as a blob. */
async function textOf(part: FormDataEntryValue | null): Promise<string | undefined> {
  return part === null ? undefined : typeof part === "string" ? part : await part.text();
}

/** Parses the metadata of an upload, which has to be a JSON object. */
function metadataOf(text: string): Record<string, unknown> {
  try {
    const metadata: unknown = JSON.parse(text);
    if (isRecord(metadata)) return metadata;
  } catch {
    // The complaint is the same as for other JSON.
  }
  const description = "Invalid type. Expected: object";
  throw invalid([{ type: "invalid_type", field: "metadata", description }]);
}
