import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { ReplicateError } from "../../src/errors.ts";
import { type Page, Pages, paginate } from "../../src/resources/pages.ts";
import type { RequestSpec, Send } from "../../src/http/types.ts";
import { createSend } from "../../src/http/send.ts";
import { ModelsApi } from "../../src/resources/models.ts";
import { PredictionsApi } from "../../src/resources/predictions.ts";
import { rejection } from "../rejection.ts";

const API = "https://api.replicate.com/v1";
const first = (): RequestSpec => ({ method: "GET", path: "/things", action: "list things" });

/** Gives these pages, one after the other, and remembers where they were asked for. */
function giving(...pages: unknown[]): { send: Send; asked: string[] } {
  const asked: string[] = [];
  const send: Send = <T>({ path }: RequestSpec): Promise<T> => {
    asked.push(path);
    return Promise.resolve(pages[Math.min(asked.length, pages.length) - 1] as T);
  };
  return { send, asked };
}

const page = (results: unknown[], next: string | null = null): Page<unknown> => ({
  next,
  previous: null,
  results,
});

Deno.test("Pages fetches nothing before it is asked for", async () => {
  const { send, asked } = giving(page([1]));
  const list = new Pages(send, first);
  await Promise.resolve();
  assertEquals(asked, []);
  assertEquals(await list, page([1]));
  assertEquals(asked, ["/things"]);
});

Deno.test("Pages gives every item of every page, and the pages", async () => {
  const pages = [
    page([1, 2], `${API}/things?cursor=a`),
    page([], `${API}/things?cursor=b`),
    page([3]),
  ];
  const { send, asked } = giving(...pages);
  assertEquals(await Array.fromAsync(new Pages(send, first)), [1, 2, 3]);
  assertEquals(asked, ["/things", `${API}/things?cursor=a`, `${API}/things?cursor=b`]);
  assertEquals(await Array.fromAsync(new Pages(giving(...pages).send, first).pages()), pages);
});

Deno.test("Pages is a promise: catch, finally, Promise.all", async () => {
  const boom = new Error("boom");
  const failing = new Pages(() => Promise.reject(boom), first);
  assertEquals(await rejection(failing), boom);
  let told = false;
  const [got] = await Promise.all([
    new Pages(giving(page([1])).send, first).finally(() => told = true),
  ]);
  assertEquals([got, told], [page([1]), true]);
  assertInstanceOf(new Pages(giving().send, first), Pages);
});

Deno.test("Pages fetches no more once the loop is left", async () => {
  const { send, asked } = giving(page([1, 2], `${API}/things?cursor=a`), page([3]));
  for await (const item of new Pages(send, first)) if (item === 2) break;
  assertEquals(asked.length, 1);
});

Deno.test("Pages walks 100,000 pages without growth of stack or memory", async () => {
  let count = 0;
  const send: Send = <T>(): Promise<T> =>
    Promise.resolve(
      page(
        [new Array(100).fill(count)],
        ++count < 100_000 ? `${API}/things?cursor=${count}` : null,
      ) as T,
    );
  const { heapUsed } = Deno.memoryUsage();
  let items = 0;
  let most = 0;
  for await (const _ of new Pages(send, first)) {
    if (++items % 10_000 === 0) most = Math.max(most, Deno.memoryUsage().heapUsed);
  }
  assertEquals(items, 100_000);
  // All pages together are 80 MB and more.
  assert(most - heapUsed < 40e6, `${most - heapUsed} bytes`);
});

for (
  const [what, next, cycle] of [
    ["itself", `${API}/things?cursor=a`, 1],
    ["a page before it", `${API}/things?cursor=`, 7],
  ] as const
) {
  Deno.test(`Pages ends with an error when the next page is ${what}`, async () => {
    let count = 0;
    const send: Send = <T>(): Promise<T> =>
      Promise.resolve(page([count], cycle === 1 ? next : `${next}${count++ % cycle}`) as T);
    let pages = 0;
    const error = await assertRejects(async () => {
      for await (const _ of new Pages(send, first).pages()) {
        if (++pages > 100) throw new Error("it goes on for ever");
      }
    }, ReplicateError);
    assertEquals(error.message, "Cannot list things: the pages lead back to one that was seen");
  });
}

for (
  const [next, origin] of [
    ["https://evil.example/v1/things?cursor=a", "https://evil.example"],
    ["//evil.example/v1/things", "https://evil.example"],
    ["https://api.replicate.com.evil.example/", "https://api.replicate.com.evil.example"],
    ["https://api.replicate.com:444/v1/things", "https://api.replicate.com:444"],
    ["http://evil.example/v1/things", "http://evil.example"],
  ] as const
) {
  Deno.test(`Pages does not go to ${next}`, async () => {
    const { send, asked } = giving(page([1], next));
    const items: unknown[] = [];
    const error = await assertRejects(async () => {
      for await (const item of new Pages(send, first)) items.push(item);
    }, ReplicateError);
    assertEquals(
      error.message,
      `Cannot list things: the next page is at ${origin}, and not at https://api.replicate.com`,
    );
    assertEquals([asked, items], [["/things"], [1]]);
  });
}

