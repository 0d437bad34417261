/** The body of a page's request, read up to a limit. */

import { readBounded } from "../webhooks/body.ts";
import { Refusal } from "./refusal.ts";

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
 * @throws {Refusal} 413 if it is too long, and 400 if it is anything else.
 */
export async function readJson(request: Request, max: number): Promise<Record<string, unknown>> {
  const bytes = await readBody(request, max);
  try {
    const data = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof data === "object" && data !== null && !Array.isArray(data)) return data;
  } catch { /* refused below */ }
  throw new Refusal(400, "the body is not a JSON object");
}
