/** The body of a page's request, read up to limits of its length and depth. */

import { isRecord } from "../base/record.ts";
import { readBounded } from "../webhooks/body.ts";
import { Refusal } from "./refusal.ts";

/** The levels of objects and lists in a JSON body. `JSON.stringify` fails at some thousands. */
const DEPTH = 200;

/**
 * Reads the bytes of a body.
 *
 * @throws {Refusal} 413 if there are more than `max`.
 */
export async function readBody(request: Request, max: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await readBounded(request, max);
  if (bytes) return bytes;
  throw new Refusal(413, `the body is longer than ${max} bytes`);
}

/**
 * Reads a body that is a JSON object.
 *
 * @throws {Refusal} 413 if it is too long, and 400 if it is anything else, or nested too deep.
 */
export async function readJson(request: Request, max: number): Promise<Record<string, unknown>> {
  const bytes = await readBody(request, max);
  let data: unknown;
  try {
    data = JSON.parse(new TextDecoder().decode(bytes));
  } catch { /* refused below */ }
  if (!isRecord(data)) {
    throw new Refusal(400, "the body is not a JSON object");
  }
  if (isDeeper(data, DEPTH)) {
    throw new Refusal(400, `the body is nested more than ${DEPTH} levels deep`);
  }
  return data;
}

/** Level by level, as a function that calls itself would run out of stack. */
function isDeeper(data: unknown, depth: number): boolean {
  let level = [data];
  for (let left = depth; level.length > 0; left--) {
    if (left < 0) return true;
    level = level.flatMap((it) => typeof it === "object" && it !== null ? Object.values(it) : []);
  }
  return false;
}
