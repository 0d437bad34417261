/**
 * Each kind of value that can be a file, in each encoding, at each depth: the bytes and the type that
 * reach a server. Nothing in here knows which runtime it is in, so that it can be bundled for any.
 *
 * @module
 */
import type { FileEncoding } from "../../src/http/options.ts";
import { fileCodec } from "../../src/files/mod.ts";
import { FileInput } from "../../src/files/file_input.ts";
import { PredictionsApi } from "../../src/resources/predictions.ts";
import { builtinModule } from "../../src/base/runtime.ts";
import { createSend } from "../../src/http/send.ts";

/** A file as the server got it. */
interface Received {
  bytes: Uint8Array;
  type: string;
  name: string | undefined;
}

/** One kind of value. */
export interface Kind {
  /** What it is. */
  name: string;
  /** Makes one, from the path of a file with the bytes. */
  make(path: string): unknown;
  /** Whether what is made is a promise of the value, and not the value. */
  opens?: boolean;
  /** The type that is expected. */
  type: string;
  /** The name that is expected of an upload. */
  filename: string;
}

/** What went wrong. */
export interface Failure {
  case: string;
  reason: string;
}

const PNG = "\x89PNG\r\n\x1a\n";

/** The bytes of every file: more than a few chunks, of no round length, with every value. */
const BYTES: Uint8Array<ArrayBuffer> = (() => {
  const bytes = new Uint8Array(300_001);
  for (let at = 0; at < bytes.length; at++) bytes[at] = (at * 31 + (at >> 8)) & 255;
  for (let at = 0; at < PNG.length; at++) bytes[at] = PNG.charCodeAt(at);
  return bytes;
})();

interface DiskStream {
  destroy(): void;
}

interface Fs {
  createReadStream(path: string): DiskStream;
  promises: {
    open(path: string): Promise<unknown>;
    writeFile(path: string, data: Uint8Array): Promise<void>;
    mkdtemp(prefix: string): Promise<string>;
    rm(path: string, options: { recursive: boolean }): Promise<void>;
  };
}

const fs = builtinModule<Fs>("node:fs")!;
const os = builtinModule<{ tmpdir(): string }>("node:os")!;
const runtime = globalThis as unknown as {
  Deno?: { open(path: string): Promise<unknown> };
  Bun?: { file(path: string): Blob };
  Buffer?: { from(bytes: ArrayBuffer): Uint8Array };
};

function inTwo(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(BYTES.slice(0, 100_000));
      controller.enqueue(BYTES.slice(100_000));
      controller.close();
    },
  });
}

/** A view of the bytes that does not begin where its buffer does. */
function shifted(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(BYTES.length + 16);
  bytes.set(BYTES, 8);
  return bytes.subarray(8, 8 + BYTES.length);
}

async function* inPieces(): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < BYTES.length; at += 70_000) {
    await Promise.resolve();
    yield BYTES.slice(at, at + 70_000);
  }
}

const png = { type: "image/png", filename: "file.png" };
const named = { type: "image/png", filename: "in.png" };

