/** Jest's jsdom with what it hides of Node, as `jest-fixed-jsdom` does: `fetch` and its company. */

const { TestEnvironment } = require("jest-environment-jsdom");

const OF_NODE = [
  "fetch",
  "Headers",
  "Request",
  "Response",
  "ReadableStream",
  "TransformStream",
  "TextDecoder",
  "TextDecoderStream",
  "TextEncoder",
];

module.exports = class extends TestEnvironment {
  async setup() {
    await super.setup();
    for (const name of OF_NODE) this.global[name] = globalThis[name];
  }
};
