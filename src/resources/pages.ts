/** Lists with pages: one promise for the first page, and loops over all of them. */

import { checkKeys, REQUEST_OPTIONS } from "../base/check.ts";
import { Flattened } from "../base/flatten.ts";
import { parsedUrl } from "../base/text.ts";
import { ReplicateError } from "../errors.ts";
import { onBase } from "../http/call.ts";
import { BASE_URL } from "../http/settings.ts";
import type { RequestOptions, RequestSpec, Send } from "../http/types.ts";

/** One page of a list, as the API sends it. */
export interface Page<T> {
  /** The URL of the next page; `null` on the last one. */
  next?: string | null;
  /** The URL of the page before; `null` on the first one. */
  previous?: string | null;
  /** The items on the page. */
  results: T[];
}

/** Options of every list that has pages. */
export interface ListOptions extends RequestOptions {
  /** The `cursor` in the `next` of a page, to continue after that page. Default: the first page. */
  cursor?: string | undefined;
}

/**
 * A list that may have many pages. Nothing is requested before it is asked for.
 *
 * - `await list` gives the first page,
 * - `for await (const item of list)` gives every item of every page,
 * - `for await (const page of list.pages())` gives the pages.
 *
 * Each loop begins at the first page; leaving the loop ends the requests.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { FakeReplicate } from "@x/replicate/testing";
 *
 * await using fake = new FakeReplicate({ models: { "acme/echo": { run: (input) => input.text } } });
 * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
 * for await (const prediction of client.predictions.list()) console.log(prediction.id);
 * ```
 */
export class Pages<T> implements Promise<Page<T>>, AsyncIterable<T> {
  /** The name by which runtimes print the list. */
  readonly [Symbol.toStringTag] = "Pages";
  readonly #send: Send;
  readonly #spec: () => RequestSpec;
  readonly #rescue: ((error: unknown) => Promise<Page<T>>) | undefined;

  /**
   * Makes a list, without a request.
   *
   * @param send Sends the requests.
   * @param spec Makes the request for the first page. An error that it throws rejects the list.
   * @param rescue Called with the error of the first page, for a page in its place. Default: the list
   * rejects with that error.
   */
  constructor(
    send: Send,
    spec: () => RequestSpec,
    rescue?: (error: unknown) => Promise<Page<T>>,
  ) {
    this.#send = send;
    this.#spec = spec;
    this.#rescue = rescue;
  }

  async #first(): Promise<Page<T>> {
    try {
      return await this.#send<Page<T>>({ ...this.#spec(), expect: "page" });
    } catch (error) {
      if (!this.#rescue) throw error;
      return await this.#rescue(error);
    }
  }

  /** Settles with the first page; each call requests it anew. */
  then<A = Page<T>, B = never>(
    onFulfilled?: ((page: Page<T>) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#first().then(onFulfilled, onRejected);
  }

  /** Like `catch` of a promise for the first page. */
  catch<B = never>(
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<Page<T> | B> {
    return this.#first().catch(onRejected);
  }

  /** Like `finally` of a promise for the first page. */
  finally(onFinally?: (() => void) | null): Promise<Page<T>> {
    return this.#first().finally(onFinally);
  }

  /** Iterates over the pages. The next page is requested when the loop asks for it. */
  async *pages(): AsyncGenerator<Page<T>, void, undefined> {
    // The method and the body stay, as a search goes on with the request it began with.
    const { query: _, ...rest } = this.#spec();
    const fetchPage = (path: string): Promise<Page<T>> =>
      this.#send({ ...rest, path, expect: "page" });
    yield* walk(() => this.#first(), fetchPage, this.#send, rest);
  }

  /** Iterates over the items of every page. */
  [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    // Not a generator with `yield*` over each page, which takes six times as long for an item.
    const pages = this.pages();
    return new Flattened<T>({
      next: async () => (await pages.next()).value?.results,
      close: () => pages.return(),
    });
  }
}

/**
 * Iterates over the results of every page, page by page, from a function that returns the first one,
 * like `paginate` of the official client.
 *
 * @throws {ReplicateError} If a page leads to another origin, or back to a page that was seen.
 */
export function paginate<T>(
  send: Send,
  endpoint: () => PromiseLike<Page<T>>,
  options?: RequestOptions,
): AsyncGenerator<T[], void, undefined> {
  checkKeys(options, REQUEST_OPTIONS, "get the pages");
  if (typeof endpoint === "function") return resultsOf(send, endpoint, options);
  throw new TypeError(
    "Cannot get the pages: give the function that lists, as in paginate(client.models.list)",
  );
}

async function* resultsOf<T>(
  send: Send,
  endpoint: () => PromiseLike<Page<T>>,
  options: RequestOptions | undefined,
): AsyncGenerator<T[], void, undefined> {
  const call = { action: "get the next page", options };
  const fetchPage = (path: string): Promise<Page<T>> =>
    send({ ...call, method: "GET", path, expect: "page" });
  for await (const page of walk(endpoint, fetchPage, send, call)) yield page.results;
}

async function* walk<T>(
  first: () => PromiseLike<Page<T>>,
  fetchPage: (url: string) => Promise<Page<T>>,
  send: Send,
  { action, options }: Pick<RequestSpec, "action" | "options">,
): AsyncGenerator<Page<T>, void, undefined> {
  let page = await first();
  // A list that leads back to itself would go on for ever. Comparing with one saved page, a later one
  // at each power of two, finds any such ring without remembering all that was seen.
  let saved = "";
  for (let count = 1;; count++) {
    yield page;
    // Who has left by now hears why, and not what is wrong with a page that nobody asks for.
    if (page.next) options?.signal?.throwIfAborted();
    const next = nextUrl(page, send, action);
    if (next === undefined) return;
    if (next === saved) {
      throw new ReplicateError(`Cannot ${action}: the pages lead back to one that was seen`);
    }
    if ((count & (count - 1)) === 0) saved = next;
    page = await fetchPage(next);
  }
}

/** The URL of the next page; `undefined` on the last one. */
function nextUrl<T>({ next }: Page<T>, send: Send, action: string): string | undefined {
  // The text "null" is in a sample of Replicate's own document.
  if (!next || next === "null") return undefined;
  const given = String(send.options?.baseUrl ?? BASE_URL);
  // As the API writes it. To parse it four times takes 20 us on Deno, of the 150 of a request.
  if (next.startsWith(given.endsWith("/") ? given : `${given}/`)) return next;
  const base = new URL(given);
  const found = parsedUrl(next, base);
  if (!found) throw new ReplicateError(`Cannot ${action}: the next page's address is not a URL`);
  const hosts = [new URL(BASE_URL), base].filter((it) => it.protocol === "https:");
  if (hosts.some((it) => it.host === found.host)) found.protocol = "https:";
  // Behind a gateway, the API still names its own address.
  const url = new URL(onBase(base.href.replace(/\/$/, ""), found.href));
  if (url.origin !== base.origin) {
    throw new ReplicateError(
      `Cannot ${action}: the next page is at ${url.origin}, and not at ${base.origin}`,
    );
  }
  return url.href;
}
