/** The client against Replicate's own document: nothing is missing, and nothing is made up. */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createSend } from "../src/http/send.ts";
import { FakeReplicate, type RecordedRequest } from "../src/testing/mod.ts";
import {
  findOperation,
  type OpenApi,
  type Operation,
  operationsOf,
  readDocument,
  UNDOCUMENTED,
} from "./openapi/document.ts";
import { sampleArguments, sentFields } from "./openapi/samples.ts";
import { checkRequest, OPERATIONS, validate } from "./openapi/validate.ts";
import { type Api, createApi } from "./resources/api.ts";
import { compileExamples, examplesOf } from "./resources/examples.ts";

type Method = (...args: unknown[]) => Promise<unknown>;

const DOCUMENT = "tests/testdata/openapi.json";
const LIST = "UNDOCUMENTED in tests/openapi/document.ts";

/** Every method by its dotted name. */
function methodsOf(api: object, prefix = ""): Map<string, Method> {
  const found = new Map<string, Method>();
  const names = new Set<string>();
  for (let it = api; it && it !== Object.prototype; it = Object.getPrototypeOf(it)) {
    Object.getOwnPropertyNames(it).forEach((name) => names.add(name));
  }
  for (const name of names) {
    // `send` is what resources are made from.
    if (name === "constructor" || name === "send") continue;
    const value = (api as Record<string, unknown>)[name];
    if (typeof value === "function") found.set(prefix + name, value.bind(api) as Method);
    if (typeof value !== "object" || value === null) continue;
    for (const [key, method] of methodsOf(value, `${prefix}${name}.`)) found.set(key, method);
  }
  return found;
}

/** The method of an operation. */
function methodOf(api: Api, { id }: Operation): Method {
  const method = methodsOf(api).get(id);
  if (!method) throw new Error(`no method ${id}: the first test of this file says where it goes`);
  return method;
}

/** @throws If the document has an operation for which there is no method, or the other way round. */
function assertComplete(
  operations: Operation[],
  methods: Map<string, Method>,
  undocumented: readonly string[] = UNDOCUMENTED,
): void {
  const lines: string[] = [];
  for (const { id, method, path } of operations) {
    if (!methods.has(id)) {
      lines.push(
        `no method ${id} for ${method} ${path} of ${DOCUMENT}: add it to its class in ` +
          "src/resources/, and a new class to tests/resources/api.ts",
      );
    }
    if (undocumented.includes(id)) {
      lines.push(`${id} is in ${DOCUMENT} now: take it out of ${LIST}`);
    }
  }
  for (const name of methods.keys()) {
    if (operations.some(({ id }) => id === name) || undocumented.includes(name)) continue;
    lines.push(
      `no operation ${name} in ${DOCUMENT}: name the method after its operationId, ` +
        `or add "${name}" to ${LIST}`,
    );
  }
  for (const name of undocumented) {
    if (!methods.has(name)) lines.push(`no method ${name}: take it out of ${LIST}`);
  }
  if (lines.length > 0) throw new Error(lines.join("\n"));
}

/** Answers everything, and remembers what it was asked. */
function recorder(): { requests: RecordedRequest[]; api: Api } {
  const requests: RecordedRequest[] = [];
  const fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    requests.push({
      method: request.method,
      url: request.url,
      at: 0,
      path: url.pathname.replace(/^\/v1/, ""),
      query: Object.fromEntries(url.searchParams),
      headers: Object.fromEntries(request.headers),
      body: await bodyOf(request),
    });
    return Response.json({ id: "sample", results: [] });
  };
  return { requests, api: createApi(createSend({ auth: "r8_test", fetch, retry: false })) };
}

async function bodyOf(request: Request): Promise<unknown> {
  const type = request.headers.get("content-type") ?? "";
  if (type.startsWith("multipart/form-data")) {
    const parts: Record<string, unknown> = {};
    for (const [name, value] of await request.formData()) {
      const text = typeof value === "string" ? value : await value.text();
      parts[name] = name === "metadata" ? JSON.parse(text) : text;
    }
    return parts;
  }
  const text = await request.text();
  return text === "" ? undefined : type.startsWith("application/json") ? JSON.parse(text) : text;
}

async function requestsOf(
  document: OpenApi,
  operation: Operation,
): Promise<RecordedRequest[]> {
  const { api, requests } = recorder();
  await methodOf(api, operation)(...sampleArguments(document, operation));
  return requests;
}

Deno.test("each operation of the document has a method, and each other method is listed", async () => {
  const operations = operationsOf(await readDocument());
  assert(operations.length >= 37, `${operations.length} operations in ${DOCUMENT}`);
  assertComplete(operations, methodsOf(recorder().api));
});

