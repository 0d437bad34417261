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
export interface Sha256 {
  /** Takes more bytes. */
  update(bytes: Uint8Array): void;
  /** Ends the message, and gives its hash in hexadecimal. */
  digest(): string;
}

/** Begins a hash. */
export function newSha256(): Sha256 {
  const { cubes, squares } = constantsOf();
  const state = squares.slice();
  const words = new Int32Array(64);
  const block = new Uint8Array(BLOCK);
  let filled = 0;
  let total = 0;

  const compress = (bytes: Uint8Array, at: number): void => {
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
    state[0]! += a;
    state[1]! += b;
    state[2]! += c;
    state[3]! += d;
    state[4]! += e;
    state[5]! += f;
    state[6]! += g;
    state[7]! += h;
  };

  const update = (bytes: Uint8Array): void => {
    total += bytes.length;
    let at = 0;
    if (filled > 0) {
      at = Math.min(bytes.length, BLOCK - filled);
      block.set(bytes.subarray(0, at), filled);
      filled += at;
      if (filled < BLOCK) return;
      compress(block, 0);
    }
    for (; at + BLOCK <= bytes.length; at += BLOCK) compress(bytes, at);
    block.set(bytes.subarray(at));
    filled = bytes.length - at;
  };

  const digest = (): string => {
    const rest = (filled + 1 + LENGTH) % BLOCK;
    const tail = new Uint8Array(1 + (BLOCK - rest) % BLOCK + LENGTH);
    tail[0] = 0x80;
    new DataView(tail.buffer).setBigUint64(tail.length - LENGTH, BigInt(total) * 8n);
    update(tail);
    return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  };
  return { update, digest };
}
