/** The signing secrets of a handler, which are asked for when they are needed. */

import { uptime } from "../base/clock.ts";
import { isolatesRequests } from "../base/runtime.ts";
import type { WebhookSecrets } from "./hmac.ts";

/** An object that can look the secret up. A `Client` is one. */
export interface SecretSource {
  /** The operation `webhooks.default.secret.get` of a client. */
  readonly webhooks: {
    readonly default: { readonly secret: { get(): PromiseLike<{ key: string }> } };
  };
}

/** The pause between two look-ups of the secret, in milliseconds. */
const PAUSE = 60_000;
/** The pause after a look-up that failed. It doubles with each one in a row, up to `PAUSE`. */
const PAUSE_AFTER_FAILURE = 1000;

/** The secret could not be had a moment ago, and is not asked for again yet. */
export class NoSecretYet {
  /** The time until it is asked for again, in whole seconds. */
  readonly seconds: number;

  constructor(ms: number) {
    this.seconds = Math.ceil(ms / 1000);
  }
}

/**
 * Returns the secrets to verify with. Pass those that have failed to get newer ones; if there are none,
 * the same list comes back. Look-ups are limited, so that strangers cannot make us call the API: to one
 * a minute while there is a secret, and by growing pauses while there is none.
 *
 * @throws {NoSecretYet} During such a pause.
 */
export type SecretKeeper = (tried?: readonly string[]) => Promise<readonly string[]>;

/** Keeps the secrets that it is given, or else those of a source. */
export function secretKeeper(
  secret: WebhookSecrets | undefined,
  source: SecretSource | undefined,
): SecretKeeper {
  let known: readonly string[] = [secret ?? []].flat();
  let nextAt = 0;
  let failures = 0;
  let asking: Promise<void> | undefined;
  const ask = async ({ webhooks }: SecretSource): Promise<void> => {
    try {
      const { key } = await webhooks.default.secret.get();
      // Webhooks signed before the change may still be on their way.
      known = [...new Set([key, ...known])].slice(0, 2);
      failures = 0;
      nextAt = uptime() + PAUSE;
    } catch (error) {
      const pause = known.length > 0 ? PAUSE : PAUSE_AFTER_FAILURE * 2 ** failures++;
      nextAt = uptime() + Math.min(pause, PAUSE);
      throw error;
    }
  };
  return async (tried) => {
    if (known.length > 0 && known !== tried) return known;
    if (source && uptime() >= nextAt) {
      // Where a promise belongs to a request, another one would hang on it.
      if (isolatesRequests()) await ask(source);
      else asking ??= ask(source).finally(() => asking = undefined);
    }
    // Webhooks that arrive together share one request.
    if (asking) await asking;
    else if (source && known.length === 0) throw new NoSecretYet(nextAt - uptime());
    return known;
  };
}
