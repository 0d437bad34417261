/**
 * A batch that keeps every image in a folder. Stop it, and start it again: it runs nothing twice, and
 * downloads nothing twice.
 */

import { Client, type FileOutput } from "@x/replicate";
import { folderSink, SinkError } from "@x/replicate/sinks";
import { fileStore } from "@x/replicate/stores";

const FOLDER = "covers";

const client = new Client();
const inputs = ["a fig", "a plum", "a pear"].map((prompt) => ({ prompt }));

await Deno.mkdir(FOLDER, { recursive: true });
const options = {
  sink: folderSink(FOLDER),
  store: fileStore(`${FOLDER}/batch.jsonl`),
  ordered: true,
};
for await (const result of client.batch("black-forest-labs/flux-schnell", inputs, options)) {
  const { prompt } = result.input;
  if (result.status === "fulfilled") {
    for (const { stored } of result.value as FileOutput[]) {
      console.log(`${prompt}: ${stored?.location}, ${stored?.size} bytes`);
    }
  } else if (result.reason instanceof SinkError) {
    console.error(`${prompt} is made, and not kept: ${result.reason.message}`);
  } else {
    console.error(`${prompt} failed: ${result.reason}`);
  }
}
