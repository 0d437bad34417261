/** The models that the examples find when there is no token: {@linkcode startFake} serves them. */

import { FakeReplicate } from "@x/replicate/testing";

const FIG =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle cx="5" cy="5" r="3"/></svg>';
const image = (name: string): File => new File([FIG], name, { type: "image/svg+xml" });

/** Makes a fake of Replicate. Its poet finds no rhyme for figs, so that an example can show a failure. */
export function newFake(): FakeReplicate {
  return new FakeReplicate({
    models: {
      "meta/meta-llama-3-8b-instruct": {
        official: true,
        async *run({ prompt }, job) {
          if (`${prompt}`.includes("figs")) throw new Error("no rhyme was found");
          for (const word of ["Rain", " taps", " the", " roof"]) {
            await job.sleep(100);
            yield word;
          }
        },
      },
      "black-forest-labs/flux-schnell": { official: true, run: () => [image("fig.svg")] },
      "black-forest-labs/flux-kontext-pro": {
        official: true,
        run: ({ input_image }, job) => job.file(`${input_image}`),
      },
    },
    rateLimit: { create: { perMinute: 600, burst: 10 } },
  });
}

/** Serves a fake on this machine. `env` makes a program use it in place of Replicate. */
export function startFake(): {
  fake: FakeReplicate;
  env: Record<string, string>;
  [Symbol.asyncDispose](): Promise<void>;
} {
  const fake = newFake();
  const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
  const server = Deno.serve(options, (request) => fake.handle(request));
  const REPLICATE_BASE_URL = `http://127.0.0.1:${server.addr.port}/v1`;
  return {
    fake,
    env: { REPLICATE_BASE_URL, REPLICATE_API_TOKEN: "r8_of_the_fake" },
    async [Symbol.asyncDispose]() {
      await fake[Symbol.asyncDispose]();
      await server.shutdown();
    },
  };
}
