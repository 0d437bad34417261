/** A `fetch` that leads to a fake in the same process. */

import { type Origins, originsOfReplicate } from "./origins.ts";

/** Answers a request, or rejects when its connection is lost. */
export type Serve = (request: Request, origins: Origins, signal?: AbortSignal) => Promise<Response>;

const MAX_REDIRECTS = 20;

/** Makes a `fetch` without a network. Aborts, redirects and bodies work as they do over one. */
export function inProcessFetch(serve: Serve, origin: string): typeof fetch {
  return async (input, init) => {
    const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined);
    signal?.throwIfAborted();
    const request = toRequest(input, init, origin);
    const mode = init?.redirect ?? (input instanceof Request ? input.redirect : "follow");
    let response = await ask(serve, request, signal);
    let url = request.url;
    for (let count = 0; isRedirect(response) && mode !== "manual"; count++) {
      await response.body?.cancel();
      if (mode === "error" || count === MAX_REDIRECTS) throw new TypeError("fetch failed");
      const target = new URL(response.headers.get("location")!, url);
      response = await ask(serve, redirected(request, target, response.status), signal);
      url = target.href;
    }
    const answer = signal ? interruptible(response, signal) : response;
    // A constructed Response has no URL, while a fetched one has.
    Object.defineProperty(answer, "url", { value: url });
    return answer;
  };
}

function toRequest(
  input: string | URL | Request,
  init: RequestInit | undefined,
  origin: string,
): Request {
  // The signal is handled here: a copy in a Request would stay linked to the caller's for its life.
  const options = { ...init, signal: null, duplex: "half" };
  return new Request(input instanceof Request ? input : new URL(input, origin), options);
}

/** Sends one request, and leaves it when the signal aborts. */
async function ask(
  serve: Serve,
  request: Request,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const origins = originsOfReplicate(new URL(request.url).origin);
  const gone = new AbortController();
  const work = serve(request, origins, gone.signal);
  if (signal === undefined) return await work;
  return await new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason);
      gone.abort(signal.reason);
      work.then((late) => late.body?.cancel()).catch(() => {});
    };
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

function isRedirect({ status, headers }: Response): boolean {
  return [301, 302, 303, 307, 308].includes(status) && headers.has("location");
}

/** The request that follows a redirect. */
function redirected(request: Request, target: URL, status: number): Request {
  const headers = new Headers(request.headers);
  if (target.origin !== new URL(request.url).origin) headers.delete("authorization");
  const isKept = request.method === "GET" || request.method === "HEAD";
  if (!isKept && (status === 307 || status === 308)) {
    throw new TypeError("fetch failed", { cause: new Error("the body cannot be sent again") });
  }
  return new Request(target, { method: isKept ? request.method : "GET", headers });
}

/** Wraps a response so that its body fails with the signal's reason when the signal aborts. */
function interruptible(response: Response, signal: AbortSignal): Response {
  if (response.body === null) return response;
  const reader = response.body.getReader();
  let stop: () => void = () => {};
  const release = (): void => signal.removeEventListener("abort", stop);
  const body = new ReadableStream<Uint8Array>({
    start(controller): void {
      stop = () => {
        controller.error(signal.reason);
        reader.cancel(signal.reason).catch(() => {});
      };
      if (signal.aborted) stop();
      else signal.addEventListener("abort", stop, { once: true });
    },
    async pull(controller): Promise<void> {
      try {
        const { done, value } = await reader.read();
        if (signal.aborted) return;
        if (!done) return controller.enqueue(value);
        release();
        controller.close();
      } catch (error) {
        release();
        controller.error(error);
      }
    },
    cancel(reason): Promise<void> {
      release();
      return reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
  const { status, statusText, headers } = response;
  return new Response(body, { status, statusText, headers });
}
