/** The options of `proxyHandler`: types only. */

import type { Duration } from "../base/duration.ts";
import type { ExpiringStore } from "../webhooks/expiring_store.ts";
import type { UserLimit } from "./limit.ts";
import type { AllowedSites } from "./origin.ts";
import type { ServeClient } from "./types.ts";

/** The rights of a page. Everything that is not named here is refused. */
export interface ProxyAllow extends AllowedSites {
  /** The models it may run: `"owner/name"`, or `"owner/name:version"` for one version only. */
  models: readonly string[];
  /** The deployments it may run: `"owner/name"`. Default: none. */
  deployments?: readonly string[] | undefined;
  /**
   * Returns the name or id of the user who sent a request, told from a cookie or a header of your own.
   * A request without a user is refused with 401. Default: everybody may use the proxy, as one user.
   */
  user?:
    | ((
      request: Request,
      context: unknown,
    ) => string | null | undefined | Promise<string | null | undefined>)
    | undefined;
  /** The limit for each user, counted in this process. Default: none. */
  limit?: UserLimit | undefined;
  /** Called before a run is created; `false` refuses it with 403. */
  run?: ((run: ProxyRun) => boolean | Promise<boolean>) | undefined;
  /** Allows uploads of at most `maxSize` bytes each; `true` means 10 MiB. Default `false`. */
  files?: boolean | { maxSize: number } | undefined;
}

/** A run that a page has asked for. */
export interface ProxyRun {
  /** The model or deployment, as `owner/name`. */
  model: string;
  /** The input for the model. */
  input: Record<string, unknown>;
  /** The user, as `allow.user` returned it, or `""` if you did not set that option. */
  user: string;
}

/** The options of {@linkcode proxyHandler}. */
export interface ProxyOptions {
  /** The `Client` that holds your token. */
  client: ServeClient;
  /** The rights of a page. */
  allow: ProxyAllow;
  /** The path of the handler on your server. Default `"/api/replicate"`. */
  path?: string | undefined;
  /**
   * The URL of the handler as pages see it, such as `"https://example.com/api/replicate"`. Default:
   * `path` on the origin of each request.
   */
  url?: string | URL | undefined;
  /** The longest body of a request for a run, in bytes. Default 1 MiB. */
  maxBody?: number | undefined;
  /** The webhook of every run. A page cannot set one. */
  webhook?: string | URL | undefined;
  /** The longest run time, at least 5 s. A page may ask for less. Default: the page decides. */
  cancelAfter?: Duration | undefined;
  /**
   * The store that remembers for a day who created each run; a run is for that user only. Default: in
   * memory, where a restart, or 20,000 runs, make it forget. A run whose owner is not known is open to
   * nobody, unless you set neither `allow.user` nor this: then everybody who knows its id may see it, as
   * long as its model is allowed.
   */
  store?: ExpiringStore | undefined;
  /**
   * The time after which a silent stream gets a comment, so that nothing in between cuts it while a model
   * boots. Default `"15s"`; `null` is never.
   */
  heartbeat?: Duration | null | undefined;
  /** Called with each error that pages are not told about. Default: `console.error`. */
  onError?: ((error: unknown, request: Request) => void) | undefined;
}
