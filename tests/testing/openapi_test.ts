import { assertEquals } from "@std/assert";
import { FakeReplicate } from "../../src/testing/mod.ts";
import { ROUTES } from "../../src/testing/routes/table.ts";
import { OPERATIONS, validate } from "../openapi/validate.ts";

interface Call {
  readonly operation: string;
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly status: number;
}

const HASH = "f".repeat(64);

function makeFake(): FakeReplicate {
  return new FakeReplicate({
    strict: { validate },
    models: {
      "acme/poet": {
        official: true,
        run: () => ["a", "b"],
        readme: "# Poet",
        examples: [{ input: { topic: "rain" }, output: ["Rain"] }],
      },
      "acme/painter": { versions: [HASH], run: () => new Blob(["x"], { type: "image/png" }) },
      "acme/empty": { versions: 0, visibility: "private" },
      "other/trainer": {},
    },
    deployments: { "acme/atelier": { model: "acme/painter" } },
  });
}

async function ids(fake: FakeReplicate): Promise<Record<string, string>> {
  const prediction = fake.predict("acme/painter", {});
  const form = new FormData();
  form.set("content", new File(["hello"], "a.txt", { type: "text/plain" }));
  const file = await (await ask(fake, "POST", "/files", form)).json();
  const where = `/models/other/trainer/versions/${fake.version("other/trainer")}/trainings`;
  const body = JSON.stringify({ destination: "acme/empty", input: {} });
  const training = await (await ask(fake, "POST", where, body)).json();
  const signed = await fake.signDownload(file.id);
  const query = new URLSearchParams({ ...signed, expiry: String(signed.expiry) });
  return { prediction: prediction.id, file: file.id, training: training.id, query: String(query) };
}

function ask(
  fake: FakeReplicate,
  method: string,
  path: string,
  body?: BodyInit,
  headers: Record<string, string> = {},
): Promise<Response> {
  const isText = typeof body === "string";
  return fake.fetch(`https://api.replicate.com/v1${path}`, {
    method,
    body: body ?? null,
    headers: {
      authorization: "Bearer t",
      ...(isText ? { "content-type": "application/json" } : {}),
      ...headers,
    },
  });
}

const INPUT = { input: { topic: "rain" } };
const MODEL = { owner: "acme", name: "new", visibility: "private", hardware: "cpu" };
const RELEASE = { version: HASH, hardware: "cpu", min_instances: 0, max_instances: 2 };
const DEPLOYMENT = { name: "new", model: "acme/painter", ...RELEASE };
const TEXT = { "content-type": "text/plain" };

