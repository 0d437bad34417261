#!/usr/bin/env bun
/**
 * Paints from the command line: `bun main.ts "a fig on a plate"`. With a file it edits a picture:
 * `bun main.ts "at night" photo.png`.
 */

import { Client } from "@x/replicate";

const [prompt = "a fig on a plate", photo] = Bun.argv.slice(2);
const client = new Client();

// `Bun.file` is a Blob on disk: it is uploaded as it is read, and never whole in memory.
const run = photo
  ? client.run("black-forest-labs/flux-kontext-pro", {
    input: { prompt, input_image: Bun.file(photo) },
    timeout: "5m",
  })
  : client.run("black-forest-labs/flux-schnell", { input: { prompt }, timeout: "5m" });

const file = await run.file();
await file.save(file.filename);
console.log(`Saved ${file.filename}`);
