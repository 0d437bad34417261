/** Calls and lists over a socket, against `fetch` by hand and the peers. */

import { ID, ITEMS, PAGES } from "./data.ts";
import type { Comparison } from "./measure.ts";
import type { Libraries } from "./peers.ts";

const HEADERS = {
  "authorization": "Bearer r8_bench",
  "accept": "application/json",
  "user-agent": "bench",
};

/**
 * A `fetch` with the safety that ours has at least: a controller, a limit for the headers and one for
 * all of it, no redirect, and on Deno a body that it does not send twice.
 *
 * @param keepsParts If `true`, it also keeps what came of an answer that breaks off: a job that was created
 * is not lost by that.
 */
async function safely(url: string, body?: object, keepsParts = false): Promise<unknown> {
  const controller = new AbortController();
  const connect = setTimeout(() => controller.abort(new Error("connect")), 30_000);
  const request = setTimeout(() => controller.abort(new Error("request")), 60_000);
  try {
    const response = await fetch(url, {
      method: body ? "POST" : "GET",
      headers: { ...HEADERS, ...body && { "content-type": "application/json" } },
      redirect: "error",
      cache: "no-store",
      signal: controller.signal,
      ...body && { body: onceOnly(JSON.stringify(body)) },
    });
    clearTimeout(connect);
    if (!response.ok) throw new Error(`${response.status}`);
    return keepsParts ? JSON.parse(await partsOf(response)) : await response.json();
  } finally {
    clearTimeout(connect);
    clearTimeout(request);
  }
}

async function partsOf({ body }: Response): Promise<string> {
  const reader = body!.getReader();
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (let piece; !(piece = await reader.read()).done;) {
      text += decoder.decode(piece.value, { stream: true });
    }
  } catch { /* it broke off: what came is what there is */ }
  return text;
}

function onceOnly(text: string): BodyInit {
  return "Deno" in globalThis ? new Blob([text], { type: "application/json" }) : text;
}

/** The comparisons of single calls. */
export function callsOf(url: string, it: Libraries, scale: number): Comparison[] {
  const get = `${url}/v1/predictions/${ID}`;
  const create = `${url}/v1/predictions`;
  const input = { prompt: "An ode to rain, in the style of a sea shanty", max_tokens: 128 };
  const job = { version: "acme/poet", input };
  const headers = { ...HEADERS, "content-type": "application/json" };
  const bareGet = async (): Promise<unknown> => await (await fetch(get)).json();
  const barePost = async (): Promise<unknown> =>
    await (await fetch(create, { method: "POST", headers, body: JSON.stringify(job) })).json();
  const many = (call: () => Promise<unknown>) => async (): Promise<unknown> =>
    (await Promise.all(Array.from({ length: 64 }, call)))[63];
  const check = (result: unknown, who: string): void => {
    const { id, request_id } = result as Record<string, unknown>;
    if ((id ?? request_id) !== ID) throw new Error(`${who} gave ${JSON.stringify(result)}`);
  };
  const common = { as: "time", check, rounds: 5 + 20 * scale } as const;
  return [
    {
      ...common,
      name: "GET, sequential",
      of: "cpu",
      times: 60 + 40 * scale,
      contenders: [
        { name: "fetch + json()", run: bareGet },
        { name: "fetch with the same safety", run: () => safely(get) },
        { name: "x/replicate", run: () => it.ours.predictions.get(ID) },
        { name: "replicate", run: () => it.official.predictions.get(ID) },
        { name: "openai", run: () => it.openai.models.retrieve(ID) },
        { name: "ky", run: () => it.ky(get, { headers: HEADERS }).json() },
        { name: "@fal-ai/client", run: () => it.fal.queue.status("a/b", { requestId: ID }) },
      ],
    },
    {
      ...common,
      name: "POST, sequential",
      of: "cpu",
      times: 60 + 40 * scale,
      contenders: [
        { name: "fetch + json()", run: barePost },
        { name: "fetch with the same safety", run: () => safely(create, job) },
        { name: "and no answer lost", run: () => safely(create, job, true) },
        { name: "x/replicate", run: () => it.ours.predictions.create(job) },
        { name: "replicate", run: () => it.official.predictions.create(job) },
        { name: "openai", run: () => it.openai.completions.create({ model: "a", prompt: "b" }) },
        { name: "ky", run: () => it.ky(create, { method: "POST", headers, json: job }).json() },
      ],
    },
    {
      ...common,
      name: "64 GETs at once",
      of: "wall",
      times: 2 + 2 * scale,
      contenders: [
        { name: "fetch + json()", run: many(bareGet) },
        { name: "fetch with the same safety", run: many(() => safely(get)) },
        { name: "x/replicate", run: many(() => it.ours.predictions.get(ID)) },
        { name: "replicate", run: many(() => it.official.predictions.get(ID)) },
        { name: "openai", run: many(() => it.openai.models.retrieve(ID)) },
        { name: "ky", run: many(() => it.ky(get, { headers: HEADERS }).json()) },
      ],
    },
  ];
}

/** The comparison of a list that is read to its end. */
export function pagesOf(url: string, it: Libraries, scale: number): Comparison {
  const count = async (items: AsyncIterable<unknown>): Promise<number> => {
    let number = 0;
    for await (const _ of items) number++;
    return number;
  };
  const byHand = async (): Promise<number> => {
    let number = 0;
    for (let next: string | null = `${url}/v1/predictions`; next !== null;) {
      const response: Response = await fetch(next);
      const page: { next: string | null; results: unknown[] } = await response.json();
      for (const _ of page.results) number++;
      next = page.next;
    }
    return number;
  };
  // The least that a list can be that hands out its items one at a time.
  const oneByOne = (): AsyncIterable<unknown> => {
    let next: string | null = `${url}/v1/predictions`;
    let items: unknown[] = [];
    let at = 0;
    const more = async (): Promise<IteratorResult<unknown>> => {
      if (next === null) return { done: true, value: undefined };
      const page = await safely(next) as { next: string | null; results: unknown[] };
      [next, items, at] = [page.next, page.results, 1];
      return { done: false, value: items[0] };
    };
    return {
      [Symbol.asyncIterator]: () => ({
        next: () => at < items.length ? Promise.resolve({ value: items[at++] }) : more(),
      }),
    };
  };
  const official = async (): Promise<number> => {
    let number = 0;
    for await (const items of it.official.paginate(it.official.predictions.list)) {
      for (const _ of items) number++;
    }
    return number;
  };
  return {
    name: `${PAGES} pages of ${ITEMS} items`,
    of: "cpu",
    as: "time",
    times: 1,
    rounds: 5 + 8 * scale,
    check: (result, who) => {
      if (result !== PAGES * ITEMS) throw new Error(`${who} gave ${result} items`);
    },
    contenders: [
      { name: "fetch + json()", run: byHand },
      { name: "with the same safety, one by one", run: () => count(oneByOne()) },
      { name: "x/replicate", run: () => count(it.ours.predictions.list()) },
      { name: "replicate", run: official },
    ],
  };
}
