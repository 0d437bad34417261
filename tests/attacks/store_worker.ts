/** A process that uses a file store: it sets what it is told to, line by line, and says what happened. */

import { fileStore } from "../../src/stores/mod.ts";

const store = fileStore(Deno.args[0]!);
for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  for (const key of text.trim().split("\n")) {
    try {
      await store.set(key, key);
      console.log(`set ${key}`);
    } catch (error) {
      console.log(String((error as Error).message));
    }
  }
}
