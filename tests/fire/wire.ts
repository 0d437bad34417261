/** HTTP/1.1 spoken by hand over sockets, with every way to speak it badly. */

import { Buffer } from "node:buffer";
import net from "node:net";
import { sleep } from "./real.ts";
import { respond } from "./respond.ts";

/** A request as it came over the wire. */
export interface WireRequest {
  method: string;
  /** With its query. */
  target: string;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: Uint8Array;
  /** The port that it came in at. */
  port: number;
  /** The request as it came, without its `Authorization`. */
  readonly text: string;
}

/** An answer; a function writes a body piece by piece, until the connection is gone. */
export interface WireAnswer {
  status: number;
  headers?: Record<string, string>;
  body: string | Uint8Array | ((write: Write) => Promise<void>);
  /** Called with the bytes that were written while the other side was there, as Latin-1. */
  sent?: (written: string) => void;
}

/** Writes a piece; `false` once the other side is gone. */
export type Write = (bytes: string | Uint8Array) => Promise<boolean>;

/** A fault on the wire. */
export interface WireFault {
  kind: string;
  arg: number;
}

/** Answers a request. */
export type Handler = (
  request: WireRequest,
  fault: WireFault | undefined,
) => WireAnswer | undefined | Promise<WireAnswer | undefined>;

/** A server on a port of this machine. */
export interface WireServer {
  port: number;
  /** The connections whose request has no whole answer yet. */
  busy(): number;
  close(): Promise<void>;
}

/** One connection. */
class Connection {
  readonly socket: net.Socket;
  busy = false;
  #input: Uint8Array = new Uint8Array();

  constructor(socket: net.Socket) {
    this.socket = socket;
  }

  get gone(): boolean {
    return this.socket.destroyed || !this.socket.writable;
  }

  /** Takes bytes in, and gives the request once it is whole. */
  take(bytes: Uint8Array, port: number): WireRequest | undefined {
    this.#input = this.#input.length === 0 ? bytes : Buffer.concat([this.#input, bytes]);
    const input = Buffer.from(this.#input.buffer, this.#input.byteOffset, this.#input.length);
    const end = input.indexOf("\r\n\r\n");
    if (end < 0) return undefined;
    const [first = "", ...lines] = input.subarray(0, end).toString("latin1").split("\r\n");
    const [method = "", target = ""] = first.split(" ");
    const headers: Record<string, string> = {};
    for (const line of lines) {
      const colon = line.indexOf(":");
      headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
    }
    const rest = input.subarray(end + 4);
    let body: Buffer | undefined;
    if (headers["transfer-encoding"] === "chunked") body = unchunked(rest);
    else {
      const length = Number(headers["content-length"] ?? 0);
      if (rest.length >= length) body = rest.subarray(0, length);
    }
    if (!body) return undefined;
    this.#input = new Uint8Array();
    const open = [first, ...lines.filter((it) => !/^authorization:/i.test(it))].join("\n");
    const sent = body;
    return {
      method,
      target,
      headers,
      body: new Uint8Array(sent),
      port,
      get text() {
        return `${open}\n\n${sent.toString("latin1")}`;
      },
    };
  }

  /** Writes; `false` once the other side is gone. */
  write(bytes: string | Uint8Array): Promise<boolean> {
    if (this.gone) return Promise.resolve(false);
    return new Promise((resolve) => {
      const done = (): void => {
        this.socket.off("close", done);
        resolve(!this.gone);
      };
      this.socket.once("close", done);
      if (this.socket.write(bytes)) done();
      else this.socket.once("drain", done);
    });
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }
}

function unchunked(bytes: Buffer): Buffer | undefined {
  const parts: Buffer[] = [];
  for (let at = 0;;) {
    const end = bytes.indexOf("\r\n", at);
    if (end < 0) return undefined;
    const size = parseInt(bytes.subarray(at, end).toString("latin1"), 16);
    if (size === 0) return bytes.length >= end + 4 ? Buffer.concat(parts) : undefined;
    if (bytes.length < end + 2 + size + 2) return undefined;
    parts.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}

/** Starts a server. */
export async function serveWire(handler: Handler): Promise<WireServer> {
  const connections = new Set<Connection>();
  let port = 0;
  const server = net.createServer({ noDelay: true }, (socket) => {
    const connection = new Connection(socket);
    connections.add(connection);
    socket.on("error", () => {});
    socket.on("close", () => connections.delete(connection));
    socket.on("end", () => socket.end());
    socket.on("data", (bytes) => {
      const request = connection.take(bytes as Uint8Array, port);
      if (!request) return;
      connection.busy = true;
      serve(connection, request, handler)
        .catch(() => connection.reset())
        .finally(() => {
          connection.busy = false;
        });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as net.AddressInfo).port;
  return {
    port,
    busy: () => [...connections].filter((it) => it.busy && !it.gone).length,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const { socket } of connections) socket.destroy();
        // Not every runtime calls back when its last connection was destroyed.
        sleep(100).then(resolve);
      }),
  };
}

/** Answers one request, as its fault wants it. */
async function serve(
  connection: Connection,
  request: WireRequest,
  handler: Handler,
): Promise<void> {
  const [kind = "", arg = "0"] = (request.headers["x-fault"] ?? "").split(":");
  const fault = kind ? { kind, arg: Number(arg) } : undefined;
  const answer = await handler(request, fault);
  if (!answer) return await die(connection, kind);
  let written = "";
  const write: Write = async (bytes) => {
    const ok = await connection.write(bytes);
    if (ok) written += typeof bytes === "string" ? bytes : Buffer.from(bytes).toString("latin1");
    return ok;
  };
  const end = await respond(answer, fault, write);
  answer.sent?.(written);
  if (end === "reset") connection.reset();
  if (end === "close") connection.socket.end();
  if (end === "silent") await die(connection, "silent");
}

/** Ends the connection without an answer. */
async function die(connection: Connection, kind: string): Promise<void> {
  if (kind.startsWith("reset")) return connection.reset();
  if (kind.startsWith("close")) return void connection.socket.end();
  // Silent: until the other side has had enough.
  while (!connection.gone) await sleep(10);
}
