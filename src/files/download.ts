/** Downloads: redirects are followed by hand, and a transfer that broke goes on where it was. */

import { ApiError, ConnectionError, ReplicateError } from "../errors.ts";
import type { RequestOptions, Send } from "../request.ts";
import { checkAddress } from "./address.ts";
import type { Chunk } from "./content.ts";
import { parseDataUri } from "./data_uri.ts";

const MOST_REDIRECTS = 10;

/**
 * Fetches a file, or decodes a `data:` URL.
 *
 * @throws {ReplicateError} If its address is not one that may be fetched.
 * @throws {ApiError} 404 or 410 when it is gone.
 */
export async function download(
  send: Send,
  href: string,
  name: string,
  options: RequestOptions = {},
): Promise<Response> {
  if (href.startsWith("data:")) return decoded(href, options);
  const action = `download ${name}`;
  const get = (headers?: Record<string, string>): Promise<Response> =>
    follow(send, href, action, options, headers);
  const first = await get();
  if (!first.body) return first;
  const retry = options.retry ?? send.options?.retry;
  const resumes = retry === false ? 0 : retry?.maxRetries ?? 3;
  const body = new ReadableStream<Chunk>(new Transfer(first, get, action, resumes), {
    highWaterMark: 0,
  });
  const { status, statusText, headers, url } = first;
  const response = new Response(body, { status, statusText, headers });
  return Object.defineProperty(response, "url", { value: url, configurable: true });
}

/** How many bytes a response's body has; `undefined` when that is not said. */
export function lengthOf({ headers }: Response): number | undefined {
  const length = headers.get("content-length") ?? "";
  return /^\d+$/.test(length) && !headers.has("content-encoding") ? Number(length) : undefined;
}

// What cannot be decoded rejects, as a download does.
// deno-lint-ignore require-await
async function decoded(href: string, { signal }: RequestOptions): Promise<Response> {
  signal?.throwIfAborted();
  const data = parseDataUri(href);
  if (!data) throw new ReplicateError("Cannot read the file: its data: URL is not base64");
  const headers = { "content-type": data.type, "content-length": String(data.size) };
  try {
    return new Response(data.bytes(), { headers });
  } catch (cause) {
    throw new ReplicateError("Cannot read the file: its data: URL is not base64", { cause });
  }
}

async function follow(
  send: Send,
  href: string,
  action: string,
  options: RequestOptions,
  headers: Record<string, string> = {},
): Promise<Response> {
  let url = new URL(href);
  for (let redirects = 0;; redirects++) {
    checkAddress(send, url, action);
    try {
      return await send<Response>({
        method: "GET",
        path: url.href,
        action,
        // An encoded body has another length, and cannot be gone on with.
        headers: { accept: "*/*", "accept-encoding": "identity", ...headers },
        as: "response",
        redirect: "manual",
        anonymous: true,
        options,
      });
    } catch (error) {
      const next = redirects < MOST_REDIRECTS ? redirectOf(error, url) : undefined;
      if (!next) throw explained(error, action);
      url = next;
    }
  }
}

function redirectOf(error: unknown, url: URL): URL | undefined {
  if (!(error instanceof ApiError) || ![301, 302, 303, 307, 308].includes(error.status)) {
    return undefined;
  }
  const location = error.headers.get("location");
  return location !== null && URL.canParse(location, url.href)
    ? new URL(location, url.href)
    : undefined;
}

/** Says why a file is gone, where the server says only that it is. */
function explained(error: unknown, action: string): unknown {
  if (!(error instanceof ApiError) || (error.status !== 404 && error.status !== 410)) return error;
  const { method, url, status, headers, body, attempts } = error;
  const detail = "it is gone: output files are deleted an hour after the prediction has ended";
  return new ApiError({
    action,
    method,
    url,
    status,
    headers,
    body,
    attempts,
    detail,
    cause: error,
  });
}

/** The body of a download over as many requests as it takes. */
class Transfer implements UnderlyingDefaultSource<Chunk> {
  readonly #again: (headers: Record<string, string>) => Promise<Response>;
  readonly #action: string;
  readonly #size: number | undefined;
  /** What tells this content from another one at the same URL. */
  readonly #validator: string | undefined;
  readonly #resumes: number;
  #reader: ReadableStreamDefaultReader<Chunk>;
  #received = 0;
  #fails = 0;

  constructor(
    first: Response & { body: ReadableStream<Chunk> | null },
    again: (headers: Record<string, string>) => Promise<Response>,
    action: string,
    resumes: number,
  ) {
    this.#again = again;
    this.#action = action;
    this.#resumes = resumes;
    this.#size = lengthOf(first);
    this.#validator = validatorOf(first);
    this.#reader = readerOf(first);
  }

  async pull(controller: ReadableStreamDefaultController<Chunk>): Promise<void> {
    for (;;) {
      try {
        const { done, value } = await this.#reader.read();
        if (!done) {
          this.#received += value.length;
          this.#fails = 0;
          if (this.#received > (this.#size ?? Infinity)) throw this.#tooLong();
          return controller.enqueue(value);
        }
        if (this.#received >= (this.#size ?? 0)) return controller.close();
        throw new ConnectionError(
          `Cannot ${this.#action}: it ended after ${this.#received} of ${this.#size} bytes`,
        );
      } catch (error) {
        if (!(error instanceof ConnectionError)) throw error;
        if (this.#validator === undefined || this.#fails >= this.#resumes) throw error;
        this.#fails++;
        await this.#resume(this.#validator, error);
      }
    }
  }

  async cancel(reason: unknown): Promise<void> {
    await this.#reader.cancel(reason);
  }

  #tooLong(): ReplicateError {
    this.#reader.cancel().catch(() => {});
    return new ReplicateError(`Cannot ${this.#action}: it has more than ${this.#size} bytes`);
  }

  async #resume(validator: string, cause: unknown): Promise<void> {
    const from = this.#received;
    const response = await this.#again({ range: `bytes=${from}-`, "if-range": validator });
    const range = response.headers.get("content-range") ?? "";
    const reader = readerOf(response);
    this.#reader = reader;
    if (response.status === 206 && range.startsWith(`bytes ${from}-`)) return;
    if (response.status !== 200 || validatorOf(response) !== validator) {
      reader.cancel().catch(() => {});
      throw new ReplicateError(
        `Cannot ${this.#action}: it broke off, and has changed meanwhile`,
        { cause },
      );
    }
    // The server knows no ranges, and begins anew.
    await this.#skip(from);
  }

  async #skip(count: number): Promise<void> {
    for (let left = count; left > 0;) {
      const { done, value } = await this.#reader.read();
      if (done) throw new ConnectionError(`Cannot ${this.#action}: it broke off`);
      left -= value.length;
      if (left < 0) this.#reader = prefixed(value.subarray(left), this.#reader);
      if (left < 0) this.#received = count;
    }
  }
}

/** A reader that first gives what was left over. */
function prefixed(
  rest: Chunk,
  reader: ReadableStreamDefaultReader<Chunk>,
): ReadableStreamDefaultReader<Chunk> {
  return new ReadableStream<Chunk>({
    start: (controller) => controller.enqueue(rest),
    async pull(controller): Promise<void> {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  }).getReader();
}

function validatorOf({ headers }: Response): string | undefined {
  const etag = headers.get("etag");
  return etag?.startsWith('"') ? etag : undefined;
}

function readerOf(response: Response): ReadableStreamDefaultReader<Chunk> {
  return (response.body ?? new Response("").body!).getReader() as ReadableStreamDefaultReader<
    Chunk
  >;
}
