import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { ApiError, AuthError } from "../../src/errors.ts";
import type { RequestSpec, Send } from "../../src/http/types.ts";
import { createSend } from "../../src/http/send.ts";
import { DeploymentsApi } from "../../src/resources/deployments.ts";
import { ModelsApi } from "../../src/resources/models.ts";
import { PredictionsApi } from "../../src/resources/predictions.ts";
import { SearchApi } from "../../src/resources/search.ts";
import { TrainingsApi } from "../../src/resources/trainings.ts";
import { type Api, createApi } from "./api.ts";
import { rejection } from "../rejection.ts";

const VERSION = "5c7d5dc6dd8bf75c1acaa8565735e7986bc5b66206b55cca93cb72c9bf15ccaa";

/** Every resource, with a server that gives these answers in turn. */
function serving(...answers: Response[]): { api: Api; requests: Request[] } {
  const requests: Request[] = [];
  const fetch = (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    requests.push(new Request(input, init));
    return Promise.resolve(answers.shift() ?? Response.json({ id: "abc" }));
  };
  return { api: createApi(createSend({ auth: "r8_test", fetch, retry: false })), requests };
}

const problem = (status: number, body: object): Response =>
  Response.json(body, { status, headers: { "content-type": "application/problem+json" } });

const BAD_NAMES = ["../account", "a/../b", "..", ".", "", "a\\..\\b", undefined, null, 7, {}];

for (const bad of BAD_NAMES) {
  Deno.test(`a name or an id like ${JSON.stringify(bad)} is refused before any request`, async () => {
    const { api, requests } = serving();
    const name = bad as string;
    const input = {};
    const calls: (() => PromiseLike<unknown>)[] = [
      () => api.collections.get(name),
      () => api.deployments.delete("acme", name),
      () => api.deployments.get(name, "x"),
      () => api.deployments.predictions.create(name, "x", { input }),
      () => api.deployments.update(name, "x", {}),
      () => api.files.delete(name),
      () => api.files.download(name, { owner: "acme", expiry: 1, signature: "x" }),
      () => api.files.get(name),
      () => api.models.delete(name, "x"),
      () => api.models.examples.list(name, "x"),
      () => api.models.get(name, "x"),
      () => api.models.predictions.create("acme", name, { input }),
      () => api.models.readme.get("acme", name),
      () => api.models.update("acme", name, {}),
      () => api.models.versions.delete("acme", "x", name),
      () => api.models.versions.get("acme", "x", name),
      () => api.models.versions.list("acme", name),
      () => api.predictions.cancel(name),
      () => api.predictions.get(name),
      () => api.trainings.cancel(name),
      () => api.trainings.create("acme", "x", name, { destination: "acme/mine", input }),
      () => api.trainings.get(name),
    ];
    for (const call of calls) {
      // Nothing is thrown at once: what is wrong rejects.
      const error = await rejection(call());
      assertInstanceOf(error, TypeError, call.toString());
      assert(error.message.startsWith("Cannot build the request's path: "), error.message);
    }
    assertEquals(requests.length, 0);
  });
}

Deno.test("a name is escaped, and kept as it is otherwise", async () => {
  const { api, requests } = serving();
  await api.models.get("Äcme", "flux 1.1-pro_v2?x=1#y");
  await api.predictions.get("a%2Fb");
  assertEquals(requests.map(({ url }) => url.slice("https://api.replicate.com/v1".length)), [
    "/models/%C3%84cme/flux%201.1-pro_v2%3Fx%3D1%23y",
    "/predictions/a%252Fb",
  ]);
});

Deno.test("models.search sends the bare text with method QUERY", async () => {
  const { api, requests } = serving(Response.json({ results: [] }));
  await api.models.search('say "hi" über');
  const [request] = requests;
  assertEquals(request!.method, "QUERY");
  assertEquals(request!.headers.get("content-type"), "text/plain");
  assertEquals(await request!.text(), 'say "hi" über');
});