const CALLS: readonly Call[] = [
  { operation: "account.get", path: "/account", status: 200 },
  { operation: "collections.list", path: "/collections", status: 200 },
  { operation: "collections.get", path: "/collections/official", status: 200 },
  { operation: "deployments.list", path: "/deployments", status: 200 },
  { operation: "deployments.create", path: "/deployments", body: DEPLOYMENT, status: 200 },
  { operation: "deployments.get", path: "/deployments/acme/atelier", status: 200 },
  {
    operation: "deployments.update",
    path: "/deployments/acme/atelier",
    body: { min_instances: 1 },
    status: 200,
  },
  {
    operation: "deployments.predictions.create",
    path: "/deployments/acme/atelier/predictions",
    body: { ...INPUT, webhook_events_filter: ["completed"] },
    headers: { prefer: "wait=5", "cancel-after": "1m30s" },
    status: 201,
  },
  { operation: "deployments.delete", path: "/deployments/acme/atelier", status: 204 },
  { operation: "files.list", path: "/files", status: 200 },
  { operation: "files.create", path: "/files", status: 201 },
  { operation: "files.get", path: "/files/{file}", status: 200 },
  { operation: "files.download", path: "/files/{file}/download?{query}", status: 200 },
  { operation: "files.delete", path: "/files/{file}", status: 204 },
  { operation: "hardware.list", path: "/hardware", status: 200 },
  { operation: "models.list", path: "/models?sort_by=model_created_at", status: 200 },
  { operation: "models.create", path: "/models", body: MODEL, status: 201 },
  { operation: "models.search", path: "/models", body: "poet", headers: TEXT, status: 200 },
  { operation: "models.get", path: "/models/acme/poet", status: 200 },
  { operation: "models.update", path: "/models/acme/poet", body: { readme: "# P" }, status: 200 },
  { operation: "models.delete", path: "/models/acme/new", status: 204 },
  { operation: "models.examples.list", path: "/models/acme/poet/examples", status: 200 },
  {
    operation: "models.predictions.create",
    path: "/models/acme/poet/predictions",
    body: INPUT,
    status: 201,
  },
  { operation: "models.readme.get", path: "/models/acme/poet/readme", status: 200 },
  { operation: "models.versions.list", path: "/models/acme/painter/versions", status: 200 },
  { operation: "models.versions.get", path: `/models/acme/painter/versions/${HASH}`, status: 200 },
  {
    operation: "trainings.create",
    path: `/models/acme/painter/versions/${HASH}/trainings`,
    body: { destination: "acme/empty", ...INPUT },
    status: 201,
  },
  { operation: "predictions.list", path: "/predictions?source=web", status: 200 },
  {
    operation: "predictions.create",
    path: "/predictions",
    body: { version: HASH, ...INPUT },
    status: 201,
  },
  { operation: "predictions.get", path: "/predictions/{prediction}", status: 200 },
  { operation: "predictions.cancel", path: "/predictions/{prediction}/cancel", status: 200 },
  { operation: "search", path: "/search?query=paint&limit=5", status: 200 },
  { operation: "trainings.list", path: "/trainings", status: 200 },
  { operation: "trainings.get", path: "/trainings/{training}", status: 200 },
  { operation: "trainings.cancel", path: "/trainings/{training}/cancel", status: 200 },
  { operation: "webhooks.default.secret.get", path: "/webhooks/default/secret", status: 200 },
  {
    operation: "models.versions.delete",
    path: `/models/acme/painter/versions/${HASH}`,
    status: 202,
  },
];

Deno.test("FakeReplicate answers each operation of the document as the document says", async (t) => {
  const operations = [...OPERATIONS.keys()];
  const lacking = (has: (id: string) => boolean): string[] => operations.filter((id) => !has(id));
  assertEquals(
    lacking((id) => ROUTES.some(({ operation }) => operation === id)),
    [],
    "ROUTES in src/testing/routes/table.ts lacks a line for these operations",
  );
  assertEquals(
    lacking((id) => CALLS.some(({ operation }) => operation === id)),
    [],
    "CALLS in tests/testing/openapi_test.ts lacks a line for these operations",
  );
  await using fake = makeFake();
  const known = await ids(fake);
  for (const { operation, path, body, headers, status } of CALLS) {
    await t.step(operation, async () => {
      const before = fake.requests.length;
      const where = path.replace(/\{(\w+)\}/g, (_, name: string) => known[name] ?? "");
      const { method = "" } = OPERATIONS.get(operation) ?? {};
      const response = await ask(fake, method, where, toBody(operation, body), headers);
      assertEquals([response.status, await response.text() !== ""], [
        status,
        status !== 204 && status !== 202,
      ]);
      assertEquals(fake.requests[before]?.operation, operation);
    });
  }
  fake.assertDone();
});

Deno.test("validate() finds what is wrong with a request and with an answer", () => {
  const request = {
    method: "GET",
    path: "/predictions",
    url: "",
    query: { limit: "3" },
    headers: {},
    body: undefined,
    at: 0,
  };
  const answer = { status: 200, contentType: "application/json", body: { next: 5 } };
  const problems = validate({ operation: "predictions.list", request, answer });
  assertEquals(problems, [
    "request: unknown query parameter limit",
    'answer/next: must be string {"type":"string"}',
  ]);
});

function toBody(operation: string, body: unknown): BodyInit | undefined {
  if (operation !== "files.create") {
    return body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  }
  const form = new FormData();
  form.set("content", new File(["hello"], "a.txt", { type: "text/plain" }));
  form.set("metadata", JSON.stringify({ customer: { id: 1 } }));
  return form;
}
