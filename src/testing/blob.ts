/** Blobs that can be read, also within a DOM whose own ones cannot. */

/** A `Blob` of bytes. That of jsdom has no `arrayBuffer()` and no `text()`, and gets them. */
export function blobOf(bytes: Uint8Array<ArrayBuffer>, type = ""): Blob {
  const blob = new Blob([bytes], { type });
  if (typeof blob.arrayBuffer === "function") return blob;
  return Object.assign(blob, {
    arrayBuffer: () => Promise.resolve(bytes.slice().buffer),
    bytes: () => Promise.resolve(bytes.slice()),
    text: () => Promise.resolve(new TextDecoder().decode(bytes)),
  });
}
