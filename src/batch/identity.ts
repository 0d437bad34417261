/** The keys by which a batch tells its inputs from each other, also after a restart. */

import { encodeHex } from "@std/encoding/hex";
import { turns } from "../base/async.ts";
import { jsonOf } from "../files/json_copy.ts";
import { canonical } from "../run/likeness.ts";
import type { InputOf, ParsedRef, Ref } from "../run/ref.ts";
import type { BatchOptions } from "./types.ts";

/**
 * Makes the keys for the inputs of one batch. Equal inputs are numbered in the order of the calls, unless
 * they are run once. The returned function rejects with a `TypeError` for an input that has no key.
 */
export function inputKeys<R extends Ref>(
  ref: ParsedRef,
  { key, dedupe }: Pick<BatchOptions<R>, "key" | "dedupe">,
): (input: InputOf<R>, index: number) => Promise<string> {
  const prefix = ref.kind === "version" ? ref.version : `${ref.kind} ${ref.label}`;
  const numbers = new Map<string, number>();
  const inTurn = turns();
  return (input, index) => {
    const text = key
      ? keyText(key(input, index), index)
      : canonical(jsonOf("input", input, "a file has no key: give the batch a `key`"));
    // A digest may overtake another, and then equal inputs would change their numbers.
    return inTurn(async () => {
      const hash = await digest(`${prefix}\n${text}`);
      const number = numbers.get(hash) ?? 0;
      if (!dedupe) numbers.set(hash, number + 1);
      return `${hash}-${number}`;
    });
  };
}

function keyText(key: unknown, index: number): string {
  if (typeof key === "string" && key !== "") return `key ${key}`;
  const what = key === "" ? "empty text" : typeof key;
  throw new TypeError(`Cannot use ${what} as the key of input ${index}: give text`);
}

async function digest(text: string): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return encodeHex(bytes.slice(0, 20));
}
