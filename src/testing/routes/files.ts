import { type Call, page } from "../call.ts";
import { type FakeFile, signDownload } from "../files.ts";
import { invalid, json, notFound, Problem } from "../problem.ts";
import { serveFile } from "../outputs.ts";
import { isRecord } from "../schema.ts";
import { isoTime, type Wire } from "../view.ts";

const MAX_NAME = 255;
const HOUR = 3_600_000;

export async function createFile(call: Call): Promise<Response> {
  const form = call.body;
  const content = form instanceof FormData ? form.get("content") : null;
  if (!(form instanceof FormData) || !(content instanceof Blob)) {
    throw invalid([{ type: "required", field: "", description: "content is required" }]);
  }
  if (content.size > call.world.files.maxSize) throw new Problem(413, "The file is too large");
  const name = await textOf(form.get("filename")) ?? content.name;
  if (new TextEncoder().encode(name).length > MAX_NAME) {
    const description = `Must be at most ${MAX_NAME} bytes`;
    throw invalid([{ type: "string_lte", field: "filename", description }]);
  }
  const type = await textOf(form.get("type")) ?? (content.type || "application/octet-stream");
  const metadata = metadataOf(await textOf(form.get("metadata")) ?? "{}");
  const file = await call.world.files.add(content.slice(0, content.size, type), name, metadata);
  return json(view(call, file), 201);
}

export function listFiles(call: Call): Response {
  const files = call.world.files.list();
  return json(page(call, files, ({ id }) => id, (file) => view(call, file)));
}

export function getFile(call: Call): Response {
  return json(view(call, fileOf(call)));
}

export function deleteFile(call: Call): Response {
  call.world.files.all.delete(fileOf(call).id);
  return new Response(null, { status: 204, headers: { "content-type": "text/plain" } });
}

export async function downloadFile(call: Call): Promise<Response> {
  const file = fileOf(call);
  const query = call.url.searchParams;
  const expiry = Number(query.get("expiry"));
  const signature = await signDownload(query.get("owner") ?? "", file.id, expiry);
  if (query.get("signature") !== signature || expiry * 1000 < call.world.clock.now()) {
    throw notFound("The file");
  }
  return serveFile(
    file.blob.slice(0, file.blob.size, "application/octet-stream"),
    call.headers,
    call.method,
    file.checksums.md5,
  );
}

/** `GET` or `HEAD` of an output file. */
export function getOutput(call: Call): Response {
  const path = `/${call.params.rest ?? ""}`;
  const file = call.world.outputs.get(path);
  const { retention = HOUR } = call.world.options;
  if (!file || call.world.clock.now() >= file.created + retention) {
    return new Response("not found", { status: 404, headers: { "content-type": "text/plain" } });
  }
  return serveFile(file.blob, call.headers, call.method, path.split("/")[2] ?? path);
}

function fileOf({ world, params }: Call): FakeFile {
  const file = world.files.get(params.id ?? "");
  if (!file) throw notFound("The file");
  return file;
}

function view({ place }: Call, file: FakeFile): Wire {
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
    urls: { get: `${place.api}/v1/files/${encodeURIComponent(file.id)}` },
  };
}

/** Some clients send a part as a text field, some as a blob. */
async function textOf(part: FormDataEntryValue | null): Promise<string | undefined> {
  return part === null ? undefined : typeof part === "string" ? part : await part.text();
}

function metadataOf(text: string): Record<string, unknown> {
  try {
    const metadata: unknown = JSON.parse(text);
    if (isRecord(metadata)) return metadata;
  } catch {
    // Falls through to the same complaint.
  }
  const description = "Invalid type. Expected: object";
  throw invalid([{ type: "invalid_type", field: "metadata", description }]);
}
