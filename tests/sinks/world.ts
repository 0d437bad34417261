/** A client, a fake and files for the tests of sinks. */

import { encodeHex } from "@std/encoding/hex";
import type { FakeModel } from "../../src/testing/mod.ts";
import type { SinkFile } from "../../src/sinks/mod.ts";

/** An official model that makes these files. */
export const making = (...output: unknown[]): FakeModel => ({
  official: true,
  run: () => output.length === 1 ? output[0] : output,
});

export const FIG: File = new File(["a fig"], "fig.txt", { type: "text/plain" });
export const PLUM: File = new File(["a plum"], "plum.txt", { type: "text/plain" });

/** The SHA-256 of a text or of bytes, by the platform. */
export async function sha256Of(content: BufferSource | string): Promise<string> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return encodeHex(await crypto.subtle.digest("SHA-256", bytes));
}

/** A place for files in memory, as a function for a sink. */
export function shelf(): {
  files: Map<string, string>;
  put(file: SinkFile): Promise<{ key: string }>;
} {
  const files = new Map<string, string>();
  const put = async ({ key, stream }: SinkFile): Promise<{ key: string }> => {
    files.set(key, await new Response(stream).text());
    return { key };
  };
  return { files, put };
}
