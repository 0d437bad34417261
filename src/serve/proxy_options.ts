/** What `proxyHandler` takes, as types. */

import type { Duration } from "../base/duration.ts";
import type { WebhookStore } from "../webhooks/mod.ts";
import type { UserLimit } from "./limit.ts";
import type { ServeClient } from "./types.ts";

/** What a page may do. What is not named here it may not. */
export interface ProxyAllow {
  /** Models it may run: `"owner/name"`, or `"owner/name:version"` for one version only. */
  models: readonly string[];
  /** Deployments it may run: `"owner/name"`. Default: none. */
  deployments?: readonly string[] | undefined;
  /**
   * Other sites whose pages may use this, such as `"https://app.example.com"`. Default: pages of the
   * same host only.
   */
  origins?: readonly string[] | undefined;
  /**
   * Who sends a request, as some name or id; nothing for those who may not: they get 401. Look at a
   * cookie or a header of your own. Default: everybody may, and all are one user.
   */
  user?:
    | ((
      request: Request,
      context: unknown,
    ) => string | null | undefined | Promise<string | null | undefined>)
    | undefined;
  /** How much each user may do, counted in this process. Default: no limit of ours. */
  limit?: UserLimit | undefined;
  /** A last look at a run before it is made; `false` refuses it. */
  run?: ((run: ProxyRun) => boolean | Promise<boolean>) | undefined;
  /** Whether files may be uploaded, and up to how many bytes each; `true`: 10 MiB. Default: no. */
  files?: boolean | { maxSize: number } | undefined;
}

/** A run that a page asks for. */
export interface ProxyRun {
  /** `owner/name` of the model or deployment. */
  model: string;
  /** What the model would be given. */
  input: Record<string, unknown>;
  /** As `allow.user` has named it; `""` without it. */
  user: string;
}

/** What `proxyHandler` takes. */
export interface ProxyOptions {
  /** A `Client` with your token. */
  client: ServeClient;
  /** What a page may do. */
  allow: ProxyAllow;
  /** Where the handler is on your server. Default `"/api/replicate"`. */
  path?: string | undefined;
  /**
   * The same as pages see it, where it differs, such as `"https://example.com/api/replicate"`. Default:
   * `path` on the request's own origin.
   */
  url?: string | URL | undefined;
  /** The longest body of a run, in bytes. Default 1 MiB. */
  maxBody?: number | undefined;
  /** Your webhook, for every run. A page cannot set one. */
  webhook?: string | URL | undefined;
  /** After how long a run is canceled, whatever the page says, at least 5 s. Default: as it says. */
  cancelAfter?: Duration | undefined;
  /**
   * Where it keeps which run is whose, for a day. A run is for the user who made it only. Default: in
   * memory; there a run that it does not know, as after a restart, is open to all who know its id if
   * its model is allowed. With a store of yours, it is open to nobody.
   */
  store?: WebhookStore | undefined;
  /** Told of what went wrong on the server: pages see little of it. Default: `console.error`. */
  onError?: ((error: unknown, request: Request) => void) | undefined;
}
