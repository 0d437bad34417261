import { assertEquals, assertRejects } from "@std/assert";
import { bytesOfOldBlob } from "../../src/files/old_blob.ts";

/** A reader of files as jsdom has it, which ends as `outcome` says. */
const readerThat = (outcome: "loads" | "fails" | "throws") =>
  class {
    onload = (): void => {};
    onerror = (): void => {};
    result = new TextEncoder().encode("fig").buffer;
    readAsArrayBuffer(): void {
      if (outcome === "throws") throw new TypeError("parameter 1 is not of type 'Blob'");
      queueMicrotask(() => outcome === "loads" ? this.onload() : this.onerror());
    }
  };

const blobOf = (FileReader: unknown): Blob =>
  ({ [Symbol("impl")]: { _globalObject: { FileReader } } }) as unknown as Blob;

/** With this in the place of the program's own `FileReader`. */
async function within(FileReader: unknown, work: () => Promise<void>): Promise<void> {
  const old = Object.getOwnPropertyDescriptor(globalThis, "FileReader")!;
  Object.defineProperty(globalThis, "FileReader", { value: FileReader, configurable: true });
  try {
    await work();
  } finally {
    Object.defineProperty(globalThis, "FileReader", old);
  }
}

Deno.test("bytesOfOldBlob() reads by the realm of the blob, or by that of the program", async () => {
  const text = async (blob: Blob) => new TextDecoder().decode(await bytesOfOldBlob(blob));
  await within(undefined, async () => {
    assertEquals(await text(blobOf(readerThat("loads"))), "fig");
  });
  await within(readerThat("loads"), async () => {
    assertEquals(await text(blobOf(readerThat("throws"))), "fig");
    assertEquals(await text(blobOf(readerThat("fails"))), "fig");
    assertEquals(await text({} as Blob), "fig");
  });
});

Deno.test("bytesOfOldBlob() says what to give where nothing can read the blob", () =>
  within(undefined, async () => {
    for (const blob of [{} as Blob, blobOf(undefined), blobOf(readerThat("throws"))]) {
      const error = await assertRejects(() => bytesOfOldBlob(blob), TypeError);
      assertEquals(error.message, "Cannot read this Blob: give its bytes");
    }
  }));
