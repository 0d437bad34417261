/** The output that was handed on, so that what comes from elsewhere begins just where it ended. */
export class Delivered {
  #pieces: string[] = [];

  /** Some more was handed on. */
  add(text: string): void {
    this.#pieces.push(text);
  }

  /**
   * What `items`, the whole output so far, has after what was handed on. `undefined` where it does not
   * begin with that: it is behind, or something else.
   */
  rest(items: string[]): string[] | undefined {
    const had = this.#pieces.join("");
    this.#pieces = [had];
    if (!items.join("").startsWith(had)) return undefined;
    const result: string[] = [];
    let end = 0;
    for (const item of items) {
      const start = end;
      end += item.length;
      if (end > had.length) result.push(item.slice(Math.max(0, had.length - start)));
    }
    return result;
  }
}

/** Which events were seen, by their ids. */
export class EventIds {
  #last: [second: number, count: number] | undefined;
  readonly #others = new Set<string>();

  /** Whether it is a new one. */
  add(id: string): boolean {
    const match = /^(\d+):(\d+)$/.exec(id);
    if (!match) {
      const before = this.#others.size;
      return this.#others.add(id).size > before;
    }
    // Replicate's own grow, `<seconds>:<count>`: remembering the last one is enough.
    const [second, count] = [Number(match[1]), Number(match[2])];
    if (this.#last) {
      const [lastSecond, lastCount] = this.#last;
      if (second < lastSecond || (second === lastSecond && count <= lastCount)) return false;
    }
    this.#last = [second, count];
    return true;
  }
}
