/** Changes the texts of recorded answers to those that the program of today has to see. */

import type { RecordedCall, Recording } from "./types.ts";

type Rewrite = (text: string) => string;

/** The hosts that Replicate serves streams, files and its API from; not its website. */
const HOSTS =
  /https:\/\/(?:(?:[\w-]{1,63}\.){0,8}replicate\.(?:delivery|net)|(?:api|stream[\w-]{0,60})\.replicate\.com)(?![\w.-])/g;

/** The rewriting of one replay. */
export class Rewriter {
  /** The digests of recorded uploads, and those of the files that were uploaded instead. */
  readonly #digests = new Map<string, string>();
  /** The origins that requests of the recording went to. */
  readonly #origins: readonly string[];
  /** The origins that requests come to now. */
  readonly #asked = new Set<string>();

  constructor({ exchanges }: Recording) {
    this.#origins = [...new Set(exchanges.map(({ request }) => originOf(request.url)))];
  }

  /** A request came to this URL. */
  meet(url: string): void {
    this.#asked.add(originOf(url));
  }

  /** A text in which no address of Replicate, or of what stands for it, has its origin. */
  readonly plain = (text: string): string =>
    text.includes("://")
      ? this.#without([...this.#origins, ...this.#asked], text.replace(HOSTS, ""), "")
      : text;

  /** A file of the same name and size stands for the recorded one, also where digests are compared. */
  learn(recorded: RecordedCall, asked: RecordedCall): void {
    recorded.form?.forEach(({ sha256 }, index) => {
      const other = asked.form?.[index]?.sha256;
      if (sha256 && other && sha256 !== other) this.#digests.set(sha256, other);
    });
  }

  /** For a program whose every request comes here: the API is where the program takes it to be. */
  readonly forFetch = (recorded: string, asked: string): Rewrite => {
    const [from, to] = [originOf(recorded), originOf(asked)];
    return (text) => this.#withDigests(from === to ? text : text.replaceAll(from, to));
  };

  /** For a program that may reach the network: all addresses of Replicate are here. */
  readonly forServer = (_: string, asked: string): Rewrite => {
    const to = originOf(asked);
    return (text) => {
      const here = text.replace(HOSTS, to);
      return this.#withDigests(this.#without(this.#origins, here, to));
    };
  };

  #without(origins: readonly string[], text: string, to: string): string {
    return origins.reduce((result, origin) => result.replaceAll(origin, to), text);
  }

  #withDigests(text: string): string {
    let result = text;
    for (const [from, to] of this.#digests) result = result.replaceAll(from, to);
    return result;
  }
}

function originOf(url: string): string {
  return /^\w{1,16}:\/\/[^/?#]*/.exec(url)?.[0] ?? "";
}
