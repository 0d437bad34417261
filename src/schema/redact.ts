/** Hides the secrets of an input in whatever may be printed or kept. */

import type { Redact } from "../base/model_check.ts";
import { isRecord } from "../base/record.ts";
import { isSecret, resolve } from "./json_schema.ts";
import type { ModelShape } from "./shape.ts";

/** The shortest secret that is looked for: a shorter one would be found in every other word. */
const SHORTEST = 4;
const MARK = "[secret]";

/** The names of the fields of an input that are secrets, such as keys of other services. */
export function secretsOf({ input, schemas = {} }: ModelShape): string[] {
  const { properties } = resolve(input, schemas);
  return Object.entries(isRecord(properties) ? properties : {})
    .filter(([, field]) => isRecord(field) && isSecret(resolve(field, schemas)))
    .map(([name]) => name);
}

/** A function that hides the secrets of an input; `undefined` if there are none. */
export function redactorOf(names: readonly string[], input: object): Redact | undefined {
  const secrets = names
    .map((name) => (input as Record<string, unknown>)[name])
    .filter((value): value is string => typeof value === "string" && value.length >= SHORTEST);
  if (secrets.length === 0) return undefined;
  const hide = (text: string): string =>
    secrets.reduce((rest, secret) => rest.replaceAll(secret, MARK), text);
  return (value) => hidden(value, hide, 0) as typeof value;
}

/** A copy of a value; an error is changed itself, as its class and its stack are wanted. */
function hidden(value: unknown, hide: (text: string) => string, depth: number): unknown {
  if (typeof value === "string") return hide(value);
  if (typeof value !== "object" || value === null || depth > 32) return value;
  if (Array.isArray(value)) return value.map((item) => hidden(item, hide, depth + 1));
  if (value instanceof Error) {
    // The fields that logs pass over, such as `body`, are accessors of the class.
    for (let part: object = value; part !== Error.prototype; part = Object.getPrototypeOf(part)) {
      for (const key of Object.getOwnPropertyNames(part)) replace(value, key, hide, depth);
    }
    return value;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, hidden(item, hide, depth + 1)]),
  );
}

function replace(error: Error, key: string, hide: (text: string) => string, depth: number): void {
  try {
    const fields = error as unknown as Record<string, unknown>;
    const old = fields[key];
    const value = hidden(old, hide, depth + 1);
    if (value !== old) fields[key] = value;
  } catch { /* it is frozen, or has a getter that throws: nothing of ours has */ }
}
