import { encodeBase64, encodeHex } from "@std/encoding";
import type { Clock } from "./clock.ts";
import { fileIdOf } from "./ids.ts";
import { md5 } from "./md5.ts";
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
