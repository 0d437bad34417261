/** SHA-256 (FIPS 180-4) piece by piece, for places that can only hash what is in memory whole. */

const BLOCK = 64;
/** The bytes of the message's length, at the end of the last block. */
const LENGTH = 8;

/** The first 64 primes: the constants are the fractions of their cube roots, and of 8 square roots. */
function primes(): number[] {
  const found: number[] = [];
  for (let n = 2; found.length < 64; n++) if (found.every((prime) => n % prime)) found.push(n);
  return found;
}

/** 32 bits of a fraction. A double has 53, of which these roots need 5 before the point at most. */
function fraction(root: number): number {
  return (root - Math.floor(root)) * 2 ** 32 | 0;
}

let constants: { cubes: Int32Array; squares: Int32Array } | undefined;

function constantsOf(): { cubes: Int32Array; squares: Int32Array } {
  return constants ??= {
    cubes: Int32Array.from(primes(), (prime) => fraction(Math.cbrt(prime))),
    squares: Int32Array.from(primes().slice(0, 8), (prime) => fraction(Math.sqrt(prime))),
  };
}

/** A hash that takes its bytes piece by piece. */
export class Sha256 {
  readonly #state: Int32Array = constantsOf().squares.slice();
  readonly #cubes: Int32Array = constantsOf().cubes;
  readonly #words: Int32Array = new Int32Array(64);
  readonly #block: Uint8Array = new Uint8Array(BLOCK);
  #filled = 0;
  #total = 0;

  /** Takes more bytes. */
  update(bytes: Uint8Array): void {
    this.#total += bytes.length;
    let at = 0;
    if (this.#filled > 0) {
      at = Math.min(bytes.length, BLOCK - this.#filled);
      this.#block.set(bytes.subarray(0, at), this.#filled);
      this.#filled += at;
      if (this.#filled < BLOCK) return;
      this.#compress(this.#block, 0);
      this.#filled = 0;
    }
    for (; at + BLOCK <= bytes.length; at += BLOCK) this.#compress(bytes, at);
    this.#block.set(bytes.subarray(at));
    this.#filled = bytes.length - at;
  }

  /** Ends the message, and gives its hash. */
  digest(): Uint8Array<ArrayBuffer> {
    const bits = this.#total * 8;
    const rest = (this.#filled + 1 + LENGTH) % BLOCK;
    const tail = new Uint8Array(1 + (BLOCK - rest) % BLOCK + LENGTH);
    tail[0] = 0x80;
    const view = new DataView(tail.buffer);
    view.setUint32(tail.length - LENGTH, bits / 2 ** 32);
    view.setUint32(tail.length - 4, bits % 2 ** 32);
    this.update(tail);
    const hash = new DataView(new ArrayBuffer(32));
    this.#state.forEach((word, index) => hash.setInt32(index * 4, word));
    return new Uint8Array(hash.buffer);
  }

  #compress(bytes: Uint8Array, at: number): void {
    const words = this.#words;
    const cubes = this.#cubes;
    const state = this.#state;
    for (let i = 0; i < 16; i++, at += 4) {
      words[i] = bytes[at]! << 24 | bytes[at + 1]! << 16 | bytes[at + 2]! << 8 | bytes[at + 3]!;
    }
    for (let i = 16; i < 64; i++) {
      const x = words[i - 15]!;
      const y = words[i - 2]!;
      const s0 = (x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3;
      const s1 = (y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10;
      words[i] = words[i - 16]! + s0 + words[i - 7]! + s1 | 0;
    }
    // Variables, and no destructuring: by an iterator, 64 bytes take twice the time.
    let a = state[0]!;
    let b = state[1]!;
    let c = state[2]!;
    let d = state[3]!;
    let e = state[4]!;
    let f = state[5]!;
    let g = state[6]!;
    let h = state[7]!;
    for (let i = 0; i < 64; i++) {
      const s1 = (e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7);
      const t1 = h + s1 + (e & f ^ ~e & g) + cubes[i]! + words[i]! | 0;
      const s0 = (a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10);
      const t2 = s0 + (a & b ^ a & c ^ b & c) | 0;
      h = g;
      g = f;
      f = e;
      e = d + t1 | 0;
      d = c;
      c = b;
      b = a;
      a = t1 + t2 | 0;
    }
    state[0] = state[0]! + a;
    state[1] = state[1]! + b;
    state[2] = state[2]! + c;
    state[3] = state[3]! + d;
    state[4] = state[4]! + e;
    state[5] = state[5]! + f;
    state[6] = state[6]! + g;
    state[7] = state[7]! + h;
  }
}
