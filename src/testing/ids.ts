/** Ids that look like Replicate's and are the same in every run of a test. */

/** Crockford's alphabet, as in Replicate's ids. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** Hashes a text to 32 bits, with the rounds of FNV-1a and the end of MurmurHash3. */
function mix(text: string, seed: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Makes an id of `length` letters and digits from a text. */
export function idOf(text: string, length = 26): string {
  const letter = (_: unknown, index: number): string =>
    ALPHABET.charAt(mix(text, index * 7919) % 32);
  return Array.from({ length }, letter).join("");
}

/** Makes an id of `length` hex digits from a text. */
export function hexOf(text: string, length = 64): string {
  const digit = (_: unknown, index: number): string => (mix(text, index * 7919) % 16).toString(16);
  return Array.from({ length }, digit).join("");
}

/** Makes the id of a file, which is the base64 of a UUID: 48 characters, without padding. */
export function fileIdOf(text: string): string {
  const hex = hexOf(text, 32);
  const cut = [0, 8, 12, 16, 20, 32];
  return btoa(cut.slice(1).map((end, index) => hex.slice(cut[index], end)).join("-"));
}