Deno.test("an operation that is new in the document is missed by its name", async () => {
  const document = await readDocument();
  document.paths["/things/{thing_id}"] = {
    get: { operationId: "things.parts.get", responses: {} },
  };
  assertThrows(
    () => assertComplete(operationsOf(document), methodsOf(recorder().api)),
    Error,
    "no method things.parts.get for GET /things/{thing_id}",
  );
});

Deno.test("a method that is not in the document is found by its name", async () => {
  const document = await readDocument();
  delete document.paths["/hardware"];
  assertThrows(
    () => assertComplete(operationsOf(document), methodsOf(recorder().api)),
    Error,
    'no operation hardware.list in tests/testdata/openapi.json: name the method after its operationId, or add "hardware.list" to UNDOCUMENTED in tests/openapi/document.ts',
  );
});

Deno.test("a method that is listed as undocumented passes, for as long as that is true", async () => {
  const document = await readDocument();
  const listed = [...UNDOCUMENTED, "hardware.list"];
  const check = (): void =>
    assertComplete(operationsOf(document), methodsOf(recorder().api), listed);
  assertThrows(check, Error, "hardware.list is in tests/testdata/openapi.json now");
  delete document.paths["/hardware"];
  check();
  const methods = methodsOf(recorder().api);
  methods.delete("hardware.list");
  assertThrows(
    () => assertComplete(operationsOf(document), methods, listed),
    Error,
    "no method hardware.list: take it out of UNDOCUMENTED",
  );
});

Deno.test("each method sends one request, which is that of its operation and of no other", async () => {
  const document = await readDocument();
  const operations = operationsOf(document);
  const produced = new Map<string, string[]>();
  for (const operation of operations) {
    const requests = await requestsOf(document, operation);
    assertEquals(
      requests.length,
      1,
      `${operation.id}: are its arguments in SPECIAL of tests/openapi/samples.ts right?`,
    );
    const { method, path } = requests[0]!;
    const id = findOperation(operations, method, path)?.id ?? `${method} ${path}`;
    produced.set(id, [...produced.get(id) ?? [], operation.id]);
  }
  assertEquals(produced, new Map(operations.map(({ id }) => [id, [id]])));
});

Deno.test("each request fits the document: its query, its headers and its body", async () => {
  const document = await readDocument();
  for (const operation of operationsOf(document)) {
    const [request] = await requestsOf(document, operation);
    assertEquals(checkRequest(OPERATIONS.get(operation.id)!, request!), [], operation.id);
    for (const name of ["prefer", "cancel-after"]) {
      const known = operation.parameters.some((it) => it.name.toLowerCase() === name);
      assertEquals(name in request!.headers, known, `${operation.id} ${name}`);
    }
    assertEquals(request!.headers.authorization, "Bearer r8_test", operation.id);
  }
});

Deno.test("each field, query parameter and header of the document can be sent", async () => {
  const document = await readDocument();
  for (const operation of operationsOf(document)) {
    const [request] = await requestsOf(document, operation);
    const { query, headers, body } = request!;
    if (operation.body?.type === "application/json") {
      assertEquals(Object.keys(body as object).sort(), sentFields(operation).sort(), operation.id);
    }
    for (const { name, in: where } of operation.parameters) {
      if (where === "query") assert(name in query, `${operation.id} ${name}`);
      if (where === "header") assert(name.toLowerCase() in headers, `${operation.id} ${name}`);
    }
  }
});

Deno.test("request options stay out of bodies and queries, and an option that nobody knows is refused", async () => {
  const document = await readDocument();
  for (const operation of operationsOf(document)) {
    const args = sampleArguments(document, operation);
    const options = { signal: new AbortController().signal, timeout: "9s", retry: false };
    const last = args.at(-1);
    if (typeof last === "object") args[args.length - 1] = { ...last, ...options };
    else args.push(options);
    const { api, requests } = recorder();
    await methodOf(api, operation)(...args);
    assertEquals(checkRequest(OPERATIONS.get(operation.id)!, requests[0]!), [], operation.id);
    const sent = JSON.stringify([requests[0]!.query, requests[0]!.body]);
    assert(!/signal|timeout|retry/.test(sent ?? ""), operation.id);

    args[args.length - 1] = { ...args.at(-1) as object, made_up: 1 };
    await assertRejects(
      async () => void await methodsOf(api).get(operation.id)!(...args),
      TypeError,
      "there is no option made_up",
    );
    assertEquals(requests.length, 1, operation.id);
  }
});

