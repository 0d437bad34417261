/** Writing one answer: well, or with one of the faults of the wire. */

import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import { sleep } from "./real.ts";
import type { WireAnswer, WireFault, Write } from "./wire.ts";

/** The state in which a connection is left. */
export type End = "open" | "close" | "reset" | "silent";

const HTML = "<!DOCTYPE html><html><head><title>Bad gateway</title></head><body>oops</body></html>";

/** The answers in place of the right one, by fault: the server has acted, and says something else. */
const INSTEAD: Record<string, Pick<WireAnswer, "body"> & { status?: number; type?: string }> = {
  "500-after": { status: 500, body: '{"detail":"Internal error","status":500}' },
  "504-html-after": { status: 504, body: HTML, type: "text/html" },
  "html-ok": { body: HTML, type: "text/html" },
  "empty": { body: "" },
  "null": { body: "null" },
  "list": { body: "[]" },
  "number": { body: "5" },
  "object": { body: "{}" },
  "number-id": { body: '{"id":5,"status":"starting","urls":{}}' },
  "204": { status: 204, body: "" },
};

/** Writes an answer with its fault, and says what becomes of the connection. */
export async function respond(
  answer: WireAnswer,
  fault: WireFault | undefined,
  write: Write,
): Promise<End> {
  const { kind = "", arg = 0 } = fault ?? {};
  // An error stays one: a server that takes it for a success has lost its mind.
  const other = answer.status < 300 ? INSTEAD[kind] : undefined;
  const status = other?.status ?? answer.status;
  const headers: Record<string, string> = {
    "content-type": "application/json",
    ...answer.headers,
    ...(other?.type && { "content-type": other.type }),
    ...(kind === "wrong-type" && { "content-type": "text/html" }),
  };
  const body = other?.body ?? answer.body;
  if (kind === "slow-headers") await sleep(arg);
  if (typeof body === "function") return await respondLive(status, headers, body, fault, write);
  let bytes: Uint8Array = Buffer.from(body as string);
  if (kind === "good-gzip" || kind === "bad-gzip") {
    bytes = gzipSync(bytes);
    headers["content-encoding"] = "gzip";
    if (kind === "bad-gzip") bytes = bytes.map((byte, at) => at > 12 ? byte ^ 85 : byte);
  }
  // At least one byte is missing, and one is there.
  const part = bytes.subarray(0, Math.max(1, Math.floor((bytes.length - 1) * arg)));
  if (kind === "chunked" || kind === "cut-chunked") {
    await write(headOf(status, { ...headers, "transfer-encoding": "chunked" }));
    const piece = kind === "chunked" ? bytes : part;
    if (piece.length > 0) await write(chunkOf(piece));
    if (kind === "cut-chunked") return "close";
    await write("0\r\n\r\n");
    return "open";
  }
  let length = bytes.length;
  // The HTTP is right, but for the end of the body.
  if (kind === "cut-json") length = part.length;
  if (kind === "long-length") length += 10;
  if (status !== 204) headers["content-length"] = String(length);
  await write(headOf(status, headers));
  if (kind === "drip") {
    // In 60 pieces at most, as the time of a program is short.
    const size = Math.max(arg, Math.ceil(bytes.length / 60));
    for (let at = 0; at < bytes.length; at += size) {
      if (!await write(bytes.subarray(at, at + size))) return "close";
      await sleep(1);
    }
    return "open";
  }
  const isCut = /^(?:cut|stall)/.test(kind);
  await write(isCut ? part : bytes);
  if (kind === "stall") return "silent";
  if (kind === "cut-reset") {
    // Else the reset overtakes the bytes.
    await sleep(20);
    return "reset";
  }
  // What was written besides must not be taken for the next answer.
  return isCut || kind === "long-length" || kind === "cut-json" ? "close" : "open";
}

/** Writes a body that comes piece by piece. */
async function respondLive(
  status: number,
  headers: Record<string, string>,
  body: (write: Write) => Promise<void>,
  fault: WireFault | undefined,
  write: Write,
): Promise<End> {
  await write(headOf(status, { ...headers, "transfer-encoding": "chunked" }));
  let end = "open" as End;
  const { kind = "", arg = 0 } = fault ?? {};
  let left = /^(?:cut|stall)/.test(kind) ? Math.ceil(arg * 400) : Infinity;
  await body(async (piece) => {
    if (end !== "open") return false;
    let bytes: Uint8Array = Buffer.from(piece as string);
    if (bytes.length >= left) {
      bytes = bytes.subarray(0, left);
      end = kind === "stall" ? "silent" : kind === "cut-reset" ? "reset" : "close";
    }
    left -= bytes.length;
    const size = kind === "drip" ? Math.max(arg, Math.ceil(bytes.length / 20)) : bytes.length;
    for (let at = 0; at < bytes.length; at += size) {
      if (!await write(chunkOf(bytes.subarray(at, at + size)))) return false;
      if (kind === "drip") await sleep(1);
    }
    return end === "open";
  });
  if (end === "open") await write("0\r\n\r\n");
  if (end === "reset") await sleep(20);
  return end;
}

function headOf(status: number, headers: Record<string, string>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Whatever\r\n${lines.join("")}\r\n`;
}

function chunkOf(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([
    Buffer.from(`${bytes.length.toString(16)}\r\n`),
    bytes,
    Buffer.from("\r\n"),
  ]);
}
