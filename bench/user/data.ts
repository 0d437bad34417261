/** The data that server and contenders have in common. */

export const ID = "k7m2x9q4tdrma0cz8w1ve5hjn0";
/** The pages of a list, and the items on each. */
export const PAGES = 100;
export const ITEMS = 100;
/** The tokens of a stream. */
export const TOKENS = 20_000;

/** A prediction as the API sends it. */
export function prediction(id: string = ID): {
  id: string;
  status: string;
  urls: Record<string, string>;
  [field: string]: unknown;
} {
  const url = `https://api.replicate.com/v1/predictions/${id}`;
  return {
    id,
    model: "acme/poet",
    version: "dp-4d0bcc010b3049749a251855f12800be",
    input: { prompt: "An ode to rain, in the style of a sea shanty", max_tokens: 128 },
    logs: "",
    output: ["Rain", " taps", " on", " the", " glass"],
    data_removed: false,
    error: null,
    source: "api",
    status: "succeeded",
    created_at: "2026-11-26T10:00:00.000Z",
    started_at: "2026-11-26T10:00:00.100Z",
    completed_at: "2026-11-26T10:00:01.000Z",
    urls: { get: url, cancel: `${url}/cancel`, web: `https://replicate.com/p/${id}` },
    metrics: { predict_time: 0.9, total_time: 1 },
  };
}

/** Events of 20 bytes of output each, and the last one. */
export function tokens(count: number = TOKENS): string[] {
  const events: string[] = [];
  for (let n = 0; n < count; n++) {
    events.push(`event: output\nid: 1760000000:${n}\ndata: token of 20 bytes: ${n % 10}\n\n`);
  }
  return [...events, `event: done\nid: 1760000000:${count}\ndata: {}\n\n`];
}

/** Texts in chunks of so many bytes; what is longer is cut. */
export function tokenChunks(texts: string[], size: number): Uint8Array<ArrayBuffer>[] {
  const bytes = new TextEncoder().encode(texts.join(""));
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.slice(at, at + size));
  return chunks;
}

/** Each text as a chunk. */
export function singleChunks(texts: string[]): Uint8Array<ArrayBuffer>[] {
  const encoder = new TextEncoder();
  return texts.map((text) => encoder.encode(text));
}
