/** `toNodeHandler`: handlers of `Request` and `Response` behind `node:http`, Express, Fastify and Next. */

import { refuse } from "./refuse.ts";

/** The members of a `node:http` request that are used. Express and Next hand on the same object. */
export interface NodeRequest {
  /** The method. */
  readonly method?: string | undefined;
  /** The target of the request: a path and a query. */
  readonly url?: string | undefined;
  /** The headers, by their names in lower case. */
  readonly headers: { readonly [name: string]: string | readonly string[] | undefined };
  /** The connection. */
  readonly socket?: object | null;
  /** Adds a listener. */
  on(event: string, listener: (chunk: Uint8Array) => void): unknown;
  /** Removes a listener. */
  off(event: string, listener: (chunk: Uint8Array) => void): unknown;
  /** Stops the body from coming. */
  pause(): unknown;
  /** Lets the body come. */
  resume(): unknown;
}

/** The members of a `node:http` response that are used. */
export interface NodeResponse {
  /** `true` once the headers are sent. */
  readonly headersSent: boolean;
  /** `true` once everything is sent. */
  readonly writableFinished: boolean;
  /** Sets the status and the headers. */
  writeHead(status: number, headers: Record<string, string | string[]>): unknown;
  /** Sends the headers before there is a body. */
  flushHeaders(): void;
  /** Sends bytes. `false` asks to wait for `drain`. */
  write(chunk: Uint8Array): boolean;
  /** Ends the response. */
  end(): unknown;
  /** Cuts the connection. */
  destroy(): unknown;
  /** Adds a listener. */
  on(event: string, listener: (chunk: Uint8Array) => void): unknown;
  /** Removes a listener. */
  off(event: string, listener: (chunk: Uint8Array) => void): unknown;
}

/** A handler as `node:http` calls it. Its promise never rejects. */
export type NodeHandler = (req: NodeRequest, res: NodeResponse) => Promise<void>;

/** The members that Express, Next and newer versions of Node add to a request. */
interface Extras {
  /** The whole target, where a router of Express has cut off the start of `url`. */
  originalUrl?: string;
  /** The body, if a parser has read it. */
  body?: unknown;
  /** `true` once somebody has read from the body. */
  readableDidRead?: boolean;
  readableEnded?: boolean;
  destroyed?: boolean;
}

/**
 * Adapts a handler of `Request` and `Response` to `node:http`, and so to Express, Fastify and the API
 * routes of Next: `webhookHandler`, `proxyHandler`, `ticketHandler` or one of your own.
 *
 * Bodies stream both ways, at the pace of the reader. When the client disconnects, the request's signal
 * aborts, and the body of the answer is canceled. A request that is not valid HTTP for a `Request`, such
 * as `TRACE /`, is answered with 400; a handler that throws, with 500. `console.error` prints what a
 * handler throws, and what breaks its answer off. The handler's second argument is `{ req, res }`, where
 * `allow.user` finds what a middleware has put there, such as a session.
 *
 * A parser of bodies must not come first, as a webhook is verified by its raw bytes. In Express, mount
 * this before `express.json()`, or behind `express.raw({ type: "*\/*" })`; in Next, export
 * `config = { api: { bodyParser: false } }`.
 *
 * ```ts ignore
 * createServer(toNodeHandler(handler)); // node:http
 * app.post("/webhooks/replicate", toNodeHandler(handler)); // Express
 * export default toNodeHandler(handler); // Next, pages/api
 * fastify.post("/webhooks/replicate", (request, reply) => {
 *   reply.hijack();
 *   return toNodeHandler(handler)(request.raw, reply.raw);
 * });
 * ```
 *
 * @example
 * ```ts
 * import { toNodeHandler } from "@x/replicate/webhooks";
 * import { createServer } from "node:http";
 * import { assertEquals } from "@std/assert";
 *
 * const handler = (request: Request) => new Response(new URL(request.url).pathname);
 * const server = createServer(toNodeHandler(handler));
 * await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
 * const { port } = server.address() as { port: number };
 * const response = await fetch(`http://127.0.0.1:${port}/hello`);
 * assertEquals(await response.text(), "/hello");
 * await new Promise((resolve) => server.close(resolve));
 * ```
 */
export function toNodeHandler(
  handler: (request: Request, context?: unknown) => Response | Promise<Response>,
): NodeHandler {
  return async (req, res) => {
    const client = new AbortController();
    const { signal } = client;
    // Without a listener, the error of a connection that breaks would end the process.
    req.on("error", () => {});
    res.on("error", () => {});
    res.on("close", () => {
      if (!res.writableFinished) client.abort();
    });
    try {
      const answer = await answerTo(req, signal, (request) => handler(request, { req, res }));
      await send(answer, req, res, signal);
    } catch (error) {
      // Deno and Bun print why an answer broke off; without this, nothing on Node would say so.
      // deno-lint-ignore no-console
      if (!signal.aborted) console.error(`Cannot answer ${req.method} ${req.url}:`, error);
      // An answer that breaks off takes the connection with it: an `end` would make it look complete.
      if (res.headersSent) return void res.destroy();
      res.writeHead(500, {});
      res.end();
    }
  };
}

