import { fileCodec } from "../../src/files/mod.ts";
import type { ClientOptions } from "../../src/http/options.ts";
import { type ConfiguredSend, createSend } from "../../src/http/send.ts";
import { FakeReplicate } from "../../src/testing/mod.ts";
import type { FakeOptions } from "../../src/testing/types.ts";

/** A fake, and a `send` that leads to it. */
export function connect(
  options: ClientOptions & { fake?: Partial<FakeOptions> } = {},
): { fake: FakeReplicate; send: ConfiguredSend } {
  const { fake: init, ...client } = options;
  const fake = new FakeReplicate({ models: {}, ...init });
  return {
    fake,
    send: createSend({ auth: "r8_test", fetch: fake.fetch, ...client }, { fileCodec }),
  };
}

/** Text as bytes. */
export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** A `fetch` that answers each request with what `answer` gives, and notes their URLs. */
export function fetchOf(
  answer: (request: Request, count: number) => Response | Promise<Response>,
): {
  fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
  asked: Request[];
} {
  const asked: Request[] = [];
  return {
    asked,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      asked.push(request);
      return await answer(request, asked.length);
    },
  };
}
