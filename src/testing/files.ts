/** The files that are uploaded to the fake. */

import { encodeBase64, encodeHex } from "@std/encoding";
import type { Clock } from "./clock.ts";
import { fileIdOf } from "./ids.ts";
import { md5 } from "./md5.ts";
import type { FakeOptions } from "./types.ts";

const DAY = 86_400_000;
const MAX_SIZE = 100 * 2 ** 20;

/** A file that was uploaded to the fake. */
export interface FakeFile {
  /** The id of the file. */
  readonly id: string;
  /** The bytes, with their content type. */
  readonly blob: Blob;
  /** The file name. */
  readonly name: string;
  /** The metadata that was sent with it. */
  readonly metadata: Record<string, unknown>;
  /** The digests of the bytes, as hex. */
  readonly checksums: { readonly sha256: string; readonly md5: string };
  /** The time of the upload, in milliseconds since 1970 on the fake's clock. */
  readonly created: number;
  /** The time at which the file expires, in milliseconds since 1970 on the fake's clock. */
  readonly expires: number;
}

/** The uploaded files of a fake. */
export class Files {
  /** The size limit of an upload, in bytes. */
  readonly maxSize: number;
  /** Every file by id, expired ones included. */
  readonly all: Map<string, FakeFile> = new Map<string, FakeFile>();
  readonly #clock: Clock;
  #lastId = 0;

  constructor(options: FakeOptions, clock: Clock) {
    this.maxSize = options.maxFileSize ?? MAX_SIZE;
    this.#clock = clock;
  }

  /** The file with this id, unless it has expired or was deleted. */
  get(id: string): FakeFile | undefined {
    const file = this.all.get(id);
    return file && file.expires > this.#clock.now() ? file : undefined;
  }

  /** The files that have not expired, newest first. */
  list(): FakeFile[] {
    const files = [...this.all.keys()].map((id) => this.get(id));
    return files.filter((file) => file !== undefined).reverse();
  }

  /** Keeps a file for a day. */
  async add(blob: Blob, name: string, metadata: Record<string, unknown>): Promise<FakeFile> {
    const bytes = new Uint8Array(await blob.arrayBuffer());
    // Within jsdom there is no `subtle`, and the client compares nothing.
    const sha256 = crypto.subtle ? encodeHex(await crypto.subtle.digest("SHA-256", bytes)) : "";
    const created = this.#clock.now();
    const id = fileIdOf(`file ${++this.#lastId}`);
    const checksums = { sha256, md5: md5(bytes) };
    const file = { id, blob, name, metadata, checksums, created, expires: created + DAY };
    this.all.set(id, file);
    return file;
  }
}

/** The secret that signs download links; the real one is known to Replicate only. */
const SIGNING_SECRET = "the files signing secret of the fake";

/** The signature of a download link. */
export async function signDownload(owner: string, id: string, expiry: number): Promise<string> {
  const encoder = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const secret = encoder.encode(SIGNING_SECRET);
  const key = await crypto.subtle.importKey("raw", secret, algorithm, false, ["sign"]);
  const text = encoder.encode(`${owner} ${id} ${expiry}`);
  return encodeBase64(await crypto.subtle.sign("HMAC", key, text));
}
