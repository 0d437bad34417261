import {
  type FileBytes,
  type FileInput,
  fileInputOf,
  type FileStream,
} from "../files/file_input.ts";
import { fileKind } from "../files/kind.ts";
import { load } from "../files/source.ts";
import { deleteFile, type FileObject, upload } from "../files/upload.ts";
import { InputError } from "../errors.ts";
import { Pages } from "./pages.ts";
import { path } from "../base/path.ts";
import type { UploadProgress } from "../http/options.ts";
import type { RequestOptions } from "../http/types.ts";
import { Resource } from "./resource.ts";

export type {
  FileBytes,
  FileInputKind,
  FileInputOptions,
  FileStream,
  StreamInputOptions,
} from "../files/file_input.ts";
export type { FileObject } from "../files/upload.ts";

/** What can be uploaded: bytes, a stream of them, or what Deno and Node hand out for an open file. */
export type FileSource = FileInput | FileBytes | FileStream | OpenFile;

/** An open file: `Deno.FsFile`, or a `FileHandle` of Node. */
export interface OpenFile {
  /** What is known of it. */
  stat(): Promise<unknown>;
}

/** What `files.create` takes. */
export interface CreateFileOptions extends RequestOptions {
  /** What it is called: at most 255 bytes of UTF-8. Default: from where it comes. */
  filename?: string | undefined;
  /** Its media type. Default: from its name, else from its first bytes. */
  contentType?: string | undefined;
  /** JSON that is kept beside it. */
  metadata?: Record<string, unknown> | undefined;
  /** Told how much of it was handed to the network, each time some of it was. */
  onUpload?: ((progress: UploadProgress) => void) | undefined;
}

/** The query of a signed link to a file. */
export interface DownloadFileOptions extends RequestOptions {
  /** Whose file it is. */
  owner: string;
  /** Until when the link is good, in seconds since 1970. */
  expiry: number;
  /** In base64. */
  signature: string;
}

/** What `files.list` takes. */
export interface ListFilesOptions extends RequestOptions {
  /** The `cursor` of a page's `next`, to go on from there. */
  cursor?: string;
}

/** Files that models can be given. They are kept for a day. */
export class FilesApi extends Resource {
  /** The files of the account, newest first. */
  readonly list: (options?: ListFilesOptions) => Pages<FileObject> = (
    { cursor, ...options } = {},
  ) =>
    new Pages(this.send, () => ({
      method: "GET",
      path: "/files",
      query: { cursor },
      action: "list files",
      options,
    }));

  /**
   * Uploads a file of at most 100 MB. Its `urls.get` can then stand in any input.
   *
   * It goes out as it is read, without a copy of it in memory; only a stream of unknown length is read
   * to its end first. `timeout.connect` and `timeout.request` are longer by the time that it takes at
   * 100 kB a second. It is sent again only when the server cannot have taken it.
   *
   * @throws {TypeError} If it cannot be sent, or the metadata is not JSON; nothing was sent then.
   * @throws {InputError} For `FileInput.fromUrl`, whose file is not ours to send.
   * @throws {ApiError} 413 if it is too large.
   * @throws {ReplicateError} If what arrived has another size or SHA-256.
   *
   * @example
   * ```ts
   * import { Client } from "@x/replicate";
   * import { FakeReplicate } from "@x/replicate/testing";
   * import { assertEquals } from "@std/assert";
   *
   * await using fake = new FakeReplicate({ models: {} });
   * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
   * const bytes = new TextEncoder().encode("a,b\n1,2\n");
   * const file = await client.files.create(bytes, { filename: "table.csv", metadata: { rows: 1 } });
   * assertEquals([file.content_type, file.size, file.metadata], ["text/csv", 8, { rows: 1 }]);
   * ```
   */
  async create(
    source: FileSource | PromiseLike<FileSource>,
    options: CreateFileOptions = {},
  ): Promise<FileObject> {
    const { filename, contentType, metadata, onUpload, ...request } = options;
    const value = await source;
    const kind = typeof value === "object" && value !== null ? fileKind(value) : undefined;
    if (!kind) {
      throw new TypeError("Cannot upload this: give a FileInput, a Blob, bytes or a stream");
    }
    const slot = { path: "the file", value, kind };
    if (fileInputOf(slot)?.kind === "url") {
      const message = "it is only referred to by its URL, which can stand in an input as it is";
      throw new InputError(`Cannot upload the file: ${message}`, [
        { path: "source", code: "url", message },
      ]);
    }
    const override = { filename, contentType, metadata };
    const file = await load(slot, request.signal, override);
    return await upload(this.send, file, { path: slot.path, options: request, onUpload });
  }

  /**
   * What is known of a file. Its bytes are for models only.
   *
   * @throws {ApiError} 404 if there is none with this id.
   */
  async get(id: string, options?: RequestOptions): Promise<FileObject> {
    return await this.send({
      method: "GET",
      path: path`/files/${id}`,
      action: `get file ${id}`,
      options,
    });
  }

  /**
   * Deletes a file, and gives `true`.
   *
   * @throws {ApiError} 404 if there is none with this id.
   */
  async delete(id: string, options?: RequestOptions): Promise<boolean> {
    await deleteFile(this.send, id, { options });
    return true;
  }

  /**
   * The bytes of a file, by a signed link that Replicate has made: there is no way to sign one of your
   * own. The body is passed on as it comes.
   *
   * @throws {ApiError} 404 if there is no such file, or the link is not good any more.
   */
  async download(id: string, options: DownloadFileOptions): Promise<Response> {
    const { owner, expiry, signature, ...request } = options;
    return await this.send({
      method: "GET",
      path: path`/files/${id}/download`,
      query: { owner, expiry, signature },
      headers: { accept: "*/*" },
      as: "response",
      anonymous: true,
      action: `download file ${id}`,
      options: request,
    });
  }
}
