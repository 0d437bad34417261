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

/** The secrets to verify with: given, or asked for when they are first needed. */
export class SecretKeeper {
  readonly #source: SecretSource | undefined;
  #current: Promise<readonly string[]> | undefined;
  #lookedUp = 0;

  constructor(secret: WebhookSecrets | undefined, source: SecretSource | undefined) {
    this.#source = source;
    if (secret !== undefined) this.#current = Promise.resolve([secret].flat());
  }

  /** The secrets known now. */
  get(): Promise<readonly string[]> {
    return this.#current ??= this.#lookUp([]);
  }

  /**
   * The secrets after those that were tried have failed; `undefined` if there are no others. Asks at
   * most once a minute, so that forged webhooks cannot make us call the API. The old secret stays valid
   * for what was signed before the change.
   */
  async renew(tried: readonly string[]): Promise<readonly string[] | undefined> {
    // Decided before the first await: of several that fail at once, one asks and all get the answer.
    if (this.#source && Date.now() - this.#lookedUp >= PAUSE) this.#current = this.#lookUp(tried);
    const now = await this.get();
    return now[0] === tried[0] ? undefined : now;
  }

  async #lookUp(before: readonly string[]): Promise<readonly string[]> {
    this.#lookedUp = Date.now();
    try {
      const { key } = await this.#source!.webhooks.default.secret.get();
      return [...new Set([key, ...before])].slice(0, 2);
    } catch (error) {
      this.#current = before.length > 0 ? Promise.resolve(before) : undefined;
      throw error;
    }
  }
}
