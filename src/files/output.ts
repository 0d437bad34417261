import { toArrayBuffer } from "@std/streams/to-array-buffer";
import { ReplicateError } from "../errors.ts";
import type { RequestOptions, Send } from "../http/types.ts";
import { isFileUrl } from "./address.ts";
import { parseDataUri } from "./data_uri.ts";
import { download, save } from "./download.ts";
import { endingOf, typeOfName, unescaped } from "./names.ts";
import { joined, lengthOf, piecesOf, readerOf, type Reading, streamOf } from "./bytes.ts";

/**
 * What is not longer is put into one piece as it comes, so that it is in memory once. A server that says
 * more is not trusted with so much memory before it has sent anything.
 */
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
    const name = unescaped(last).replace(/[/\\\0]/g, "_");
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
    let reading: Promise<Reading> | undefined;
    return streamOf({
      read: async () => await (await (reading ??= this.#read(options))).read(),
      close: async (reason) => await (await reading)?.close(reason),
    });
  }

  async #read(options?: RequestOptions): Promise<Reading> {
    return readerOf((await this.response(options)).body);
  }

  /** Its bytes. */
  async bytes(options?: RequestOptions): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await this.arrayBuffer(options));
  }

  /** Its bytes. */
  async arrayBuffer(options?: RequestOptions): Promise<ArrayBuffer> {
    const response = await this.response(options);
    const { body } = response;
    const size = lengthOf(response);
    if (body && size !== undefined && size <= IN_ONE_PIECE) {
      return (await joined(readerOf(body), size)).buffer;
    }
    // Node's own way to read a body holds it three times, and this holds it twice.
    return body ? await toArrayBuffer(body) : new ArrayBuffer();
  }

  /** Its bytes, with their type. */
  async blob(options?: RequestOptions): Promise<Blob> {
    // Not `toBlob` of @std/streams: 300 MB take Node 850 MB instead of 610 MB.
    const bytes = await this.bytes(options);
    return new Blob([bytes], { type: this.contentType ?? "" });
  }

  /** Its text, as UTF-8. */
  async text(options?: RequestOptions): Promise<string> {
    // Not `toText` of @std/streams: 100 MB take Node 0.37 s instead of 0.20 s.
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
    await save(path, () => this.#read(options));
  }

  /** Its bytes, piece by piece. Leaving the loop ends the download. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    yield* piecesOf(await this.#read());
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
  throw shapeless("one file", output, files.length > 1 ? ": use files()" : "");
}

/**
 * All files of an output, in its order, however deep.
 *
 * @throws {ReplicateError} If it has none, and is not an empty list; the message says what there is.
 */
export function allFiles(output: unknown): FileOutput[] {
  const files = filesIn(output);
  if (files.length > 0 || (Array.isArray(output) && output.length === 0)) return files;
  throw shapeless("files", output);
}

function filesIn(output: unknown): FileOutput[] {
  if (output instanceof FileOutput) return [output];
  if (typeof output !== "object" || output === null) return [];
  return Object.values(output).flatMap(filesIn);
}

function shapeless(wanted: string, output: unknown, hint = ""): ReplicateError {
  return new ReplicateError(
    `Cannot give the output as ${wanted}, as it is ${shapeOf(output)}${hint}`,
  );
}

/** What an output is, without showing it. */
function shapeOf(output: unknown): string {
  if (output === null || output === undefined) return "empty";
  if (typeof output === "string") return `text of ${output.length} characters`;
  if (typeof output !== "object") return `a ${typeof output}`;
  const count = filesIn(output).length;
  const files = `with ${count || "no"} file${count > 1 ? "s" : ""} in it`;
  if (Array.isArray(output)) return `a list of ${output.length} ${files}`;
  return `an object { ${Object.keys(output).slice(0, 5).join(", ")} } ${files}`;
}
