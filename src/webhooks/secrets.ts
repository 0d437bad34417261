import type { WebhookSecrets } from "./hmac.ts";

/** What can be asked for the secret: a `Client` is one. */
export interface SecretSource {
  /** As a client names the operation. */
  readonly webhooks: {
    readonly default: { readonly secret: { get(): PromiseLike<{ key: string }> } };
  };
}

/** How long after a look the secret is not looked up again, in milliseconds. */
const PAUSE = 60_000;

/**
 * The secrets to verify with: given, or asked for when they are first needed, and again after those
 * that were tried have failed. Asks at most once a minute then, so that forged webhooks cannot make us
 * call the API. What comes back is what was tried, if there are no others.
 */
export type SecretKeeper = (tried?: readonly string[]) => Promise<readonly string[]>;

/** Keeps the secrets that are given, or those of a source. */
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
    // The old secret stays valid for what was signed before the change.
    known = [...new Set([key, ...known])].slice(0, 2);
  };
  return async (tried) => {
    if (known.length > 0 && known !== tried) return known;
    if (source && (known.length === 0 || Date.now() - asked >= PAUSE)) {
      asking ??= ask(source).finally(() => asking = undefined);
    }
    // Of several that need it at once, one asks and all get the answer.
    await asking;
    return known;
  };
}
