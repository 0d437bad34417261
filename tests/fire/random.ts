/** Random numbers that a seed decides, so that a program can be made again. */

/** A stream of random numbers. The same seed gives the same stream. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to, not including, 1: the generator mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let value = this.#state;
    value = Math.imul(value ^ (value >>> 15), value | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `least` to `most`, both included. */
  int(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** `true` in a share of all cases. */
  chance(share: number): boolean {
    return this.next() < share;
  }

  /** One of a list. */
  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.next() * list.length)]!;
  }
}

/** The bytes that belong to a name: the server and the caller make the same ones. */
export function bytesOf(name: string, size?: number): Uint8Array<ArrayBuffer> {
  let seed = 7;
  for (const char of name) seed = Math.imul(seed, 31) + char.charCodeAt(0);
  const random = new Random(seed);
  const bytes = new Uint8Array(size ?? random.int(1, 40_000));
  for (let at = 0; at < bytes.length; at++) bytes[at] = random.next() * 256;
  return bytes;
}