/** The kinds that there are on this runtime. */
export const KINDS: readonly Kind[] = [
  { name: "Uint8Array", make: () => BYTES.slice(), ...png },
  { name: "Uint8Array within a larger buffer", make: shifted, ...png },
  { name: "Uint8ClampedArray", make: () => new Uint8ClampedArray(BYTES), ...png },
  {
    name: "Float32Array",
    make: () => new Float32Array(shifted().slice(0, 300_000).buffer),
    type: "image/png",
    filename: "file.png",
  },
  { name: "DataView", make: () => new DataView(shifted().buffer, 8, BYTES.length), ...png },
  { name: "ArrayBuffer", make: () => BYTES.slice().buffer, ...png },
  {
    name: "SharedArrayBuffer",
    make: () => {
      const shared = new SharedArrayBuffer(BYTES.length);
      new Uint8Array(shared).set(BYTES);
      return shared;
    },
    ...png,
  },
  { name: "Blob", make: () => new Blob([BYTES]), ...png },
  {
    name: "Blob with a type",
    make: () => new Blob([BYTES], { type: "image/gif" }),
    type: "image/gif",
    filename: "file.gif",
  },
  { name: "part of a Blob", make: () => new Blob(["xx", BYTES, "y"]).slice(2, 300_003), ...png },
  { name: "File", make: () => new File([BYTES], "in.png", { type: "image/png" }), ...named },
  {
    name: "File without a type",
    make: () => new File([BYTES], "a.jpg"),
    type: "image/jpeg",
    filename: "a.jpg",
  },
  { name: "ReadableStream", make: inTwo, ...png },
  { name: "AsyncIterable", make: inPieces, ...png },
  {
    name: "Response",
    make: () => new Response(BYTES, { headers: { "content-type": "image/png" } }),
    ...png,
  },
  { name: "Response of a stream", make: () => new Response(inTwo()), ...png },
  { name: "promise of bytes", make: () => Promise.resolve(BYTES.slice()), ...png },
  {
    name: "promise of a File",
    make: () => Promise.resolve(new File([BYTES], "in.png")),
    ...named,
  },
  { name: "FileInput.fromBytes", make: () => FileInput.fromBytes(BYTES), ...png },
  {
    name: "FileInput.fromBytes with a name",
    make: () => FileInput.fromBytes(BYTES, { filename: 'é "x".pdf' }),
    type: "application/pdf",
    filename: 'é "x".pdf',
  },
  {
    name: "FileInput.fromBytes of a Blob",
    make: () => FileInput.fromBytes(new Blob([BYTES])),
    ...png,
  },
  { name: "FileInput.fromPath", make: (path) => FileInput.fromPath(path), ...named },
  {
    name: "FileInput.fromPath of a file: URL",
    make: (path) => FileInput.fromPath(new URL(`file://${path}`)),
    ...named,
  },
  { name: "FileInput.fromStream", make: () => FileInput.fromStream(inTwo()), ...png },
  {
    name: "FileInput.fromStream with its size",
    make: () => FileInput.fromStream(inPieces(), { size: BYTES.length, contentType: "video/mp4" }),
    type: "video/mp4",
    filename: "file.mp4",
  },
  {
    name: "FileInput.with",
    make: (path) => FileInput.fromPath(path).with({ filename: "out.webp" }),
    type: "image/webp",
    filename: "out.webp",
  },
  { name: "fs.ReadStream", make: (path) => fs.createReadStream(path), ...named },
  { name: "FileHandle", make: (path) => fs.promises.open(path), opens: true, ...png },
  ...(runtime.Buffer
    ? [{ name: "Buffer", make: () => runtime.Buffer!.from(BYTES.slice().buffer), ...png }]
    : []),
  ...(runtime.Deno
    ? [{
      name: "Deno.FsFile",
      make: (path: string) => runtime.Deno!.open(path),
      opens: true,
      ...png,
    }]
    : []),
  ...(runtime.Bun
    ? [{ name: "Bun.file", make: (path: string) => runtime.Bun!.file(path), ...named }]
    : []),
];

/** The encodings of the matrix. */
export const ENCODINGS: readonly FileEncoding[] = ["upload", "data-uri"];

/** Where in an input a file stands. */
export const NESTINGS: Readonly<Record<string, (value: unknown) => Record<string, unknown>>> = {
  "at the top": (value) => ({ file: value }),
  "deep within": (value) => ({ list: [1, { "a b": [value, null] }], other: "text" }),
};

/** Runs the whole matrix against a server on a socket. */
export async function runMatrix(): Promise<{ passed: number; failures: Failure[] }> {
  const folder = await fs.promises.mkdtemp(`${os.tmpdir()}/x-replicate-`);
  const path = `${folder}/in.png`;
  await fs.promises.writeFile(path, BYTES);
  const server = await listen();
  const failures: Failure[] = [];
  let passed = 0;
  try {
    for (const kind of KINDS) {
      for (const encoding of ENCODINGS) {
        for (const [place, nest] of Object.entries(NESTINGS)) {
          const reason = await runCase(kind, { encoding, nest, path, server });
          if (reason === undefined) passed++;
          else failures.push({ case: `${kind.name}, ${encoding}, ${place}`, reason });
        }
      }
    }
  } finally {
    server.close();
    await fs.promises.rm(folder, { recursive: true });
  }
  return { passed, failures };
}

