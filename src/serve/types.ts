/** The shapes of a handler and of the client behind it. */

import type { Prediction } from "../resources/predictions.ts";
import type { Training } from "../resources/trainings.ts";

/** The options of a request through a client. */
export interface ServeRequest {
  /** The method. Default `"GET"`. */
  method?: "GET" | "POST";
  /** A value to send as JSON. */
  json?: unknown;
  /** A body to send as it is, or a function that makes one just before an attempt. */
  body?: BodyInit | (() => BodyInit);
  /** Additional headers. */
  headers?: Record<string, string>;
  /** `false` means that the request is sent only once. */
  retry?: false;
  /** The limits for the response headers and for the whole request, in milliseconds. */
  timeout?: { connect: number; request: number };
  /** Ends the request, and every wait in it. */
  signal?: AbortSignal;
  /** The longest wait for the rate limit and before a retry, in milliseconds. */
  maxWait?: number;
}

/** The methods of a client that the handlers use. A `Client` has them. */
export interface ServeClient {
  /** Sends a request with the token, and throws if the answer is an error. */
  request(path: string, options?: ServeRequest): Promise<Response>;
  /** Returns the events of a job that already exists. */
  stream(
    job: Prediction | Training,
    options?: { signal?: AbortSignal },
  ): AsyncIterable<{ event: string; data: string; id?: string }>;
}

/** A request handler for any server that works with `Request` and `Response`. */
export type Handler = (request: Request, context?: unknown) => Promise<Response>;
