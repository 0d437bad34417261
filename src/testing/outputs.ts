/** The files in the outputs of models: how they are kept, shown and served. */

import { encodeBase64 } from "@std/encoding";
import { idOf } from "./ids.ts";
import { isRecord } from "../base/record.ts";
import type { Origins } from "./origins.ts";

/** An output file. Its URL depends on the origin that the caller uses. */
export class ServedFile {
  readonly path: string;
  readonly blob: Blob;
  /** The time at which it was made, in milliseconds since 1970 on the fake's clock. */
  readonly created: number;
  /** The `data:` URL that is shown in its place, if it is inlined. */
  readonly inline: string | undefined;

  constructor(path: string, blob: Blob, created: number, inline?: string) {
    this.path = path;
    this.blob = blob;
    this.created = created;
    this.inline = inline;
  }

  url(origins: Origins): string {
    return this.inline ?? `${origins.delivery}${this.path}`;
  }
}

/** The extensions of content types whose second half is not one. */
const EXTENSIONS: Readonly<Record<string, string>> = {
  "image/jpeg": "jpg",
  "image/svg+xml": "svg",
  "text/plain": "txt",
  "audio/mpeg": "mp3",
  "audio/wav": "wav",
  "application/octet-stream": "bin",
};

/** The output files of a fake, by path. */
export class Outputs {
  readonly #files = new Map<string, ServedFile>();
  readonly #counts = new Map<string, number>();

  get(path: string): ServedFile | undefined {
    return this.#files.get(path);
  }

  /** Stores the files in an output, and gives the output with a {@link ServedFile} for each. */
  async keep(value: unknown, job: { id: string; now: number; inline: boolean }): Promise<unknown> {
    if (value === undefined) return null;
    if (value instanceof Blob) return await this.#add(value, job);
    if (value instanceof URL) return value.href;
    if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
      const bytes = value instanceof ArrayBuffer
        ? new Uint8Array(value)
        : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
      return await this.#add(new Blob([bytes.slice()]), job);
    }
    if (Array.isArray(value)) {
      const kept: unknown[] = [];
      for (const item of value) kept.push(await this.keep(item, job));
      return kept;
    }
    if (!isRecord(value)) return value;
    const kept: Record<string, unknown> = {};
    for (const [key, item] of Object.entries(value)) kept[key] = await this.keep(item, job);
    return kept;
  }

  async #add(blob: Blob, job: { id: string; now: number; inline: boolean }): Promise<ServedFile> {
    const count = this.#counts.get(job.id) ?? 0;
    this.#counts.set(job.id, count + 1);
    const type = blob.type || "application/octet-stream";
    const plain = type.split(";")[0]!;
    const extension = EXTENSIONS[plain] ?? plain.split("/")[1] ?? "bin";
    const name = blob instanceof File ? blob.name : `out-${count}.${extension}`;
    const path = `/xezq/${idOf(`${job.id}/${count}`, 44)}/${encodeURIComponent(name)}`;
    const inline = job.inline
      ? `data:${type};base64,${encodeBase64(new Uint8Array(await blob.arrayBuffer()))}`
      : undefined;
    const file = new ServedFile(path, blob, job.now, inline);
    this.#files.set(path, file);
    return file;
  }
}

/** Turns the files in an output into URLs. */
export function render(value: unknown, origins: Origins): unknown {
  if (value instanceof ServedFile) return value.url(origins);
  if (Array.isArray(value)) return value.map((item) => render(item, origins));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, render(item, origins)]),
  );
}

/** Answers a GET or HEAD of a file, also one with a `Range`. */
export function serveFile(blob: Blob, headers: Headers, method: string, etag: string): Response {
  const size = blob.size;
  const base = {
    "content-type": blob.type || "application/octet-stream",
    "accept-ranges": "bytes",
    "access-control-allow-origin": "*",
    "cache-control": "public,max-age=3600",
    etag: `"${etag}"`,
  };
  const body = (part: Blob): ReadableStream<Uint8Array> | null =>
    method === "HEAD" ? null : part.stream();
  const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(headers.get("range") ?? "") ?? [];
  const isFresh = [null, base.etag].includes(headers.get("if-range"));
  if ((from === "" && to === "") || !isFresh) {
    return new Response(body(blob), { headers: { ...base, "content-length": String(size) } });
  }
  const start = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === "" || to === "" ? size : Math.min(size, Number(to) + 1);
  if (start >= end) {
    return new Response(null, { status: 416, headers: { "content-range": `bytes */${size}` } });
  }
  return new Response(body(blob.slice(start, end, blob.type)), {
    status: 206,
    headers: {
      ...base,
      "content-length": String(end - start),
      "content-range": `bytes ${start}-${end - 1}/${size}`,
    },
  });
}
