/**
 * The official client's names, for programs that move over: its types, and the settings that it keeps on
 * the client itself.
 */

import type { ClientOptions, FileEncoding } from "./http/options.ts";
import type { WebhookEvent } from "./resources/create_job.ts";
import type { Model } from "./resources/models.ts";
import type { Prediction } from "./resources/predictions.ts";
import type { RunEvent } from "./run/run_event.ts";

/** The status of a prediction or training. The official client's name for `Prediction["status"]`. */
export type Status = Prediction["status"];

/** The visibility of a model. The official client's name for `Model["visibility"]`. */
export type Visibility = Model["visibility"];

/** The official client's name for {@linkcode WebhookEvent}. */
export type WebhookEventType = WebhookEvent;

/** The official client's name for {@linkcode RunEvent}. */
export type ServerSentEvent = RunEvent;

/** The official client's name for {@linkcode FileEncoding}. */
export type FileEncodingStrategy = FileEncoding;

/** The new form of each property that programs set. */
const SETTINGS: Readonly<Record<string, string>> = {
  auth: "client.with({ auth })",
  baseUrl: "client.with({ baseUrl, auth })",
  userAgent: "client.with({ userAgent })",
  fetch: "client.with({ fetch })",
  fileEncodingStrategy: "client.with({ fileEncoding })",
  useFileOutput: "String(file), which is the URL",
};

/**
 * Refuses settings that are assigned to a client, as in `client.fetch = fn`: they would be dropped in
 * silence. Read, they give the options in force, but never the token.
 */
export function refuseSettings(client: { readonly options: Readonly<ClientOptions> }): void {
  for (const [name, instead] of Object.entries(SETTINGS)) {
    Object.defineProperty(client, name, {
      get: () => (client.options as Record<string, unknown>)[name],
      set(): void {
        throw new TypeError(`Cannot set ${name} of a client: use ${instead}`);
      },
      configurable: true,
    });
  }
}
