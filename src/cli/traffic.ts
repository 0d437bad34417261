/** The requests that must not be left behind when the program ends: creates, and cancels. */

import type { Fetch } from "../http/options.ts";

/** The longest wait for a cancel, in milliseconds. */
const PATIENCE = 10_000;
/** The time in which an answer to a create becomes a cancel, and in which it is looked at again. */
const MOMENT = 30;

const CREATE = /\/(?:predictions|trainings)$/;
const CANCEL = /\/(?:predictions|trainings)\/([^/]+)\/cancel$/;

/** Watches the requests of a client. */
export class Traffic {
  /** The ids that were canceled, and whether the server has said so. */
  readonly cancels: Map<string, "sent" | "confirmed"> = new Map();
  #open = 0;
  #isLeaving = false;
  #hasGivenUp = false;

  /** A `fetch` whose requests are watched. */
  watch(fetch: Fetch): Fetch {
    return async (input, init) => {
      const method = init?.method ?? (input instanceof Request ? input.method : "GET");
      const { pathname } = new URL(input instanceof Request ? input.url : input);
      const [, id] = CANCEL.exec(pathname) ?? [];
      if (method !== "POST" || !(id || CREATE.test(pathname))) return await fetch(input, init);
      if (id && this.cancels.get(id) !== "confirmed") this.cancels.set(id, "sent");
      this.#open++;
      try {
        const response = await fetch(input, init);
        // A job that is gone does not run any more.
        if (id && (response.ok || response.status === 404)) this.cancels.set(id, "confirmed");
        return response;
      } finally {
        this.#open--;
      }
    };
  }

  /** From now on, an answer to a create leads to a cancel, which is waited for. */
  leaving(): void {
    this.#isLeaving = true;
  }

  /** Resolves when nothing is under way any more, or after some seconds. */
  async settled(): Promise<void> {
    if (this.#hasGivenUp || (!this.#isLeaving && this.#open === 0)) return;
    const end = performance.now() + PATIENCE;
    do {
      await new Promise((resolve) => setTimeout(resolve, MOMENT));
    } while (performance.now() < end && this.#isBusy());
    this.#isLeaving = false;
    this.#hasGivenUp = this.#isBusy();
  }

  #isBusy(): boolean {
    return this.#open > 0 || [...this.cancels.values()].includes("sent");
  }
}
