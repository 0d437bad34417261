/** The shape of a handler, which answers the requests of one route. */

import type { Origins } from "./origins.ts";
import type { World } from "./world.ts";

/** A request, with everything that its handler needs. */
export interface Context {
  readonly world: World;
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  /** The placeholders of the route's path, unescaped. */
  readonly params: Readonly<Record<string, string>>;
  /** The parsed JSON, the text, or the form. */
  readonly body: unknown;
  readonly origins: Origins;
  /** Aborts when the caller leaves or the fake is disposed before the answer is made. */
  readonly signal: AbortSignal;
}

/** Answers a request, or throws an `ErrorAnswer`. */
export type Handler = (context: Context) => Response | Promise<Response>;
