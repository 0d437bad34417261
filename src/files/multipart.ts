/** A form with one file, sent as it is read: with its length, and without a copy of it. */

import { encodeHex } from "@std/encoding/hex";
import { sha256, streamedBody } from "../runtime.ts";
import type { Chunk, Content, Reading } from "./content.ts";

/** The largest file that is hashed at once: this copies it. */
const HASHED_AT_ONCE = 32_000_000;

/** What the form says. */
export interface FormFields {
  filename: string;
  contentType: string;
  metadata: unknown;
}

/** What is told while the form is sent. */
export interface FormEvents {
  /** So many bytes of the file were handed to the network. */
  loaded(bytes: number): void;
  /** The file could not be read to its end, or a listener threw. */
  failed(error: unknown): void;
}

/** A body of `fetch`, once for each attempt. */
export interface FormBody {
  /** Headers that the body does not bring itself. */
  readonly headers: Record<string, string>;
  open(): Promise<BodyInit>;
  /** The SHA-256 of what was sent in the last attempt, where that is cheap. */
  digest(): Promise<string | undefined>;
  /** Lets go what is still open. */
  close(): Promise<void>;
}

/** The form of a file. */
export function formBody(content: Content, fields: FormFields, events: FormEvents): FormBody {
  return streamedBody() === "form"
    ? plainForm(content, fields, events)
    : new StreamedForm(content, fields, events);
}

class StreamedForm implements FormBody {
  readonly headers: Record<string, string>;
  readonly #content: Content;
  readonly #events: FormEvents;
  readonly #type: string;
  readonly #before: Chunk;
  readonly #after: Chunk;
  readonly #open = new Set<Reading>();
  #digest: string | undefined;

  constructor(content: Content, fields: FormFields, events: FormEvents) {
    const boundary = `form-${crypto.randomUUID()}`;
    const encoder = new TextEncoder();
    this.#content = content;
    this.#events = events;
    this.#type = `multipart/form-data; boundary=${boundary}`;
    this.#before = encoder.encode(headOf(boundary, fields));
    this.#after = encoder.encode(`\r\n--${boundary}--\r\n`);
    const length = String(this.#size);
    // A `Blob` says both itself.
    this.headers = streamedBody() === "blob"
      ? {}
      : { "content-type": this.#type, "content-length": length };
  }

  get #size(): number {
    return this.#before.length + this.#content.size + this.#after.length;
  }

  // The runtime calls a `Blob` for its stream without a chance to wait for it.
  // deno-lint-ignore require-await
  async open(): Promise<BodyInit> {
    return streamedBody() === "blob"
      ? streamingBlob(() => this.#stream(), this.#size, this.#type)
      : this.#stream();
  }

  digest(): Promise<string | undefined> {
    return Promise.resolve(this.#digest);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open].map((reading) => reading.close()));
    this.#open.clear();
  }

  #stream(): ReadableStream<Chunk> {
    const chunks = this.#chunks();
    return new ReadableStream<Chunk>({
      pull: async (controller) => {
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: async () => {
        await chunks.return();
      },
    }, { highWaterMark: 0 });
  }

  async *#chunks(): AsyncGenerator<Chunk, void, undefined> {
    const { size } = this.#content;
    const hash = sha256();
    this.#digest = undefined;
    let reading: Reading | undefined;
    let loaded = 0;
    try {
      yield this.#before;
      reading = await this.#content.open();
      this.#open.add(reading);
      for (let chunk; (chunk = await reading.read()) !== undefined;) {
        loaded += chunk.length;
        if (loaded > size) break;
        hash?.update(chunk);
        yield chunk;
        this.#events.loaded(loaded);
      }
      if (loaded !== size) {
        throw new TypeError(
          `it has ${loaded > size ? "more than" : `${loaded} and not`} ${size} bytes`,
        );
      }
      this.#digest = hash?.digest("hex");
      yield this.#after;
    } catch (error) {
      this.#events.failed(error);
      throw error;
    } finally {
      if (reading) this.#open.delete(reading);
      await reading?.close();
    }
  }
}

/** The platform's own form, with a copy of the file, where a body of our own cannot be streamed. */
function plainForm(content: Content, fields: FormFields, events: FormEvents): FormBody {
  let blob: Blob | undefined;
  return {
    headers: {},
    async open(): Promise<FormData> {
      blob ??= await blobOf(content, fields.contentType);
      const form = new FormData();
      form.append("content", blob, fields.filename);
      if (fields.metadata !== undefined) {
        const metadata = JSON.stringify(fields.metadata);
        form.append("metadata", new Blob([metadata], { type: "application/json" }));
      }
      events.loaded(content.size);
      return form;
    },
    async digest(): Promise<string | undefined> {
      if (!blob || blob.size > HASHED_AT_ONCE) return undefined;
      return encodeHex(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
    },
    close: () => Promise.resolve(),
  };
}

async function blobOf(content: Content, type: string): Promise<Blob> {
  const reading = await content.open();
  const chunks: Chunk[] = [];
  try {
    for (let chunk; (chunk = await reading.read()) !== undefined;) chunks.push(chunk);
  } finally {
    await reading.close();
  }
  return new Blob(chunks, { type });
}

/** A `Blob` that has its bytes from a stream, anew each time it is read. */
function streamingBlob(open: () => ReadableStream<Chunk>, size: number, type: string): Blob {
  // Within the function, as touching `Blob` when the module is loaded costs time on Node.
  class StreamingBlob extends Blob {
    override get size(): number {
      return size;
    }
    override stream(): ReadableStream<Chunk> {
      return open();
    }
    override async arrayBuffer(): Promise<ArrayBuffer> {
      return await new Response(open()).arrayBuffer();
    }
    override async text(): Promise<string> {
      return await new Response(open()).text();
    }
  }
  return new StreamingBlob([], { type });
}

/** All that comes before the bytes of the file. */
function headOf(boundary: string, { filename, contentType, metadata }: FormFields): string {
  const part = (name: string, type: string): string =>
    `--${boundary}\r\nContent-Disposition: form-data; name=${name}\r\nContent-Type: ${type}\r\n\r\n`;
  const extra = metadata === undefined
    ? ""
    : `${part('"metadata"', "application/json")}${JSON.stringify(metadata)}\r\n`;
  return extra + part(`"content"; filename="${escape(filename)}"`, contentType);
}

/** As browsers do it. */
function escape(filename: string): string {
  return filename.replaceAll('"', "%22").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}
