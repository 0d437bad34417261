/** A request of a page on its way through a proxy, and the things that the routes of a proxy share. */

import type { Prediction } from "../resources/predictions.ts";
import type { AllowedModels } from "./allowed.ts";
import type { UserLimits } from "./limit.ts";
import { publicOrigin } from "./origin.ts";
import type { RunOwners } from "./owners.ts";
import type { ProxyOptions } from "./proxy_options.ts";

/** A request of a page whose origin and user are known. */
export interface PageRequest {
  readonly request: Request;
  /** Aborts when the page leaves. */
  readonly left: AbortSignal;
  readonly user: string;
  /** The groups of the route's pattern. */
  readonly names: readonly string[];
}

/** The things that the routes of a proxy share. */
export interface ProxyState {
  readonly options: ProxyOptions;
  readonly models: AllowedModels;
  readonly owners: RunOwners;
  readonly limits: UserLimits | undefined;
  /** The path of the proxy, without a slash at its end. */
  readonly path: string;
}

/** A route of a proxy: a method, a pattern for the path, and the answer. */
export type Route = readonly [
  method: "GET" | "POST",
  pattern: RegExp,
  answer: (page: PageRequest) => Promise<Response>,
];

/** A run as a page sees it: its URLs lead here, and its webhook is left out. */
export function viewOfRun(state: ProxyState, request: Request, run: Prediction): unknown {
  const { webhook: _, webhook_events_filter: __, urls, ...rest } = run;
  const { url, allow } = state.options;
  const base = url === undefined
    ? publicOrigin(request, allow) + state.path
    : new URL(url).href.replace(/\/+$/, "");
  const get = `${base}/predictions/${run.id}`;
  return {
    ...rest,
    urls: {
      ...(urls?.web && { web: urls.web }),
      get,
      cancel: `${get}/cancel`,
      ...(urls?.stream && { stream: `${get}/stream` }),
    },
  };
}
