/** A `fetch` that waits for an answer as long as a model takes. */

import { builtinModule, runtimeName } from "../base/runtime.ts";
import type { Fetch } from "../http/options.ts";

/** The part of `node:http` that is used. */
export interface NodeHttp {
  request(
    url: string,
    options: { method: string; headers: Record<string, string>; signal?: AbortSignal },
    onAnswer: (answer: Incoming) => void,
  ): { on(event: "error", listener: (error: unknown) => void): void; end(body?: string): void };
}

/** An answer of `node:http`. */
interface Incoming {
  statusCode?: number;
  headers: Record<string, string | string[] | undefined>;
  on(event: string, listener: (value: never) => void): unknown;
  pause(): unknown;
  resume(): unknown;
  destroy(): unknown;
}

/**
 * The runtime's `fetch`, or what stands for it where it has a limit of its own: Node's gives up
 * after 5 minutes without headers, and Bun's after 5 minutes.
 */
export function untimedFetch(): Fetch {
  const name = runtimeName();
  if (name === "bun") {
    return (input, init) => globalThis.fetch(input, { ...init, ...{ timeout: false } });
  }
  if (name !== "node") return globalThis.fetch;
  return (input, init) => {
    const url = String(input);
    const http = builtinModule<NodeHttp>(url.startsWith("https:") ? "node:https" : "node:http");
    return http ? nodeFetch(http, url, init ?? {}) : globalThis.fetch(input, init);
  };
}

/** Sends a request that has no body, or one of text. */
export function nodeFetch(http: NodeHttp, url: string, init: RequestInit): Promise<Response> {
  const { method = "GET", headers, body, signal } = init;
  return new Promise((resolve, reject) => {
    const options = { method, headers: Object.fromEntries(new Headers(headers)) };
    const request = http.request(url, signal ? { ...options, signal } : options, (answer) => {
      const status = answer.statusCode ?? 500;
      const known = Object.entries(answer.headers).flatMap(([name, value]): [string, string][] =>
        value === undefined ? [] : [[name, String(value)]]
      );
      resolve(new Response(status === 204 ? null : bodyOf(answer), { status, headers: known }));
    });
    // It has a code of the network, as the cause of what `fetch` throws has.
    request.on("error", (error) => reject(signal?.aborted ? signal.reason : error));
    request.end(typeof body === "string" ? body : undefined);
  });
}

function bodyOf(answer: Incoming): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start(controller): void {
      answer.on("data", (piece: Uint8Array<ArrayBuffer>) => {
        controller.enqueue(new Uint8Array(piece));
        if ((controller.desiredSize ?? 0) <= 0) answer.pause();
      });
      answer.on("end", () => controller.close());
      answer.on("error", (error: unknown) => controller.error(error));
    },
    pull: () => void answer.resume(),
    cancel: () => void answer.destroy(),
  });
}
