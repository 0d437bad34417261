/** A fake Replicate behind a socket, and words that may not leak, for all apps. */

import { once } from "node:events";
import { createServer } from "node:http";
import { toNodeHandler } from "@x/replicate/webhooks";
import { FakeReplicate } from "@x/replicate/testing";

export const TOKEN = "r8_secret_0123456789";
export const PROMPT = "a private prompt";

/** The models of the fake. */
export function newFake() {
  return new FakeReplicate({
    models: {
      "acme/poet": {
        official: true,
        async *run() {
          yield* ["Rain", " taps", " é☃"];
        },
      },
      "acme/painter": {
        official: true,
        run: () => new File(["a fig".repeat(10_000)], "fig.txt", { type: "text/plain" }),
      },
      "acme/read": { official: true, run: ({ text }, job) => job.file(String(text)).text() },
    },
  });
}

/** Serves a handler of `node:http` on this machine. */
export async function listen(handler) {
  const server = createServer(handler);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${server.address().port}`;
  return {
    origin,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** A fake behind a socket. */
export async function serveFake() {
  const fake = newFake();
  const { origin, close } = await listen(toNodeHandler((request) => fake.handle(request)));
  return {
    fake,
    baseUrl: `${origin}/v1`,
    async close() {
      await fake[Symbol.asyncDispose]();
      await close();
    },
  };
}

/** All that a log could show of an error. */
export async function shown(error) {
  const { inspect } = await import("node:util");
  return `${inspect(error, { depth: 9, showHidden: true })} ${
    JSON.stringify(error)
  } ${error.stack} ${error}`;
}

/** The error of a promise that rejects. */
export async function rejection(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("It did not reject");
}
