/** The libraries that are compared, in the versions written here, and ours. */

import type { Client } from "../../mod.ts";

/** The peers, pinned: they are installed for a benchmark only. */
export const PEERS = {
  "replicate": "1.4.0",
  "openai": "7.57.0",
  "ky": "2.1.0",
  "eventsource-parser": "4.1.3",
  "@fal-ai/client": "1.10.1",
} as const;

/** `true` on Deno, which runs ours from source and has peers from its own cache. */
const isDeno = "Deno" in globalThis;

/** Loads a peer. By a name that is put together here: a type checker would load Node's types with it. */
async function peer<T>(name: keyof typeof PEERS, path = ""): Promise<T> {
  return await import(isDeno ? `npm:${name}@${PEERS[name]}${path}` : `${name}${path}`);
}

/** The official client, as far as it is used here. */
export interface Official {
  predictions: {
    get(id: string): Promise<unknown>;
    create(options: object): Promise<unknown>;
    list(): Promise<unknown>;
  };
  paginate(list: () => Promise<unknown>): AsyncIterable<{ id: string }[]>;
  stream(model: string, options: object): AsyncIterable<{ event: string; data: string }>;
}

/** openai, as far as it is used here. */
export interface OpenAi {
  models: { retrieve(id: string): Promise<unknown> };
  completions: { create(body: object): Promise<unknown> };
}

/** fal, as far as it is used here. */
export interface Fal {
  queue: { status(endpoint: string, options: object): Promise<unknown> };
}

/** ky, as far as it is used here. */
export type Ky = (url: string, options?: object) => { json(): Promise<unknown> };

/** The stream of eventsource-parser. */
export type ParserStream = new () => ReadableWritablePair<{ event?: string; data: string }, string>;

/** All of them, ready to call a server. */
export interface Libraries {
  ours: Client;
  official: Official;
  openai: OpenAi;
  fal: Fal;
  ky: Ky;
  ParserStream: ParserStream;
  /** Makes one of ours, or of the official client, with a `fetch` of its own. */
  oursWith(fetch: typeof globalThis.fetch): Client;
  officialWith(fetch: typeof globalThis.fetch): Official;
}

/** Loads all libraries for a server at `url`. */
export async function libraries(url: string): Promise<Libraries> {
  const auth = "r8_bench";
  const own: string = isDeno ? "../../mod.ts" : "@x/replicate";
  const { Client: Ours } = await import(own) as { Client: typeof Client };
  const { default: Replicate } = await peer<{ default: new (options: object) => Official }>(
    "replicate",
  );
  const { OpenAI } = await peer<{ OpenAI: new (options: object) => OpenAi }>("openai");
  const { createFalClient } = await peer<{ createFalClient(options: object): Fal }>(
    "@fal-ai/client",
  );
  const { default: ky } = await peer<{ default: Ky }>("ky");
  const { EventSourceParserStream } = await peer<{ EventSourceParserStream: ParserStream }>(
    "eventsource-parser",
    "/stream",
  );
  const baseUrl = `${url}/v1`;
  const elsewhere = (request: { url: string }): object => ({
    ...request,
    url: `${baseUrl}${new URL(request.url).pathname}`,
  });
  return {
    ours: new Ours({ auth, baseUrl }),
    official: new Replicate({ auth, baseUrl }),
    openai: new OpenAI({ apiKey: auth, baseURL: baseUrl }),
    fal: createFalClient({
      credentials: auth,
      requestMiddleware: (request: { url: string }) => Promise.resolve(elsewhere(request)),
    }),
    ky,
    ParserStream: EventSourceParserStream,
    oursWith: (fetch) => new Ours({ auth, baseUrl, fetch }),
    officialWith: (fetch) => new Replicate({ auth, baseUrl, fetch }),
  };
}
