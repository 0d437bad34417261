/** The operations of an OpenAPI document, and arguments to call them with. */

export interface Schema {
  $ref?: string;
  type?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  required?: string[];
  enum?: unknown[];
  example?: unknown;
  default?: unknown;
  minimum?: number;
  description?: string;
}

export interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  required?: boolean;
  schema: Schema;
}

export interface Operation {
  id: string;
  method: string;
  path: string;
  parameters: Parameter[];
  /** The type and the schema of the body. */
  body: { type: string; schema: Schema } | undefined;
  description: string;
  /** By status and type. */
  responses: Record<string, { content?: Record<string, { schema: Schema; example?: unknown }> }>;
}

export interface OpenApi {
  paths: Record<string, Record<string, RawOperation>>;
  components: { parameters: Record<string, Parameter>; schemas: Record<string, Schema> };
}

interface RawOperation {
  operationId: string;
  description?: string;
  parameters?: (Parameter | { $ref: string })[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Operation["responses"];
}

/**
 * Methods for operations that Replicate has not documented yet, by dotted name, such as
 * `predictions.explain`. A method here needs tests of its own, as there is no document to check it
 * against.
 */
export const UNDOCUMENTED: readonly string[] = [];

const FILE = new URL("../testdata/openapi.json", import.meta.url);

export async function readDocument(): Promise<OpenApi> {
  return JSON.parse(await Deno.readTextFile(FILE));
}

export function resolve<T extends object>(document: OpenApi, value: T | { $ref: string }): T {
  if (!("$ref" in value) || typeof value.$ref !== "string") return value as T;
  const keys = value.$ref.slice(2).split("/");
  return keys.reduce((node: unknown, key) => (node as Record<string, unknown>)[key], document) as T;
}

export function operationsOf(document: OpenApi): Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, raw]): Operation => {
      const [content] = Object.entries(raw.requestBody?.content ?? {});
      return {
        id: raw.operationId,
        method: method.toUpperCase(),
        path,
        parameters: (raw.parameters ?? []).map((it) => resolve<Parameter>(document, it)),
        body: content && { type: content[0], schema: resolve(document, content[1].schema) },
        description: raw.description ?? "",
        responses: raw.responses,
      };
    })
  );
}

/** The operation that a request is one of. */
export function findOperation(
  operations: Operation[],
  method: string,
  path: string,
): Operation | undefined {
  const fits = (it: Operation): boolean =>
    new RegExp(`^${it.path.replace(/\{\w+\}/g, "[^/]+")}$`).test(path);
  return operations.find((it) => it.method === method && fits(it));
}

/** What is no JSON body is not written down as one in the document. */
const SPECIAL: Record<string, () => unknown[]> = {
  "models.search": () => ["hello"],
  "files.create": () => [
    new Blob(["hello"], { type: "text/plain" }),
    { filename: "hello.txt", metadata: { customer: 1 } },
  ],
  "files.download": () => ["sample", { owner: "acme", expiry: 1708515345, signature: "a+b/c=" }],
};

/** Arguments that use everything an operation takes, what is deprecated apart. */
export function sampleArguments(document: OpenApi, operation: Operation): unknown[] {
  const special = SPECIAL[operation.id];
  if (special) return special();
  const segments = operation.parameters.filter((it) => it.in === "path").map(() => "sample");
  const fields: Record<string, unknown> = {};
  for (const { name, in: where, schema } of operation.parameters) {
    if (where === "query") fields[name] = sample(document, schema);
  }
  for (const name of sentFields(operation)) {
    fields[name] = sample(document, operation.body!.schema.properties![name]!);
  }
  if (operation.parameters.some(({ name }) => name === "Prefer")) {
    Object.assign(fields, { wait: 5, cancelAfter: "5m" });
  }
  return [...segments, fields];
}

/** The fields of a JSON body, those apart that are deprecated. */
export function sentFields({ body }: Operation): string[] {
  return Object.entries(body?.schema.properties ?? {})
    .filter(([, { description }]) => !description?.includes("deprecated")).map(([name]) => name);
}

function sample(document: OpenApi, schema: Schema): unknown {
  const { type, items, enum: choices, example, default: preset, minimum } = resolve(
    document,
    schema,
  );
  const given = example ?? preset ?? choices?.[0];
  if (given !== undefined) return given;
  if (type === "integer" || type === "number") return minimum ?? 1;
  if (type === "array") return items ? [sample(document, items)] : [];
  if (type === "object") return {};
  return type === "boolean" ? true : "https://example.com/sample";
}
