import { ReplicateError } from "../errors.ts";
import type { RequestOptions, Send } from "../request.ts";
import { isFileUrl } from "./address.ts";
import type { Chunk } from "./content.ts";
import { parseDataUri } from "./data_uri.ts";
import { download, lengthOf } from "./download.ts";
import { endingOf, typeOfName } from "./mime.ts";
import { save } from "./save.ts";

/** A server that says more is not trusted with so much memory before it has sent anything. */
const IN_ONE_PIECE = 1_000_000_000;

/**
 * A file that a model made. It is not downloaded before it is read, and anew each time it is; what is
 * needed twice is best kept. Replicate deletes it an hour after the prediction has ended.
 *
 * Only `https:` with a public address, the API's own origin and `data:` are read, unless the client's
 * `allowDownload` says otherwise; redirects are checked likewise. A transfer that breaks is gone on
 * with where it was. The token is sent to the API only.
 *
 * All methods that read reject with an {@linkcode ApiError} (404 when it is gone), a
 * {@linkcode ConnectionError}, a {@linkcode ReplicateError} for an address that is not read, or
 * `signal.reason`.
 *
 * @example
 * ```ts
 * import { Client, FileOutput } from "@x/replicate";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const run = () => new File(["a fig"], "fig.txt", { type: "text/plain" });
 * await using fake = new FakeReplicate({ models: { "acme/painter": { official: true, run } } });
 * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
 *
 * const output = await client.run("acme/painter", { input: {} });
 * assert(output instanceof FileOutput);
 * assertEquals(output.filename, "fig.txt");
 * assertEquals(await output.text(), "a fig");
 * ```
 */
export class FileOutput implements AsyncIterable<Uint8Array> {
  /** Its URL, as the API sent it. */
  readonly href: string;
  readonly #send: Send;
  #type: string | undefined;
  #size: number | undefined;

  /**
   * A file at a URL. Nothing is requested.
   *
   * @param send What sends requests.
   * @param href A whole URL.
   * @throws {TypeError} If it is not one.
   */
  constructor(send: Send, href: string) {
    if (!URL.canParse(href)) throw new TypeError("Cannot make a file of this: it is not a URL");
    this.href = href;
    this.#send = send;
    if (!href.startsWith("data:")) return;
    const data = parseDataUri(href);
    this.#type = data?.type;
    this.#size = data?.size;
  }

  /** What it is called, by its URL; for a `data:` URL by its type. */
  get filename(): string {
    const { pathname, protocol } = new URL(this.href.slice(0, 4096));
    const last = protocol === "data:" ? "" : pathname.split("/").at(-1) ?? "";
    const name = decode(last).replace(/[/\\\0]/g, "_");
    return /^\.*$/.test(name) ? `file${endingOf(this.#type ?? "")}` : name;
  }

  /** Its media type. Before it is read: by its name, and `undefined` if that does not tell. */
  get contentType(): string | undefined {
    return this.#type ?? typeOfName(this.filename);
  }

  /** How many bytes it has. `undefined` before it is read, or if the server does not say it. */
  get size(): number | undefined {
    return this.#size;
  }

  /** Its URL. */
  url(): URL {
    return new URL(this.href);
  }

  /** Its URL, so that it can stand in a text. */
  toString(): string {
    return this.href;
  }

  /** Its URL, so that it can stand in JSON, and in the input of another model. */
  toJSON(): string {
    return this.href;
  }