/**
 * Refuses what a handler is called with where servers have no `Request`. Call it before the first await:
 * Express 4 answers with an error that is thrown, and hangs on a promise that rejects.
 *
 * @throws {TypeError} The message names the adapter.
 */
export function checkRequest(request: unknown): void {
  const { url, headers } = Object(request) as Partial<Request>;
  if (typeof url === "string" && typeof headers?.get === "function") return;
  throw new TypeError(
    "Cannot handle this: it is not a Request; on Node, wrap the handler, as in toNodeHandler(handler)",
  );
}

async function answerTo(
  req: NodeRequest,
  signal: AbortSignal,
  handler: (request: Request) => Response | Promise<Response>,
): Promise<Response> {
  let request: Request;
  try {
    const { method = "GET", body, readableDidRead, readableEnded } = req as NodeRequest & Extras;
    const isRaw = typeof body === "string" || ArrayBuffer.isView(body);
    // Its bytes are gone.
    if ((readableDidRead ?? readableEnded) && body !== undefined && !isRaw) {
      const detail = "the body was parsed: put toNodeHandler() before the parser";
      // deno-lint-ignore no-console
      console.error(`Cannot handle ${req.method} ${req.url}: ${detail}`);
      return refuse(500, detail);
    }
    const hasBody = !/^(?:GET|HEAD)$/.test(method);
    request = new Request(urlOf(req), {
      method,
      headers: headersOf(req),
      signal,
      ...(hasBody && { body: isRaw ? body as BodyInit : streamOf(req), duplex: "half" }),
    });
  } catch {
    return refuse(400, "the request cannot be understood");
  }
  try {
    return await handler(request);
  } catch (error) {
    // deno-lint-ignore no-console
    console.error(`Cannot handle ${req.method} ${req.url}:`, error);
    return refuse(500, "the request could not be handled");
  }
}

/** The URL of a request. It throws for a target that could be read as another host. */
function urlOf(req: NodeRequest): string {
  const { originalUrl, url = "" } = req as NodeRequest & Extras;
  const target = originalUrl ?? url;
  const { host = "localhost" } = req.headers;
  if (!/^[^\s/?#@\\,]+$/.test(String(host)) || !/^(?:\/?$|\/[^/\\]|https?:\/\/[^/])/.test(target)) {
    throw new TypeError("no URL");
  }
  const scheme = "encrypted" in (req.socket ?? {}) ? "https" : "http";
  // A proxy asks for a whole URL; the host is that of the header all the same.
  const { pathname, search } = new URL(target, "http://x");
  return `${scheme}://${host}${pathname}${search}`;
}

function headersOf({ headers }: NodeRequest): Headers {
  const result = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    // `:method` and the like are of HTTP/2, and are no headers.
    if (name.startsWith(":")) continue;
    for (const each of [value ?? []].flat()) result.append(name, each);
  }
  return result;
}

/** The body of a request. Not its async iterator, whose `return` would cut the connection. */
function streamOf(req: NodeRequest): ReadableStream<Uint8Array> {
  let listeners: [event: string, listener: (chunk: Uint8Array) => void][] | undefined;
  const release = (): void => listeners?.forEach(([event, listener]) => req.off(event, listener));
  return new ReadableStream({
    pull(controller): void {
      if (listeners) return void req.resume();
      const left = new TypeError("the client has left");
      if ((req as Extras).destroyed) throw left;
      listeners = [
        ["end", () => {
          release();
          controller.close();
        }],
        ["close", () => {
          release();
          controller.error(left);
        }],
        ["data", (chunk) => {
          req.pause();
          controller.enqueue(new Uint8Array(chunk));
        }],
      ];
      for (const [event, listener] of listeners) req.on(event, listener);
    },
    cancel(): void {
      release();
      // The rest is read and dropped, so that the answer can be sent on this connection.
      req.resume();
    },
  }, { highWaterMark: 0 });
}

/** Sends an answer, at the pace of its reader. */
async function send(
  answer: Response,
  { method }: NodeRequest,
  res: NodeResponse,
  client: AbortSignal,
): Promise<void> {
  const headers: Record<string, string | string[]> = Object.fromEntries(answer.headers);
  const cookies = answer.headers.getSetCookie();
  if (cookies.length > 0) headers["set-cookie"] = cookies;
  const reader = answer.body?.getReader();
  const leave = (): void => void reader?.cancel().catch(() => {});
  if (client.aborted) return leave();
  client.addEventListener("abort", leave);
  res.writeHead(answer.status, headers);
  if (method === "HEAD") await reader?.cancel().catch(() => {});
  // An event stream may have nothing to say for a while.
  else if (reader) res.flushHeaders();
  for (let next; reader && !(next = await reader.read()).done;) {
    if (!client.aborted && !res.write(next.value)) await drain(res);
  }
  if (!client.aborted) res.end();
}

/** Waits until more can be sent, or the client has left. */
function drain(res: NodeResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      res.off("drain", done);
      res.off("close", done);
      resolve();
    };
    res.on("drain", done);
    res.on("close", done);
  });
}
