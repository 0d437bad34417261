import { assertEquals, assertRejects } from "@std/assert";
import { delay } from "@std/async/delay";
import { ApiError, Client, PredictionError } from "../../mod.ts";
import { cog } from "../../src/cog/mod.ts";
import { withFakeTime } from "../../src/testing/mod.ts";

const EVENTS = { headers: { "content-type": "text/event-stream" } };

/** A client of a server that gives these answers, one for each request. */
function clientOf(...answers: (() => Response | Promise<Response>)[]): {
  client: Client;
  asked: string[];
} {
  const asked: string[] = [];
  const fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    asked.push(`${init?.method} ${new URL(String(input)).pathname.split("/")[1]}`);
    return await (answers.length > 1 ? answers.shift()! : answers[0]!)();
  };
  return { client: new Client({ ...cog("http://cog.test", { fetch }), retry: false }), asked };
}

const lost = (): Promise<Response> =>
  Promise.reject(new TypeError("fetch failed", { cause: { code: "ECONNRESET" } }));

const event = (name: string, data: unknown): string =>
  `event: ${name}\ndata: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;

Deno.test("cog() takes logs, metrics and outputs without a number from events", async () => {
  const { client } = clientOf(() =>
    new Response(
      [
        event("start", { status: "processing" }),
        event("ping", "not JSON"),
        event("log", { data: "a\n" }),
        event("log", {}),
        event("log", { data: "b\n" }),
        event("metric", { name: "tokens", value: 3 }),
        event("output", { chunk: "x" }),
        event("output", { chunk: "y" }),
        event("output", { chunk: "Y", index: 1 }),
        event("output", { chunk: "z", index: 9 }),
        event("completed", { status: "succeeded" }),
      ].join(""),
      EVENTS,
    )
  );
  const { output, logs, metrics } = await client.run("a/b", { input: {} }).prediction();
  assertEquals([output, logs], [["x", "Y", "z"], "a\nb\n"]);
  assertEquals((metrics as Record<string, unknown>).tokens, 3);
});

Deno.test("cog() asks again after an error event, as the run may go on", async () => {
  const { client, asked } = clientOf(
    () => new Response(event("error", { error: "lagging" }), EVENTS),
    () => Response.json({ status: "succeeded", output: "done" }),
  );
  assertEquals(await client.run("a/b", { input: {} }), "done");
  assertEquals(asked, ["PUT predictions", "PUT predictions"]);
});

Deno.test("cog() takes an answer without a status for one that has succeeded", async () => {
  const { client } = clientOf(() => Response.json({ output: "old Cog" }));
  assertEquals(await client.run("a/b", { input: {} }), "old Cog");
});

Deno.test("cog() says that an answer is not JSON", async () => {
  for (const body of ["<html>", "[]", '"text"']) {
    const { client } = clientOf(() => new Response(body));
    await assertRejects(
      () => client.run("a/b", { input: {} }),
      Error,
      "Cannot read the answer of the Cog server: it is not JSON",
    );
  }
});

Deno.test("cog() gives up on a connection that is lost three times", async () => {
  const { client, asked } = clientOf(lost);
  await assertRejects(() => client.run("a/b", { input: {} }), Error, "connection");
  assertEquals(asked, Array(3).fill("PUT predictions"));
});

Deno.test("cog() hands on the refusal of a server, with its status", async () => {
  const { client } = clientOf(() => Response.json({ error: "no GPU" }, { status: 500 }));
  const error = await assertRejects(() => client.run("a/b", { input: {} }), ApiError, "no GPU");
  assertEquals(error.status, 500);
});

Deno.test("cog() makes a refusal that comes late the failure of the prediction", async () => {
  await withFakeTime(async () => {
    const late = async (): Promise<Response> => {
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      return Response.json({ detail: "the worker died" }, { status: 500 });
    };
    const { client } = clientOf(late);
    const error = await assertRejects(() => client.run("a/b", { input: {} }), PredictionError);
    assertEquals([error.prediction.status, error.prediction.error], ["failed", "the worker died"]);
  });
});

Deno.test("cog() makes a connection that is lost late the failure of the prediction", async () => {
  await withFakeTime(async () => {
    const late = async (): Promise<Response> => {
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      throw new RangeError("no such header");
    };
    const { client } = clientOf(late);
    const error = await assertRejects(() => client.run("a/b", { input: {} }), PredictionError);
    assertEquals(error.prediction.error, "no such header");
  });
});

Deno.test("cog() streams an output that is no list as one item, and an end without one", async () => {
  for (const [output, texts] of [[{ a: 1 }, ['{"a":1}']], ["a", ["a"]], [null, []]] as const) {
    const { client } = clientOf(() => Response.json({ status: "succeeded", output }));
    const seen: string[] = [];
    for await (const text of client.stream("a/b", { input: {} }).text()) seen.push(text);
    assertEquals(seen, [...texts]);
  }
});

Deno.test("cog() streams the items of a list from the one after `Last-Event-ID`", async () => {
  const { client } = clientOf(() => Response.json({ status: "succeeded", output: ["a", 2] }));
  const job = await client.start("a/b", { input: {} });
  await job.output();
  const path = `/streams/${job.id}`;
  assertEquals(
    await (await client.request(path)).text(),
    ": hi\n\nevent: output\nid: 0\ndata: a\n\nevent: output\nid: 1\ndata: 2\n\n" +
      "event: done\nid: 2\ndata: {}\n\n",
  );
  const rest = await client.request(path, { headers: { "last-event-id": "1" } });
  assertEquals(await rest.text(), ": hi\n\nevent: done\nid: 2\ndata: {}\n\n");
});

Deno.test("cog() says that a server without an OpenAPI document is no Cog server", async () => {
  for (const answer of [() => new Response("<html>"), () => Response.json({}, { status: 404 })]) {
    const { client } = clientOf(answer);
    await assertRejects(
      () => client.models.get("a/b"),
      Error,
      "it has no OpenAPI document, so it is no Cog server",
    );
  }
});

Deno.test("cog() takes a request for a prediction without a body as one without an input", async () => {
  const { client } = clientOf(() => Response.json({ status: "succeeded", output: 1 }));
  const response = await client.request("/predictions", { method: "POST" });
  const { input, version } = await response.json();
  assertEquals([response.status, input, version], [201, {}, "local"]);
});

Deno.test("cog() takes a Request with its method and body, as an address with options", async () => {
  const { fetch } = cog("http://cog.test", {
    fetch: (input, init) => {
      const { method, url } = new Request(input, init);
      return Promise.resolve(Response.json({ status: "succeeded", output: `${method} ${url}` }));
    },
  }) as { fetch: typeof globalThis.fetch };
  const body = JSON.stringify({ input: { prompt: "a" } });
  const predictions = "http://cog.test/v1/predictions";
  const made = await fetch(new Request(predictions, { method: "POST", body }));
  const { id, input } = await made.json();
  assertEquals([made.status, input], [201, { prompt: "a" }]);
  const { results } = await (await fetch(new Request(predictions))).json();
  assertEquals(results.map((it: { id: string }) => it.id), [id]);
  const other = await fetch(new Request("http://files.test/a"));
  assertEquals((await other.json()).output, "GET http://files.test/a");
});

Deno.test("cog() forgets all but the latest 50 predictions that ended", async () => {
  const { client } = clientOf(() => Response.json({ status: "succeeded", output: 1 }));
  const ids: string[] = [];
  for (let n = 0; n < 52; n++) {
    ids.push((await client.run("a/b", { input: {} }).prediction()).id);
  }
  assertEquals((await client.predictions.list()).results.length, 50);
  await assertRejects(
    () => client.predictions.get(ids[0]!),
    ApiError,
    "of those that ended the latest 50",
  );
  assertEquals((await client.predictions.get(ids[51]!)).status, "succeeded");
});

Deno.test("cog() cancels what waits for a busy server, and its stream says so", async () => {
  await withFakeTime(async () => {
    const { client, asked } = clientOf(() => Response.json({ detail: "busy" }, { status: 409 }));
    const job = await client.start("a/b", { input: {} });
    await job.cancel();
    const error = await assertRejects(() => job.output(), PredictionError);
    assertEquals(error.prediction.status, "canceled");
    const sent = asked.length;
    const stream = await client.request(`/streams/${job.id}`);
    assertEquals(
      await stream.text(),
      ': hi\n\nevent: done\nid: 0\ndata: {"reason":"canceled"}\n\n',
    );
    await delay(10_000);
    assertEquals(asked.length, sent);
  });
});
