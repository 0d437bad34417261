/** Reads the `Blob` of jsdom up to version 26, as Jest has it: one that has no method to read it. */

interface Realm {
  FileReader?: typeof FileReader;
}

/**
 * Resolves to the bytes of such a `Blob`. A `FileReader` reads those of its own realm only: that of the
 * program, if jsdom is in its place, or the one that jsdom notes within each of its objects.
 *
 * @throws {TypeError} If there is no `FileReader` that can read it.
 */
export async function bytesOfOldBlob(blob: Blob): Promise<ArrayBuffer> {
  for (const realm of [realmOf(blob), globalThis as Realm]) {
    if (!realm?.FileReader) continue;
    const reader = new realm.FileReader();
    const done = new Promise<boolean>((resolve) => {
      reader.onload = () => resolve(true);
      reader.onerror = () => resolve(false);
    });
    try {
      reader.readAsArrayBuffer(blob);
    } catch {
      // It is of another realm.
      continue;
    }
    if (await done) return reader.result as ArrayBuffer;
  }
  throw new TypeError("Cannot read this Blob: give its bytes");
}

function realmOf(blob: Blob): Realm | undefined {
  const key = Object.getOwnPropertySymbols(blob).find(({ description }) => description === "impl");
  return key && (blob as unknown as Record<symbol, { _globalObject?: Realm }>)[key]?._globalObject;
}
