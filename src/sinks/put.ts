/** The sink that puts files to URLs, such as those that S3 and its like have signed. */

import { shown } from "../base/text.ts";
import { ReplicateError } from "../errors.ts";
import type { Sink } from "../run/sink.ts";
import { makeSink } from "./custom.ts";
import { hasher } from "./hash.ts";
import { sendFile } from "./send_file.ts";
import type { SinkFile, SinkOptions } from "./types.ts";

/** A request that takes a file: its URL, and what else was signed. */
export interface PutRequest {
  /** The URL. */
  url: string | URL;
  /** Additional headers, or others than those that are sent by default. */
  headers?: Record<string, string> | undefined;
  /** The location that the file then has. Default: the URL without its query. */
  location?: string | undefined;
}

/** Options of {@linkcode putSink}. */
export interface PutSinkOptions extends SinkOptions {
  /** The `fetch` to use. Default: that of the platform. */
  fetch?: typeof fetch | undefined;
}

/**
 * A sink that sends each file by PUT to a URL, as S3, R2, GCS, MinIO and others sign them, with
 * `Content-Length` and `Content-Type`. The location is the URL without its query.
 *
 * @param sign Makes the URL of a file, anew for each attempt, as such URLs expire.
 * @param options Options such as `{ attempts: 3 }`.
 * @throws {TypeError | RangeError} If the function is missing, or an option cannot be used.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { putSink } from "@x/replicate/sinks";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const run = () => new File(["a fig"], "fig.txt", { type: "text/plain" });
 * await using fake = new FakeReplicate({ models: { "acme/painter": { official: true, run } } });
 * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
 *
 * const store = async (_: unknown, { body }: RequestInit = {}): Promise<Response> => {
 *   assertEquals(await new Response(body).text(), "a fig");
 *   return new Response();
 * };
 * const sink = putSink(({ name }) => `https://s3.example/covers/${name}?X-Amz-Signature=...`, {
 *   fetch: store,
 * });
 * const { stored } = await client.run("acme/painter", { input: {}, sink }).file();
 * assertEquals(stored?.location, "https://s3.example/covers/fig.txt");
 * ```
 */
export function putSink(
  sign: (file: SinkFile) => string | URL | PutRequest | Promise<string | URL | PutRequest>,
  options: PutSinkOptions = {},
): Sink {
  if (typeof sign !== "function") {
    throw new TypeError(
      "Cannot keep files by PUT: give a function that makes a URL, as in putSink((file) => url)",
    );
  }
  const { fetch: given } = options ?? {};
  if (given !== undefined && typeof given !== "function") {
    throw new TypeError("Cannot keep files by PUT: fetch is no function");
  }
  const put = async (file: SinkFile): Promise<string> => {
    const { url, headers, location } = requestOf(await sign(file), file);
    // Called unbound, as Workers throw when it is somebody's method.
    await sendFile(given ?? fetch, file, url, headers);
    return location ?? `${url.origin}${url.pathname}`;
  };
  return makeSink(put, hasher, options, "fetch");
}

function requestOf(
  signed: string | URL | PutRequest,
  file: SinkFile,
): Omit<PutRequest, "url"> & { url: URL } {
  const isUrl = typeof signed !== "object" || signed === null || "href" in signed;
  const request: PutRequest = isUrl ? { url: signed as string | URL } : signed as PutRequest;
  const { url } = request;
  const href = String(url);
  if (/^https?:/i.test(href) && URL.canParse(href)) return { ...request, url: new URL(href) };
  // Not shown where it may be a URL, as that may be signed.
  const what = typeof url === "string" && url !== "" ? "text" : shown(url);
  throw new ReplicateError(
    `Cannot keep ${file.name} by PUT: the function gave ${what}, and no http: or https: URL`,
  );
}
