/** The signing secrets of a handler, which are asked for when they are needed. */

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

/**
 * Returns the secrets to verify with. Pass those that have failed to get newer ones; if there are none,
 * the same list comes back. Renewal is limited to once a minute, so that forged webhooks cannot make us
 * call the API.
 */
export type SecretKeeper = (tried?: readonly string[]) => Promise<readonly string[]>;

/** Keeps the secrets that it is given, or else those of a source. */
export function secretKeeper(
  secret: WebhookSecrets | undefined,
  source: SecretSource | undefined,
): SecretKeeper {
  let known: readonly string[] = [secret ?? []].flat();
  let asked = 0;
  let asking: Promise<void> | undefined;
  const ask = async ({ webhooks }: SecretSource): Promise<void> => {
    asked = Date.now();
    const { key } = await webhooks.default.secret.get();
    // Webhooks signed before the change may still be on their way.
    known = [...new Set([key, ...known])].slice(0, 2);
  };
  return async (tried) => {
    if (known.length > 0 && known !== tried) return known;
    if (source && (known.length === 0 || Date.now() - asked >= PAUSE)) {
      asking ??= ask(source).finally(() => asking = undefined);
    }
    // Webhooks that arrive together share one request.
    await asking;
    return known;
  };
}
