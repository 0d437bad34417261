import type { FakeReplicate } from "../../src/testing/mod.ts";

/** The parts of an answer that these tests look at. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Wire;
}

/** A JSON object of the API, loosely. */
export interface Wire {
  readonly id: string;
  readonly status: string;
  readonly output?: unknown;
  readonly error: unknown;
  readonly logs: string;
  readonly detail: string;
  readonly urls: { readonly get: string; readonly cancel: string; readonly stream?: string };
  readonly metrics?: Readonly<Record<string, number>>;
  readonly results: readonly Wire[];
  readonly next: string | null;
  readonly previous: string | null;
  readonly [field: string]: unknown;
}

/** Asks a fake like a client with a token would. */
export async function ask(
  fake: FakeReplicate,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const url = path.startsWith("http") ? path : `https://api.replicate.com/v1${path}`;
  const isForm = body instanceof FormData;
  const response = await fake.fetch(url, {
    method,
    body: body === undefined
      ? null
      : isForm || typeof body === "string"
      ? body
      : JSON.stringify(body),
    headers: {
      authorization: "Bearer t",
      ...(body === undefined || isForm ? {} : { "content-type": "application/json" }),
      ...headers,
    },
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") ?? false;
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: isJson ? JSON.parse(text) : {},
  };
}

/** Creates a prediction of a community model. */
export function create(
  fake: FakeReplicate,
  model: string,
  input: unknown = {},
  headers: Record<string, string> = {},
): Promise<Answer> {
  return ask(fake, "POST", "/predictions", { version: fake.version(model), input }, headers);
}
