/** Streams over a real socket, which is where they break. */

import { assert, assertEquals } from "@std/assert";
import { Client } from "../../mod.ts";
import { FakeReplicate } from "../../src/testing/mod.ts";
import { yielding } from "./world.ts";
import { rejection } from "../rejection.ts";

const WORDS = ["Rain", " taps", ".\n\nSoft", " é☃"];
const TEXT = WORDS.join("");

/** `fetch` keeps its sockets for later, which the leak check of a test cannot know. */
function socketTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn });
}

async function overSocket(
  fake: FakeReplicate,
  run: (client: Client, url: string) => Promise<void>,
): Promise<void> {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, fake.handle);
  const url = `http://127.0.0.1:${server.addr.port}`;
  try {
    await run(new Client({ auth: "r8_test", baseUrl: `${url}/v1`, limiter: false }), url);
  } finally {
    await fake[Symbol.asyncDispose]();
    await server.shutdown();
  }
}

socketTest(
  "stream() over a socket that is cut after any byte is complete, and never doubled",
  async () => {
    const fake = new FakeReplicate({ models: { "acme/x": yielding(WORDS, 0) } });
    await overSocket(fake, async (client) => {
      const job = await client.start("acme/x", { input: {} });
      await job.output();
      const { urls } = job.prediction;
      const whole = await (await fetch("stream" in urls! ? urls.stream! : "")).arrayBuffer();
      assert(whole.byteLength > 100);
      for (let cut = 0; cut <= whole.byteLength; cut++) {
        fake.fault({ match: { path: "/streams/*" }, cut });
        let text = "";
        for await (const piece of client.stream(job.prediction).text()) text += piece;
        assertEquals(text, TEXT, `cut at ${cut}`);
      }
    });
  },
);

socketTest("stream().toResponse() behind a server cancels when its visitor leaves", async () => {
  const fake = new FakeReplicate({ models: { "acme/x": yielding(WORDS, 200) } });
  await overSocket(fake, async (client) => {
    const handler = () => client.stream("acme/x", { input: {} }).toResponse();
    const site = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, handler);
    const visitor = new AbortController();
    const response = await fetch(`http://127.0.0.1:${site.addr.port}/`, { signal: visitor.signal });
    await response.body!.getReader().read();
    visitor.abort();
    for (let tries = 0; fake.cancels.length === 0 && tries < 100; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assertEquals(fake.cancels.length, 1);
    await site.shutdown();
  });
});

socketTest(
  "run() over a socket cancels once when its signal aborts, and rejects at once",
  async () => {
    const fake = new FakeReplicate({ models: { "acme/x": yielding(WORDS, 2000) } });
    await overSocket(fake, async (client) => {
      for (const [wait, after] of [[false, 300], [1, 300]] as const) {
        const controller = new AbortController();
        let aborted = 0;
        setTimeout(() => {
          aborted = performance.now();
          controller.abort(new Error("enough"));
        }, after);
        const error = await rejection(
          client.run("acme/x", { input: {}, wait, signal: controller.signal }),
        );
        const took = performance.now() - aborted;
        assertEquals(error.message, "enough");
        assert(took < 50, `rejected ${took} ms after the abort`);
      }
      // While the server holds its answer there is no id, so that cancel comes when it answers.
      for (let tries = 0; fake.cancels.length < 2 && tries < 100; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      assertEquals(fake.cancels.length, 2);
    });
  },
);
