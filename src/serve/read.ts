import { readBounded } from "../webhooks/read.ts";
import { Refusal } from "./types.ts";

/** The bytes of a body, if they are not too many. */
export async function readBody(request: Request, max: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await readBounded(request, max);
  if (bytes) return bytes;
  throw new Refusal(413, `the body is longer than ${max} bytes`);
}

/** The JSON object that a body is. */
export async function readJson(request: Request, max: number): Promise<Record<string, unknown>> {
  const bytes = await readBody(request, max);
  try {
    const data = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof data === "object" && data !== null && !Array.isArray(data)) return data;
  } catch { /* refused below */ }
  throw new Refusal(400, "the body is not a JSON object");
}
