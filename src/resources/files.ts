/** Uploads and manages files for inputs: `client.files`. */

import {
  type FileBytes,
  type FileInput,
  fileInputOf,
  type FileStream,
} from "../files/file_input.ts";
import type { OpenFile } from "../files/file_source.ts";
import { fileKind } from "../files/kind.ts";
import { load } from "../files/source.ts";
import { deleteFile, type FileObject, upload } from "../files/upload.ts";
import { InputError } from "../errors.ts";
import { type ListOptions, Pages } from "./pages.ts";
import { signalOf } from "../base/async.ts";
import { checkKeys, REQUEST_OPTIONS } from "../base/check.ts";
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

/** A file to upload: bytes, a stream of bytes, or an open file of Deno or Node. */
export type UploadSource = FileInput | FileBytes | FileStream | OpenFile;

/** Options of `files.create`. */
export interface CreateFileOptions extends RequestOptions {
  /** The name, at most 255 bytes of UTF-8. Default: the name that the source has, else `file`. */
  filename?: string | undefined;
  /** The media type. Default: by the source, else by the name, else by the first bytes. */
  contentType?: string | undefined;
  /** A JSON object that Replicate keeps with the file. Default: none. */
  metadata?: Record<string, unknown> | undefined;
  /** Called each time a piece of the file was handed to the network. */
  onUpload?: ((progress: UploadProgress) => void) | undefined;
}

/** Options of `files.download`: the query of a signed link to a file. */
export interface DownloadFileOptions extends RequestOptions {
  /** The `username` of the account that uploaded the file. */
  owner: string;
  /** The time at which the link expires, in seconds since 1970. */
  expiry: number;
  /** The signature of the link, in base64. */
  signature: string;
}

const CREATE_OPTIONS: readonly string[] = /* @__PURE__ */ REQUEST_OPTIONS.concat(
  ["filename", "contentType", "metadata", "onUpload"],
);
const DOWNLOAD_OPTIONS: readonly string[] = /* @__PURE__ */ REQUEST_OPTIONS.concat(
  ["owner", "expiry", "signature"],
);

/** Advice for options that do not exist: the official client takes the metadata in their place. */
function hintsFor(options: object): Record<string, string> {
  const keys = Object.keys(options);
  const isMetadata = !keys.some((key) => CREATE_OPTIONS.includes(key));
  return {
    ...(isMetadata && Object.fromEntries(keys.map((key) => [
      key,
      `give the file's metadata as { metadata: { ${key}: ... } }`,
    ]))),
    type: "give contentType",
    name: "give filename",
  };
}

function notAFile(value: unknown): TypeError {
  const advice = typeof value === "string"
    ? "for a path give FileInput.fromPath(path), for text give new Blob([text])"
    : "give a FileInput, a Blob, bytes or a stream";
  return new TypeError(`Cannot upload this: ${advice}`);
}

/** Files that are uploaded for use in inputs. Replicate deletes them a day after the upload. */
export class FilesApi extends Resource {
  /**
   * Lists the files of the account, newest first.
   *
   * @throws {ApiError} 401 if the token is not valid.
   */
  readonly list: (options?: ListOptions) => Pages<FileObject> = (
    { cursor, ...options } = {},
  ) => {
    checkKeys(options, [...REQUEST_OPTIONS, "cursor"], "list files");
    return new Pages(this.send, () => ({
      method: "GET",
      path: "/files",
      query: { cursor },
      action: "list files",
      options,
    }));
  };

  /**
   * Uploads a file of at most 100 MB. Its `urls.get` can then be used in any input.
   *
   * The file is sent while it is read, without a copy in memory; only a stream of unknown length is
   * read to its end first. `timeout.connect` and `timeout.request` grow by the time that the upload
   * takes at 100 kB per second. The upload is repeated only if the server cannot have accepted it.
   *
   * `create(source, metadata, options)` is understood too, as in the official client.
   *
   * @throws {TypeError} If the source is not a file, the metadata is not JSON, or there is no option of
   * such a name; nothing is sent then.
   * @throws {InputError} If the source is a `FileInput.fromUrl`, which is never fetched by us.
   * @throws {ApiError} 413 if the file is too large.
   * @throws {ReplicateError} If the file at the server has another size or SHA-256.
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
  create(
    source: UploadSource | PromiseLike<UploadSource>,
    options?: CreateFileOptions,
  ): Promise<FileObject>;
  /** Uploads a file, called as in the official client: the metadata, then the other options. */
  create(
    source: UploadSource | PromiseLike<UploadSource>,
    metadata: Record<string, unknown> | null | undefined,
    options: Omit<CreateFileOptions, "metadata">,
  ): Promise<FileObject>;
  async create(
    source: UploadSource | PromiseLike<UploadSource>,
    second: CreateFileOptions | Record<string, unknown> | null = {},
    third?: Omit<CreateFileOptions, "metadata">,
  ): Promise<FileObject> {
    const options: CreateFileOptions = third
      ? { ...third, metadata: second ?? undefined }
      : second ?? {};
    checkKeys(options, CREATE_OPTIONS, "upload the file", hintsFor(options));
    const { filename, contentType, metadata, onUpload, ...rest } = options;
    const request = { ...rest, signal: signalOf(rest.signal) };
    const value = await source;
    const kind = typeof value === "object" && value !== null ? fileKind(value) : undefined;
    if (!kind) throw notAFile(value);
    const slot = { path: "the file", value, kind };
    if (fileInputOf(slot)?.kind === "url") {
      const message = "it is a URL, which is never fetched; use it in an input as it is";
      throw new InputError(`Cannot upload the file: ${message}`, [
        { path: "source", code: "url", message },
      ]);
    }
    const override = { filename, contentType, metadata };
    const file = await load(slot, request.signal, override);
    return await upload(this.send, file, { path: slot.path, options: request, onUpload });
  }

  /**
   * Returns the metadata of a file. Only models can read its bytes.
   *
   * @throws {ApiError} 404 if there is no file with this id.
   */
  async get(id: string, options?: RequestOptions): Promise<FileObject> {
    return await this.send({
      method: "GET",
      path: path`/files/${id}`,
      action: `get file ${id}`,
      expect: "record",
      options,
    });
  }

  /**
   * Deletes a file, and returns `true`.
   *
   * @throws {ApiError} 404 if there is no file with this id.
   */
  async delete(id: string, options?: RequestOptions): Promise<boolean> {
    await deleteFile(this.send, id, { options });
    return true;
  }

  /**
   * Downloads a file by a link that Replicate has signed; you cannot sign one yourself. The body of
   * the response is streamed: read it, or cancel it.
   *
   * @throws {ApiError} 404 if there is no such file, or the link has expired.
   */
  async download(id: string, options: DownloadFileOptions): Promise<Response> {
    checkKeys(options, DOWNLOAD_OPTIONS, `download file ${id}`);
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