Deno.test("each method gets an answer from the fake, and each one fits the document", async () => {
  await using fake = new FakeReplicate({
    models: {
      "acme/echo": {
        run: ({ text }) => text,
        train: () => ({}),
        readme: "# Echo",
        examples: [{ input: { text: "hi" }, output: "hi" }],
        versions: 2,
        visibility: "private",
      },
      "acme/mine": {},
      "acme/official": { official: true, run: ({ text }) => text },
    },
    owner: "acme",
    strict: { validate },
  });
  await useEverything(createApi(createSend({ auth: "r8_test", fetch: fake.fetch })), fake);
  fake.assertDone();
  const used = new Set(fake.requests.map(({ operation }) => operation));
  assertEquals(
    [...OPERATIONS.keys()].filter((id) => !used.has(id)),
    [],
    "useEverything() in tests/contract_test.ts lacks a call of these operations",
  );
});

async function useEverything(api: Api, fake: FakeReplicate): Promise<void> {
  const { account, collections, deployments, files, hardware, models } = api;
  const { predictions, search, trainings, webhooks } = api;
  const input = { text: "hello" };
  const shape = { hardware: "cpu", min_instances: 0, max_instances: 1 };
  const [version, older] = [fake.version("acme/echo"), fake.version("acme/echo", 1)];

  assertEquals((await account.get()).username, "acme");
  assert((await hardware.list()).length > 0);
  assertEquals((await webhooks.default.secret.get()).key, fake.webhookSecret);
  assertEquals((await collections.list()).results.map(({ slug }) => slug), ["official"]);
  assertEquals((await collections.get("official")).models[0]?.name, "official");
  const found = await search({ query: "official" });
  assertEquals(found.models.map(({ model }) => model.name), ["official"]);

  const created = await deployments.create({ name: "d", model: "acme/echo", version, ...shape });
  assertEquals(created.current_release.number, 1);
  const updated = await deployments.update("acme", "d", { max_instances: 2 });
  assertEquals(updated.current_release.number, 2);
  assertEquals(await deployments.get("acme", "d"), updated);
  assertEquals((await deployments.list()).results, [updated]);
  const deployed = await deployments.predictions.create("acme", "d", { input, wait: true });
  assertEquals(deployed.output, "hello");
  await deployments.delete("acme", "d");
  assertEquals((await deployments.list()).results, []);

  const file = await files.create(new Blob(["hi"]), { filename: "a.txt", metadata: { a: 1 } });
  assertEquals((await files.get(file.id)).metadata, { a: 1 });
  assertEquals((await files.list()).results.map(({ id }) => id), [file.id]);
  await files.download(file.id, await fake.signDownload(file.id));
  await files.delete(file.id);

  const own = { owner: "acme", name: "new", hardware: "cpu", visibility: "private" } as const;
  assertEquals((await models.create(own)).latest_version, null);
  assertEquals((await models.update("acme", "new", { readme: "# New" })).name, "new");
  assertEquals(await models.readme.get("acme", "new"), "# New");
  assertEquals((await models.get("acme", "new")).visibility, "private");
  await models.delete("acme", "new");
  assert((await models.list({ sort_by: "model_created_at" })).results.length > 0);
  assertEquals((await models.search("official")).results.length, 1);
  assertEquals((await models.examples.list("acme", "echo")).results.length, 1);
  assertEquals((await models.versions.list("acme", "echo")).results.length, 2);
  assertEquals((await models.versions.list("acme", "official")).results.length, 1);
  assertEquals((await models.versions.get("acme", "echo", version)).id, version);
  await models.versions.delete("acme", "echo", older);
  const official = await models.predictions.create("acme", "official", { input, wait: true });
  assertEquals(official.output, "hello");

  const prediction = await predictions.create({ version, input, cancelAfter: "1m" });
  assertEquals((await predictions.get(prediction.id)).id, prediction.id);
  await predictions.cancel(prediction.id);
  assertEquals((await predictions.list({ created_after: new Date(0) })).results.length, 3);
  const destination = "acme/mine";
  const training = await trainings.create("acme", "echo", version, { destination, input });
  assertEquals((await trainings.get(training.id)).id, training.id);
  await trainings.cancel(training.id);
  assertEquals((await trainings.list()).results.length, 1);
}

Deno.test("each example of an answer in the document is a value of the method's type", async () => {
  const examples = examplesOf(operationsOf(await readDocument()));
  assert(examples.length >= 18, `${examples.length} examples`);
  assertEquals(compileExamples(examples), []);
});

Deno.test("an example that does not fit the method's type is found by its name", () => {
  const problems = compileExamples([
    { id: "hardware.list", code: '[{ "name": "CPU", "sku": "cpu" }]' },
    { id: "webhooks.default.secret.get", code: '{ "key": 7 }' },
  ]);
  assertEquals(problems.length, 1);
  assert(problems[0]!.startsWith("webhooks.default.secret.get:"), problems[0]);
});