  /** The answer to a request for it; its body is streamed, and is to be read or canceled. */
  async response(options?: RequestOptions): Promise<Response> {
    const response = await download(this.#send, this.href, this.filename, options);
    this.#type = response.headers.get("content-type") ?? this.#type;
    this.#size = lengthOf(response) ?? this.#size;
    return response;
  }

  /** Its bytes as they come. Nothing is requested before the first one is asked for. */
  stream(options?: RequestOptions): ReadableStream<Uint8Array<ArrayBuffer>> {
    let reader: Promise<ReadableStreamDefaultReader<Chunk> | undefined> | undefined;
    const open = async (): Promise<ReadableStreamDefaultReader<Chunk> | undefined> =>
      (await this.response(options)).body?.getReader() as ReadableStreamDefaultReader<Chunk>;
    return new ReadableStream<Chunk>({
      pull: async (controller) => {
        const step = await (await (reader ??= open()))?.read();
        if (step?.value) controller.enqueue(step.value);
        else controller.close();
      },
      cancel: async (reason) => {
        await (await reader)?.cancel(reason);
      },
    }, { highWaterMark: 0 });
  }

  /** Its bytes. */
  async bytes(options?: RequestOptions): Promise<Uint8Array<ArrayBuffer>> {
    return await collect(await this.response(options));
  }

  /** Its bytes. */
  async arrayBuffer(options?: RequestOptions): Promise<ArrayBuffer> {
    const { buffer, byteLength } = await this.bytes(options);
    return buffer.byteLength === byteLength ? buffer : buffer.slice(0, byteLength);
  }

  /** Its bytes, with their type. */
  async blob(options?: RequestOptions): Promise<Blob> {
    const bytes = await this.bytes(options);
    return new Blob([bytes], { type: this.contentType ?? "" });
  }

  /** Its text, as UTF-8. */
  async text(options?: RequestOptions): Promise<string> {
    return new TextDecoder().decode(await this.bytes(options));
  }

  /**
   * What its JSON holds.
   *
   * @throws {SyntaxError} If it is not JSON.
   */
  async json(options?: RequestOptions): Promise<unknown> {
    return JSON.parse(await this.text(options));
  }

  /**
   * Writes it to a file, as it comes. It has another name until it is whole, so that there is never a
   * half of it, and what was there before stays until then. The folder must exist.
   *
   * @param path A path, or a `file:` URL.
   * @throws {ReplicateError} If there is no file system.
   */
  async save(path: string | URL, options?: RequestOptions): Promise<void> {
    await save(path, async () => (await this.response(options)).body);
  }

  /** Its bytes, piece by piece. Leaving the loop ends the download. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    const reader = this.stream().getReader();
    try {
      for (let step; !(step = await reader.read()).done;) yield step.value;
    } finally {
      await reader.cancel();
    }
  }
}

/**
 * The output with a {@linkcode FileOutput} in place of each URL of a file, however deep. The output
 * itself is left as it is.
 */
export function decodeOutput(send: Send, output: unknown): unknown {
  if (typeof output === "string") {
    return isFileUrl(send, output) ? new FileOutput(send, output) : output;
  }
  if (Array.isArray(output)) return output.map((item) => decodeOutput(send, item));
  if (typeof output !== "object" || output === null || output instanceof FileOutput) return output;
  return Object.fromEntries(
    Object.entries(output).map(([key, item]) => [key, decodeOutput(send, item)]),
  );
}

/**
 * The one file of an output: the output itself, of a list with one, or within an object.
 *
 * @throws {ReplicateError} If there is none, or more than one; the message says what there is.
 */
export function singleFile(output: unknown): FileOutput {
  const files = filesIn(output);
  const [file] = files;
  if (file && files.length === 1) return file;
  const hint = files.length > 1 ? ": use files()" : "";
  throw new ReplicateError(
    `Cannot give the output as one file, as it is ${shapeOf(output)}${hint}`,
  );
}

/**
 * All files of an output, in its order, however deep.
 *
 * @throws {ReplicateError} If it has none, and is not an empty list; the message says what there is.
 */
export function allFiles(output: unknown): FileOutput[] {
  const files = filesIn(output);
  if (files.length > 0 || (Array.isArray(output) && output.length === 0)) return files;
  throw new ReplicateError(`Cannot give the output as files, as it is ${shapeOf(output)}`);
}

function filesIn(output: unknown): FileOutput[] {
  if (output instanceof FileOutput) return [output];
  if (typeof output !== "object" || output === null) return [];
  return Object.values(output).flatMap(filesIn);
}

/** What an output is, without showing it. */
function shapeOf(output: unknown): string {
  if (output === null || output === undefined) return "empty";
  if (typeof output === "string") return `text of ${output.length} characters`;
  if (typeof output !== "object") return `a ${typeof output}`;
  const count = filesIn(output).length;
  const files = count === 0 ? "no file" : count === 1 ? "1 file" : `${count} files`;
  if (Array.isArray(output)) return `a list of ${output.length} with ${files} in it`;
  const keys = Object.keys(output).slice(0, 5).join(", ");
  return `an object { ${keys} } with ${files} in it`;
}

/** In one piece when its length is known, so that it is in memory once. */
async function collect(response: Response): Promise<Chunk> {
  const size = lengthOf(response);
  const reader = response.body?.getReader() as ReadableStreamDefaultReader<Chunk> | undefined;
  if (!reader) return new Uint8Array();
  if (size === undefined || size > IN_ONE_PIECE) return await joined(reader);
  const bytes = new Uint8Array(size);
  let at = 0;
  for (let step; !(step = await reader.read()).done; at += step.value.length) {
    bytes.set(step.value, at);
  }
  return bytes.subarray(0, at);
}

async function joined(reader: ReadableStreamDefaultReader<Chunk>): Promise<Chunk> {
  const chunks: Chunk[] = [];
  for (let step; !(step = await reader.read()).done;) chunks.push(step.value);
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
