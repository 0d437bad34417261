/** The front of a proxy: which site and user a request is from, and which route it takes. */

import { checkKeys, wholeNumber } from "../base/check.ts";
import { AllowedModels } from "./allowed.ts";
import { CreateRoutes } from "./create_routes.ts";
import { UserLimits } from "./limit.ts";
import { checkOrigin, preflight, SITES } from "./origin.ts";
import { RunOwners } from "./owners.ts";
import type { Route } from "./page_request.ts";
import type { ProxyOptions } from "./proxy_options.ts";
import { ReadRoutes } from "./read_routes.ts";
import { Refusal } from "./refusal.ts";

/** The names of {@linkcode ProxyOptions}. */
const KEYS: readonly string[] = [
  "client",
  "allow",
  "path",
  "url",
  "maxBody",
  "webhook",
  "cancelAfter",
  "store",
  "heartbeat",
  "onError",
];

/** Answers the requests of pages. */
export class PageProxy {
  readonly #options: ProxyOptions;
  readonly #path: string;
  readonly #routes: readonly Route[];

  /** @throws {TypeError | RangeError} If an option cannot be used. */
  constructor(options: ProxyOptions) {
    checkKeys(options, KEYS, "serve pages");
    const { client, allow, store, maxBody } = options;
    if (!Array.isArray(allow?.models)) {
      throw new TypeError(
        "Cannot serve pages: name the models that they may run in `allow.models`",
      );
    }
    const rights = ["models", "deployments", "user", "limit", "run", "files", ...SITES];
    checkKeys(allow, rights, "use allow");
    checkKeys(allow.limit, ["runs", "per", "reads"], "use allow.limit");
    if (maxBody !== undefined) wholeNumber(maxBody, "maxBody", 0);
    if (typeof allow.files === "object") wholeNumber(allow.files.maxSize, "allow.files.maxSize", 0);
    const models = new AllowedModels(client, allow.models, allow.deployments);
    // Where all are one user, and nothing but the memory of a process was lost, nobody is kept out.
    const isOpen = allow.user === undefined && store === undefined;
    const state = {
      options,
      models,
      owners: new RunOwners({ client, models, store, isOpen }),
      limits: allow.limit && new UserLimits(allow.limit),
      path: (options.path ?? "/api/replicate").replace(/\/+$/, ""),
    };
    this.#options = options;
    this.#path = state.path;
    this.#routes = [...new CreateRoutes(state).routes, ...new ReadRoutes(state).routes];
  }

  /**
   * Answers a request.
   *
   * @throws {Refusal} If the page may not do this.
   */
  async answer(request: Request, context: unknown): Promise<Response> {
    const { allow } = this.#options;
    const { pathname } = new URL(request.url);
    if (!pathname.startsWith(`${this.#path}/`)) throw new Refusal(404, "there is nothing here");
    checkOrigin(request, allow);
    if (request.method === "OPTIONS") return preflight();
    // Before the first await: Deno aborts the signal only if somebody has asked for it by then.
    const left = request.signal;
    const rest = pathname.slice(this.#path.length);
    for (const [method, pattern, action] of this.#routes) {
      const match = method === request.method && pattern.exec(rest);
      if (!match) continue;
      const user = allow.user ? await allow.user(request, context) : "";
      if (allow.user && !user) throw new Refusal(401, "sign in first");
      return await action({ request, left, user: user ?? "", names: match.slice(1) });
    }
    throw new Refusal(403, "this is not allowed from a page");
  }
}