Deno.test("models.search is repeated when the network fails, and refuses what is no text", async () => {
  let count = 0;
  const fetch = (): Promise<Response> =>
    ++count < 2
      ? Promise.reject(new TypeError("network lost"))
      : Promise.resolve(Response.json({ results: [] }));
  const models = new ModelsApi(createSend({ auth: "r8_test", fetch, retry: { minDelay: 1 } }));
  assertEquals((await models.search("llama")).results, []);
  assertEquals(count, 2);
  const error = await rejection(models.search({} as string));
  assertInstanceOf(error, TypeError);
  assertEquals(error.message, "Cannot search models: give the text, not object");
});

Deno.test("predictions.list sends dates as ISO text, and filters as they are", async () => {
  const { api, requests } = serving(Response.json({ results: [] }));
  await api.predictions.list({
    created_after: new Date(Date.UTC(2026, 0, 2)),
    created_before: "2026-02-01T00:00:00+01:00",
    source: "web",
  });
  assertEquals(Object.fromEntries(new URL(requests[0]!.url).searchParams), {
    created_after: "2026-01-02T00:00:00.000Z",
    created_before: "2026-02-01T00:00:00+01:00",
    source: "web",
  });
});

Deno.test("predictions.list rejects for a date that is none", async () => {
  const { api, requests } = serving();
  const list = api.predictions.list({ created_after: new Date(NaN) });
  assertInstanceOf(await rejection(list), RangeError);
  assertEquals(requests.length, 0);
});

Deno.test("models.readme.get gives the text as it is", async () => {
  const { api, requests } = serving(new Response('"not": JSON\n', { status: 200 }));
  assertEquals(await api.models.readme.get("acme", "painter"), '"not": JSON\n');
  assertEquals(requests[0]!.headers.get("accept"), "text/plain");
});

Deno.test("deletes give true, though their answers have no body", async () => {
  const { api } = serving(
    new Response(null, { status: 204 }),
    new Response(null, { status: 204 }),
    new Response("", { status: 202 }),
  );
  assertEquals(await api.models.delete("acme", "painter"), true);
  assertEquals(await api.deployments.delete("acme", "painter"), true);
  assertEquals(await api.models.versions.delete("acme", "painter", VERSION), true);
});

Deno.test("fields and statuses that nobody knows pass through, and dates stay text", async () => {
  const sent = {
    id: "a",
    status: "dreaming",
    created_at: "2026-01-02T03:04:05.678901234Z",
    urls: { get: "x", cancel: "y", extra: "z" },
    new_field: { deep: [1, null] },
  };
  const { api } = serving(Response.json(sent), Response.json({ results: [sent], extra: 1 }));
  assertEquals<unknown>(await api.trainings.get("a"), sent);
  assertEquals<unknown>(await api.trainings.list(), { results: [sent], extra: 1 });
});

Deno.test("trainings.create sends what it was given, and no more", async () => {
  const specs: RequestSpec[] = [];
  const send: Send = <T>(spec: RequestSpec): Promise<T> => {
    specs.push(spec);
    return Promise.resolve({} as T);
  };
  const options = { destination: "acme/mine", input: { steps: 5 } };
  await new TrainingsApi(send).create("acme", "trainer", VERSION, options);
  const [{ json, path, headers, bucket, action }] = specs as [RequestSpec];
  assertEquals(JSON.parse(JSON.stringify(json)), {
    destination: "acme/mine",
    input: { steps: 5 },
  });
  assertEquals(path, `/models/acme/trainer/versions/${VERSION}/trainings`);
  assertEquals(Object.values(headers ?? {}).filter((it) => it !== undefined), []);
  assertEquals([bucket, action], ["read", "create a training for acme/trainer"]);
});

Deno.test("create methods refuse an input that is no object, before any request", async () => {
  const { api, requests } = serving();
  for (const input of [undefined, null, "text", [1]] as unknown as object[]) {
    for (
      const call of [
        () => api.deployments.predictions.create("acme", "fast", { input }),
        () => api.models.predictions.create("acme", "painter", { input }),
        () => api.predictions.create({ version: VERSION, input }),
        () => api.trainings.create("acme", "trainer", VERSION, { destination: "acme/m", input }),
      ]
    ) {
      const error = await assertRejects(call, TypeError);
      assert(/^Cannot create a (prediction|training) for .+: give its input/.test(error.message));
    }
  }
  assertEquals(requests.length, 0);
});

