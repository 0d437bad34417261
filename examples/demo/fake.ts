/** The fake Replicate of the demo. */

import { encode } from "npm:fast-png@8.0.0";
import { type FakeModel, FakeReplicate } from "../../src/testing/mod.ts";

/** Serves the fake on a local socket. */
export function serveFake(): { url: string; close(): Promise<void> } {
  const fake = new FakeReplicate({ models: MODELS });
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, fake.handle);
  return {
    url: `http://127.0.0.1:${server.addr.port}/v1`,
    async close() {
      await fake[Symbol.asyncDispose]();
      await server.shutdown();
    },
  };
}

const POEM = "Rain taps the roof all night, a patient, silver hand;\n" +
  "by dawn the garden drinks the light that rises from the land.";

const MODELS: Record<string, FakeModel> = {
  "demo/poet": {
    official: true,
    async *run(_, job) {
      for (const word of POEM.split(/(?= )/)) {
        await job.sleep(40);
        yield word;
      }
    },
  },
  "black-forest-labs/flux-schnell": {
    official: true,
    async run(_, job) {
      for (let step = 1; step <= 20; step++) {
        await job.sleep(60);
        job.progress(step, 20);
      }
      return [new File([new Uint8Array(paint(320, 240))], "fig.png", { type: "image/png" })];
    },
  },
  "demo/picky": {
    official: true,
    run(_, job) {
      job.log("Loading weights\n");
      throw new Error("num_outputs must be at most 4");
    },
  },
};

/** Draws a fig on a blue plate, more or less. */
function paint(width: number, height: number): Uint8Array {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const dx = x - width / 2;
      const dy = y - height / 2;
      const plate = Math.hypot(dx, dy * 1.6) < 130;
      const fig = Math.hypot(dx, dy + (dy < 0 ? dy * 0.2 : 0)) < 55;
      const light = 1 - Math.hypot(dx + 18, dy + 22) / 160;
      const color = fig
        ? [110 * light, 50 * light, 120 * light]
        : plate
        ? [70, 110, 190]
        : [236, 230, 218];
      data.set(color.map(Math.round), (y * width + x) * 3);
    }
  }
  return encode({ width, height, data, channels: 3 });
}
