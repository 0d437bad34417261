/** Creates of a batch of which nothing is known: they are looked for, and never sent again. */

import { assertEquals } from "@std/assert";
import { type BatchResult, Client } from "../../mod.ts";
import { withFakeTime } from "../../src/testing/time.ts";
import { type Asked, record, scripted } from "../scripted.ts";

const isCreate = ({ method, path }: Asked): boolean =>
  method === "POST" && !path.endsWith("/cancel");

/** A server that keeps what was created, and answers the first create as it is told. */
function serverOf(first: () => Response | Promise<Response>, listedAfter = 0) {
  const made: Record<string, unknown>[] = [];
  let madeAt = 0;
  const server = scripted((asked) => {
    if (isCreate(asked)) {
      const { input } = JSON.parse(asked.text);
      const more = { id: `p${made.length}`, input, webhook: "https://example.com/?key=s3cret" };
      made.push(record(more));
      madeAt = performance.now();
      return made.length === 1 ? first() : Response.json(made.at(-1), { status: 201 });
    }
    const end = { status: "succeeded", output: "done" };
    const id = asked.path.split("/")[3];
    if (id) return Response.json({ ...made.find((it) => it.id === id), ...end });
    const isListed = performance.now() - madeAt >= listedAfter;
    return Response.json({ next: null, previous: null, results: isListed ? made : [] });
  });
  const client = new Client({ auth: "r8_x", fetch: server.fetch });
  return { client, creates: () => server.asked.filter(isCreate).length };
}

async function all(results: AsyncIterable<BatchResult>): Promise<string[]> {
  const statuses: string[] = [];
  for await (const { status } of results) statuses.push(status);
  return statuses;
}

const inputs = [{ prompt: "a fig" }];

for (
  const [name, code, body] of [
    ["5xx", 500, "{}"],
    ["201 without a body", 201, ""],
    ["201 with a page", 201, "<html></html>"],
  ] as const
) {
  Deno.test(`batch() never sends a create again that was answered ${name}`, async () => {
    await withFakeTime(async () => {
      const { client, creates } = serverOf(() => new Response(body, { status: code }));
      const store = new Map();
      for (let life = 0; life < 3; life++) await all(client.batch("acme/x", inputs, { store }));
      assertEquals(await all(client.batch("acme/x", inputs, { store })), ["fulfilled"]);
      assertEquals(creates(), 1);
    });
  });
}

Deno.test("batch() waits for a create that the list does not show yet", async () => {
  await withFakeTime(async () => {
    const underWay = Promise.withResolvers<void>();
    const { client, creates } = serverOf(() => {
      underWay.resolve();
      return new Promise(() => {});
    }, 8000);
    const store = new Map();
    const controller = new AbortController();
    const { signal } = controller;
    const before = all(client.batch("acme/x", inputs, { store, signal })).catch(() => {});
    await underWay.promise;
    // What a process leaves that dies while its create is under way.
    const left = structuredClone(store);
    controller.abort();
    await before;
    assertEquals([...left.values()].map(({ state }) => state), ["intent"]);
    assertEquals(await all(client.batch("acme/x", inputs, { store: left })), ["fulfilled"]);
    assertEquals(creates(), 1);
  });
});

Deno.test("batch() keeps the address of a webhook out of its store", async () => {
  await withFakeTime(async () => {
    const webhook = "https://example.com/?key=s3cret";
    const { client } = serverOf(() => Response.json(record({ id: "p0", webhook })));
    const store = new Map();
    assertEquals(await all(client.batch("acme/x", inputs, { store, webhook })), ["fulfilled"]);
    assertEquals(JSON.stringify([...store]).includes("s3cret"), false);
  });
});