interface Case {
  encoding: FileEncoding;
  nest: (value: unknown) => Record<string, unknown>;
  path: string;
  server: Server;
}

/** What is wrong with a case, if anything. */
async function runCase(kind: Kind, { encoding, nest, path, server }: Case) {
  const made = kind.make(path);
  const value = kind.opens ? await made : made;
  const input = nest(value);
  try {
    const send = createSend({ auth: "r8_test", baseUrl: server.url }, { fileCodec });
    const predictions = new PredictionsApi(send);
    await predictions.create({ version: "acme/echo", input, fileEncoding: encoding });
    const [got] = server.filesIn(server.input);
    if (!got) return `no file in ${JSON.stringify(server.input).slice(0, 200)}`;
    if (JSON.stringify(nest("x")) !== JSON.stringify(server.input, replaced)) {
      return "another shape";
    }
    const expected = kind.name === "Float32Array" ? BYTES.subarray(0, 300_000) : BYTES;
    if (!equal(got.bytes, expected)) return `other bytes (${got.bytes.length})`;
    if (got.type !== kind.type) return `type ${got.type}, not ${kind.type}`;
    if (encoding === "upload" && got.name !== kind.filename) return `name ${got.name}`;
    return undefined;
  } catch (error) {
    return String(error);
  } finally {
    if (kind.name === "FileHandle") await (value as { close(): Promise<void> }).close();
  }
}

function replaced(_: string, value: unknown): unknown {
  return typeof value === "string" && /^(?:data|http):/.test(value) ? "x" : value;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

interface Server {
  url: string;
  /** The input of the last prediction. */
  input: unknown;
  filesIn(input: unknown): Received[];
  close(): void;
}

interface NodeRequest extends AsyncIterable<Uint8Array> {
  url: string;
  headers: Record<string, string>;
}

interface NodeResponse {
  writeHead(status: number, headers: Record<string, string>): void;
  end(text: string): void;
}

interface NodeServer {
  listen(port: number, host: string, ready: () => void): void;
  address(): { port: number };
  close(): void;
  closeAllConnections(): void;
}

async function listen(): Promise<Server> {
  const http = builtinModule<
    { createServer(handle: (request: NodeRequest, response: NodeResponse) => void): NodeServer }
  >("node:http")!;
  const files = new Map<string, Received>();
  const server = http.createServer((request, response) => {
    answer(request).then((body) => {
      response.writeHead(201, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    }, (error) => {
      response.writeHead(400, { "content-type": "application/json" });
      response.end(JSON.stringify({ detail: String(error) }));
    });
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const self: Server = {
    url: `http://127.0.0.1:${server.address().port}`,
    input: undefined,
    filesIn: (input) => texts(input).flatMap((text) => files.get(text) ?? inline(text) ?? []),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
  async function answer(request: NodeRequest): Promise<unknown> {
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    for await (const chunk of request) chunks.push(new Uint8Array(chunk));
    const body = new Response(new Blob(chunks), {
      headers: { "content-type": request.headers["content-type"] ?? "" },
    });
    if (request.url === "/predictions") {
      self.input = (await body.json()).input;
      return { id: "p1", status: "starting" };
    }
    if (!/^\d+$/.test(request.headers["content-length"] ?? "")) throw new Error("no length");
    const content = (await body.formData()).get("content") as File;
    const bytes = new Uint8Array(await content.arrayBuffer());
    const get = `${self.url}/files/${files.size}`;
    // Not all runtimes decode what the WHATWG has escaped.
    const name = content.name.replaceAll("%22", '"');
    files.set(get, { bytes, type: content.type, name });
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const sha256 = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return { id: String(files.size), size: bytes.length, checksums: { sha256 }, urls: { get } };
  }
  return self;
}

function texts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(texts);
}

function inline(text: string): Received | undefined {
  const [, type = "", base64 = ""] = /^data:([^,]*);base64,(.*)$/.exec(text) ?? [];
  if (!type) return undefined;
  return {
    bytes: Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)),
    type,
    name: undefined,
  };
}