Deno.test("search works without a token; nothing else does", async () => {
  const requests: Request[] = [];
  const fetch = (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    requests.push(new Request(input, init));
    return Promise.resolve(Response.json({ query: "x", models: [], collections: [], pages: [] }));
  };
  const send = createSend({ auth: "", fetch });
  assertEquals((await new SearchApi(send).search({ query: "a b&c", limit: 3 })).models, []);
  assertEquals(requests[0]!.url, "https://api.replicate.com/v1/search?query=a%20b%26c&limit=3");
  assertEquals(requests[0]!.headers.get("authorization"), null);
  await assertRejects(() => new DeploymentsApi(send).get("acme", "fast"), AuthError);
  await assertRejects(async () => await new PredictionsApi(send).list(), AuthError);
});

Deno.test("deployments.update with nothing to change asks the server, whose 422 can be shown", async () => {
  const { api, requests } = serving(problem(422, {
    title: "Input validation failed",
    detail: "- : at least one field must be given\n",
    status: 422,
    invalid_fields: [{ type: "required", field: "", description: "give a field to change" }],
  }));
  const error = await assertRejects(() => api.deployments.update("acme", "fast", {}), ApiError);
  assertEquals([requests[0]!.method, await requests[0]!.text()], ["PATCH", "{}"]);
  assertEquals([error.status, error.title], [422, "Input validation failed"]);
  assertEquals(error.invalidFields, [
    { type: "required", field: "", description: "give a field to change" },
  ]);
});

Deno.test("deployments.create with min_instances 9 becomes an ApiError that names the field", async () => {
  const description = "Must be less than or equal to 5";
  const { api } = serving(problem(422, {
    title: "Input validation failed",
    detail: `- min_instances: ${description}\n- max_instances: too many\n`,
    status: 422,
    invalid_fields: [{ type: "number_lte", field: "min_instances", description }],
  }));
  const error = await assertRejects(() =>
    api.deployments.create({
      name: "fast",
      model: "acme/painter",
      version: VERSION,
      hardware: "cpu",
      min_instances: 9,
      max_instances: 30,
    }), ApiError);
  assertEquals(
    error.message,
    `Cannot create deployment fast: 422 min_instances: ${description}; max_instances: too many`,
  );
  assertEquals(error.invalidFields[0]!.field, "min_instances");
});

const PAGE = `<html>\r\n<head><title>413 Request Entity Too Large</title></head>\r\n<body>
<center><h1>413 Request Entity Too Large</h1></center><hr><center>nginx</center></body></html>`;
const html = (text: string, status: number): Response =>
  new Response(text, { status, headers: { "content-type": "text/html" } });

for (
  const [status, response, detail] of [
    [401, problem(401, { title: "Unauthenticated", detail: "token missing" }), "token missing"],
    [
      401,
      new Response(null, { status: 401 }),
      "Unauthenticated: the API token is missing or not valid",
    ],
    [402, problem(402, { title: "Insufficient credit", detail: "top up" }), "top up"],
    [402, problem(402, { title: "Insufficient credit" }), "Insufficient credit"],
    [404, problem(404, { detail: "no such thing", status: 404 }), "no such thing"],
    [404, Response.json({ detail: "Not found." }, { status: 404 }), "Not found."],
    [413, html(PAGE, 413), "Request Entity Too Large"],
    [413, html("<h1>Too  big\n</h1>", 413), "Too big"],
    [413, new Response(null, { status: 413 }), "Too large"],
  ] as const
) {
  Deno.test(`a ${status} reads well: ${detail}`, async () => {
    const { api } = serving(response);
    const error = await assertRejects(() => api.models.get("acme", "painter"), ApiError);
    assertEquals([error.status, error.detail], [status, detail]);
    const advice = status === 401
      ? "; tokens are made at https://replicate.com/account/api-tokens"
      : "";
    assertEquals(error.message, `Cannot get model acme/painter: ${status} ${detail}${advice}`);
    assertEquals(error.invalidFields, []);
  });
}

Deno.test("search() of something else than { query } says what to give, and sends nothing", async () => {
  const fetch = () => Promise.reject(new Error("sent"));
  const api = new SearchApi(createSend({ auth: "r8_test", fetch }));
  for (const wrong of ["flux", {}, undefined]) {
    const search = () => api.search(wrong as unknown as { query: string });
    await assertRejects(search, TypeError, 'as in { query: "upscale" }');
  }
});