Deno.test("Pages ends with an error when the next page's address is not a URL", async () => {
  const { send } = giving(page([1], "https://[broken"));
  const error = await assertRejects(() => Array.fromAsync(new Pages(send, first)), ReplicateError);
  assertEquals(error.message, "Cannot list things: the next page's address is not a URL");
});

Deno.test("Pages takes http: as https: on the API's own host", async () => {
  const { send, asked } = giving(
    page([1], "http://api.replicate.com/v1/things?cursor=a"),
    page([2]),
  );
  assertEquals(await Array.fromAsync(new Pages(send, first)), [1, 2]);
  assertEquals(asked[1], `${API}/things?cursor=a`);
});

for (const next of ["null", null, undefined, ""]) {
  Deno.test(`Pages takes ${JSON.stringify(next)} for the last page`, async () => {
    const { send, asked } = giving({ results: [1], next });
    assertEquals(await Array.fromAsync(new Pages(send, first)), [1]);
    assertEquals(asked.length, 1);
  });
}

Deno.test("Pages obeys the signal on the first page, and on each one after it", async () => {
  const reason = new Error("enough");
  const pending = createSend({
    auth: "r8_test",
    fetch: (_, init) =>
      new Promise((_, reject) => {
        init!.signal!.addEventListener("abort", () => reject(init!.signal!.reason));
      }),
  });
  const controller = new AbortController();
  const { signal } = controller;
  const waiting = new PredictionsApi(pending).list({ signal });
  setTimeout(() => controller.abort(reason), 5);
  assertEquals(await rejection(waiting), reason);
  assertEquals(await rejection(waiting), reason);

  const later = new AbortController();
  let count = 0;
  const send = createSend({
    auth: "r8_test",
    fetch: () =>
      Promise.resolve(Response.json(page([++count], `${API}/predictions?cursor=${count}`))),
  });
  const loop = async (): Promise<void> => {
    for await (const _ of new PredictionsApi(send).list({ signal: later.signal })) {
      if (count === 3) later.abort(reason);
    }
  };
  assertEquals(await rejection(loop()), reason);
  assertEquals(count, 3);
});

Deno.test("Pages goes on from a saved cursor, and keeps the other filters", async () => {
  const urls: string[] = [];
  const send = createSend({
    auth: "r8_test",
    fetch: (url) => {
      urls.push(String(url));
      const more = urls.length === 1 ? `${API}/predictions?source=web&cursor=x%2By` : null;
      return Promise.resolve(Response.json(page([urls.length], more)));
    },
  });
  const predictions = new PredictionsApi(send);
  const { next } = await predictions.list({ source: "web" });
  const cursor = new URL(next!).searchParams.get("cursor")!;
  const rest = await Array.fromAsync(predictions.list({ source: "web", cursor }));
  assertEquals(rest.length, 1);
  assertEquals(urls.at(-1), `${API}/predictions?source=web&cursor=x%2By`);
});

Deno.test("a search goes on with the method and the text it began with", async () => {
  const sent: unknown[] = [];
  const send = createSend({
    auth: "r8_test",
    fetch: async (input, init) => {
      const request = new Request(input, init);
      sent.push([request.method, request.url, await request.text()]);
      return Response.json(page([sent.length], sent.length < 2 ? `${API}/models?cursor=a` : null));
    },
  });
  assertEquals((await Array.fromAsync(new ModelsApi(send).search("llama"))).length, 2);
  assertEquals(sent, [
    ["QUERY", `${API}/models`, "llama"],
    ["QUERY", `${API}/models?cursor=a`, "llama"],
  ]);
});

Deno.test("paginate gives the results page by page, from a bound list", async () => {
  const { send } = giving(page([1, 2], `${API}/predictions?cursor=a`), page([3]));
  const { list } = new PredictionsApi(send);
  assertEquals(
    await Array.fromAsync(paginate(send, list)) as unknown[],
    [[1, 2], [3]],
  );
});

Deno.test("paginate takes a function that gives a page of somebody else's", async () => {
  const { send, asked } = giving(page([2]));
  const endpoint = (): Promise<Page<unknown>> => Promise.resolve(page([1], `${API}/x?cursor=a`));
  assertEquals(await Array.fromAsync(paginate(send, endpoint)), [[1], [2]]);
  assertEquals(asked, [`${API}/x?cursor=a`]);
});

Deno.test("a list whose caller has left throws the reason, whatever the next page is", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const next = "https://elsewhere.example/v1/models?cursor=2";
  const fetch = () => Promise.resolve(Response.json({ next, previous: null, results: [1, 2] }));
  const send = createSend({ auth: "r8_test", fetch });
  const lists = [
    () => new ModelsApi(send).list({ signal }),
    () => paginate(send, () => new ModelsApi(send).list(), { signal }),
  ];
  for (const list of lists) {
    const read = async () => {
      for await (const _ of list()) controller.abort("enough");
    };
    assertEquals(await rejection<unknown>(read()), "enough");
  }
});
