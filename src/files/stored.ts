/** The place of a file that was kept. */

/** The place of a file that a sink has kept, as JSON can hold it. */
export interface StoredFile {
  /** The place, as the sink names it: a path, a key or a URL. */
  location: string;
  /** The size in bytes. */
  size: number;
  /** The SHA-256 of the content, in hexadecimal. */
  sha256: string;
}
