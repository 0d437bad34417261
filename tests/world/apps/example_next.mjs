/** 20.7 The Next app of the examples, built with its types checked, and started. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { Client } from "@x/replicate";
import { freePort } from "./free_port.mjs";

const NEXT = join(import.meta.dirname, "node_modules/next/dist/bin/next");
const APP = join(import.meta.dirname, "examples/next_app");

/** Runs Next to its end, or until it has said a word. */
async function next(args, env, word) {
  const child = spawn(process.execPath, [NEXT, ...args], { cwd: APP, env });
  let said = "";
  await new Promise((resolve, reject) => {
    const hear = (chunk) => {
      said += chunk;
      if (word && said.includes(word)) resolve();
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.on("exit", (code) => code === 0 ? resolve() : reject(new Error(said)));
  });
  return child;
}

test("20.7 examples/next_app uploads, streams, and hears of the end by a webhook", async () => {
  const port = await freePort();
  const site = `http://127.0.0.1:${port}`;
  const env = { ...process.env, WEBHOOK_HOST: site };
  await next(["build"], env);
  const app = await next(["start", "-H", "127.0.0.1", "-p", `${port}`], env, "Ready");
  try {
    const page = await (await fetch(site)).text();
    assert.match(page, /type="file"/);
    assert.ok(!page.includes(process.env.REPLICATE_API_TOKEN));

    // As the page does it.
    const headers = { "sec-fetch-site": "same-origin" };
    const client = new Client({ auth: "of-a-page", baseUrl: `${site}/api/replicate`, headers });
    const photo = new File(["<svg/>"], "photo.svg", { type: "image/svg+xml" });
    const input = { prompt: "at night", input_image: photo };
    const picture = await client.run("black-forest-labs/flux-kontext-pro", { input });
    assert.equal(await (await fetch(String(picture))).text(), "<svg/>");
    let poem = "";
    const words = client.stream("meta/meta-llama-3-8b-instruct", { input: { prompt: "night" } });
    for await (const word of words.text()) poem += word;
    assert.equal(poem, "Rain taps the roof");

    let results;
    do results = await (await fetch(`${site}/api/results`)).json();
    while (results.length < 2);
    assert.deepEqual(results.map(({ status }) => status), ["succeeded", "succeeded"]);
    assert.ok(results.some(({ output }) => output === String(picture)), JSON.stringify(results));
  } finally {
    app.kill();
  }
});
