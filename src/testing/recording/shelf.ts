/** Finds the recorded answer of a request. */

import { isRecord } from "../../base/record.ts";
import { nearest, publicUrl } from "../../base/text.ts";
import { addressOf, differenceOf, hasSameFiles, type Terms } from "./match.ts";
import type { RecordedCall, RecordedExchange, ReplayOptions } from "./types.ts";

/** A recorded exchange, and whether a request has got its answer. */
interface Entry {
  readonly exchange: RecordedExchange;
  used: boolean;
}

/** The exchanges of a recording, of which each is an answer once. */
export class Shelf {
  readonly #entries: readonly Entry[];
  readonly #match: "order" | "request";
  readonly #terms: Terms;
  /** `true` to give an answer that several polls got in a row to one poll. */
  readonly #isBrief: boolean;

  constructor(
    exchanges: readonly RecordedExchange[],
    { match = "request", ignore = [], timing = false }: ReplayOptions,
    plain: Terms["plain"],
  ) {
    this.#entries = exchanges.map((exchange) => ({ exchange, used: false }));
    this.#match = match;
    this.#isBrief = match === "request" && !timing;
    this.#terms = { ignored: ignore, plain };
  }

  /** The exchanges whose answers nobody has got. */
  get unused(): readonly RecordedExchange[] {
    return this.#entries.filter(({ used }) => !used).map(({ exchange }) => exchange);
  }

  /**
   * Takes the exchange of a request.
   *
   * @throws {Error} If there is none; the message has the nearest one.
   */
  take(asked: RecordedCall): RecordedExchange {
    const entry = this.#match === "order" ? this.#next(asked) : this.#fitting(asked);
    if (!entry) throw new Error(`Cannot answer ${nameOf(asked)}: ${this.#whyNot(asked)}`);
    entry.used = true;
    if (this.#isBrief && isRunning(entry.exchange)) this.#skipSame(entry, asked);
    return entry.exchange;
  }

  /**
   * Polls become the slower the longer a job runs: as many as in the recording would take as long as
   * the job took. Of those that saw no change only the first is played.
   */
  #skipSame(entry: Entry, asked: RecordedCall): void {
    const state = stateOf(entry.exchange);
    for (const other of this.#entries) {
      if (other.used || this.#difference(other, asked) !== undefined) continue;
      if (stateOf(other.exchange) !== state) return;
      other.used = true;
    }
  }

  #next(asked: RecordedCall): Entry | undefined {
    const entry = this.#entries.find(({ used }) => !used);
    return entry && this.#difference(entry, asked) === undefined ? entry : undefined;
  }

  #fitting(asked: RecordedCall): Entry | undefined {
    const all = this.#entries.filter((entry) => this.#difference(entry, asked) === undefined);
    const open = all.filter(({ used }) => !used);
    const same = open.find(({ exchange }) => hasSameFiles(exchange.request, asked));
    // Who reads once more than in the recording reads what was there at its end.
    const last = all.at(-1);
    return same ?? open[0] ?? (last && isRepeatable(last.exchange) ? last : undefined);
  }

  #difference({ exchange }: Entry, asked: RecordedCall): string | undefined {
    return differenceOf(exchange.request, asked, this.#terms);
  }

  #whyNot(asked: RecordedCall): string {
    const open = this.#entries.filter(({ used }) => !used);
    if (this.#match === "order") {
      const [next] = open;
      if (!next) return "the recording has ended";
      return `the next one in the recording is ${this.#described(next, asked)}`;
    }
    const alike = this.#entries.filter((it) => this.#difference(it, asked) === undefined);
    if (alike.length > 0) {
      return `it is in the recording ${timesOf(alike.length)}, and was sent once more`;
    }
    const entry = this.#nearest(open, asked) ?? this.#nearest(this.#entries, asked);
    const advice = "record again if the program has changed";
    return entry
      ? `it is not in the recording, where the nearest is ${
        this.#described(entry, asked)
      }; ${advice}`
      : `it is not in the recording, and nothing like it is; ${advice}`;
  }

  #nearest(entries: readonly Entry[], asked: RecordedCall): Entry | undefined {
    const names = entries.map(({ exchange }) => nameOf(exchange.request));
    const name = nearest(nameOf(asked), names);
    return name === undefined ? undefined : entries[names.indexOf(name)];
  }

  #described(entry: Entry, asked: RecordedCall): string {
    const { request } = entry.exchange;
    const name = nameOf(request);
    const difference = this.#difference(entry, asked);
    return name === nameOf(asked) ? `the same with another value at ${difference}` : name;
  }
}

/** The method and the address of a request, for messages. */
export function nameOf({ method, url }: RecordedCall): string {
  return `${method} ${publicUrl(addressOf(url))}`;
}

/** A read whose last answer would not keep its reader waiting for ever. */
function isRepeatable(exchange: RecordedExchange): boolean {
  const { answer } = exchange;
  return isRead(exchange) && answer.status !== undefined && !answer.events && !isRunning(exchange);
}

/** A poll of a job that has not ended. */
function isRunning(exchange: RecordedExchange): boolean {
  const { json } = exchange.answer;
  return isRead(exchange) && isRecord(json) &&
    /^(?:starting|processing)$/.test(String(json.status));
}

function isRead({ request: { method } }: RecordedExchange): boolean {
  return method === "GET" || method === "HEAD";
}

/** The answer without its time, to compare. */
function stateOf({ answer }: RecordedExchange): string {
  return JSON.stringify({ ...answer, after: 0 });
}

function timesOf(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}
