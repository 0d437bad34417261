/** Files that were uploaded to the fake. */

import { encodeBase64, encodeHex } from "@std/encoding";
import type { Clock } from "./clock.ts";
import { fileIdOf } from "./ids.ts";
import type { FakeOptions } from "./types.ts";

const DAY = 86_400_000;
const MAX_SIZE = 100 * 2 ** 20;

/** An uploaded file. */
export interface FakeFile {
  /** Its id. */
  readonly id: string;
  /** Its bytes, with their content type. */
  readonly blob: Blob;
  /** Its file name. */
  readonly name: string;
  /** What the uploader has noted on it. */
  readonly metadata: Record<string, unknown>;
  /** Its digests, as hex. */
  readonly checksums: { readonly sha256: string; readonly md5: string };
  /** When it was uploaded, on the fake's clock. */
  readonly created: number;
  /** When it goes, on the fake's clock. */
  readonly expires: number;
}

/** The uploaded files of a fake. */
export class Files {
  /** The greatest size in bytes. */
  readonly maxSize: number;
  /** All of them, the expired included, by id. */
  readonly all: Map<string, FakeFile> = new Map<string, FakeFile>();
  readonly #clock: Clock;
  #lastId = 0;

  constructor(options: FakeOptions, clock: Clock) {
    this.maxSize = options.maxFileSize ?? MAX_SIZE;
    this.#clock = clock;
  }

  /** The file with this id, unless it is expired or deleted. */
  get(id: string): FakeFile | undefined {
    const file = this.all.get(id);
    return file && file.expires > this.#clock.now() ? file : undefined;
  }

  /** Those that are there, newest first. */
  list(): FakeFile[] {
    return [...this.all.keys()].map((id) => this.get(id)).filter((file) => file !== undefined)
      .reverse();
  }

  async add(blob: Blob, name: string, metadata: Record<string, unknown>): Promise<FakeFile> {
    const bytes = new Uint8Array(await blob.arrayBuffer());
    const sha256 = encodeHex(await crypto.subtle.digest("SHA-256", bytes));
    const created = this.#clock.now();
    const id = fileIdOf(`file ${++this.#lastId}`);
    const checksums = { sha256, md5: md5(bytes) };
    const file = { id, blob, name, metadata, checksums, created, expires: created + DAY };
    this.all.set(id, file);
    return file;
  }
}

/** The secret under which download links are signed; the real one is told to nobody. */
const SIGNING_SECRET = "the files signing secret of the fake";

/** The signature of a download link. */
export async function signDownload(owner: string, id: string, expiry: number): Promise<string> {
  const encoder = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const secret = encoder.encode(SIGNING_SECRET);
  const key = await crypto.subtle.importKey("raw", secret, algorithm, false, ["sign"]);
  return encodeBase64(
    await crypto.subtle.sign("HMAC", key, encoder.encode(`${owner} ${id} ${expiry}`)),
  );
}
const SHIFTS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];
const SINES = Array.from(
  { length: 64 },
  (_, index) => Math.floor(2 ** 32 * Math.abs(Math.sin(index + 1))),
);

/** MD5 as hex: Replicate shows it for a file, and WebCrypto has none. */
export function md5(bytes: Uint8Array): string {
  const padded = new Uint8Array((((bytes.length + 8) >> 6) + 1) << 6);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, bytes.length << 3, true);
  view.setUint32(padded.length - 4, Math.floor(bytes.length / 2 ** 29), true);
  const state = new Uint32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]);
  for (let offset = 0; offset < padded.length; offset += 64) block(state, view, offset);
  return [...new Uint8Array(state.buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
}

function block(state: Uint32Array, view: DataView, offset: number): void {
  let [a = 0, b = 0, c = 0, d = 0] = state;
  for (let step = 0; step < 64; step++) {
    const round = step >> 4;
    const [mixed = 0, word = 0] = [
      [(b & c) | (~b & d), step],
      [(d & b) | (~d & c), (5 * step + 1) % 16],
      [b ^ c ^ d, (3 * step + 5) % 16],
      [c ^ (b | ~d), (7 * step) % 16],
    ][round] ?? [];
    const sum = (a + mixed + (SINES[step] ?? 0) + view.getUint32(offset + word * 4, true)) | 0;
    const shift = SHIFTS[round * 4 + step % 4] ?? 0;
    [a, d, c, b] = [d, c, b, (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0];
  }
  [a, b, c, d].forEach((value, index) => state[index] = (state[index] ?? 0) + value);
}
