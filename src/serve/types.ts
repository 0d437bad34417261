import type { Prediction } from "../resources/predictions.ts";
import type { Training } from "../resources/trainings.ts";

/** What a request through a client may be. */
export interface ServeRequest {
  /** Default `"GET"`. */
  method?: "GET" | "POST";
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is. */
  body?: BodyInit;
  /** More headers. */
  headers?: Record<string, string>;
  /** `false`: it is sent once. */
  retry?: false;
  /** How long to wait for what, in milliseconds. */
  timeout?: { connect: number; request: number };
}

/** What serving needs of a client: a `Client` is one. */
export interface ServeClient {
  /** Sends a request with the token, and throws for an answer that is an error. */
  request(path: string, options?: ServeRequest): Promise<Response>;
  /** The events of a job that runs already. */
  stream(
    job: Prediction | Training,
    options?: { signal?: AbortSignal },
  ): AsyncIterable<{ event: string; data: string; id?: string }>;
}

/** A handler for every server that knows `Request` and `Response`. */
export type Handler = (request: Request, context?: unknown) => Promise<Response>;
