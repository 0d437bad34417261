/** Reads `tests/testdata/openapi.json`, which is Replicate's own description of its API. */

/** A JSON schema, with the keywords that the tests look at. */
export interface Schema {
  $ref?: string;
  format?: string;
  type?: string | string[];
  properties?: Record<string, Schema>;
  items?: Schema;
  required?: string[];
  enum?: unknown[];
  example?: unknown;
  default?: unknown;
  minimum?: number;
  description?: string;
}

/** A parameter of an operation. */
export interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  required?: boolean;
  schema: Schema;
}

/** An operation, with its references resolved. */
export interface Operation {
  /** The `operationId`. */
  id: string;
  /** The method in capitals. */
  method: string;
  /** The path with its placeholders. */
  path: string;
  parameters: Parameter[];
  /** The content type and the schema of the body. No operation takes more than one type. */
  body: { type: string; schema: Schema } | undefined;
  description: string;
  /** The answers by status and content type. */
  responses: Record<string, { content?: Record<string, { schema?: Schema; example?: unknown }> }>;
}

/** The document. */
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

/** Reads the document. Each call gives a copy that a test may change. */
export async function readDocument(): Promise<OpenApi> {
  return JSON.parse(await Deno.readTextFile(FILE));
}

/** Follows a reference of the document. */
export function resolve<T extends object>(document: OpenApi, value: T | { $ref: string }): T {
  if (!("$ref" in value) || typeof value.$ref !== "string") return value as T;
  const keys = value.$ref.slice(2).split("/");
  return keys.reduce((node: unknown, key) => (node as Record<string, unknown>)[key], document) as T;
}

/** The operations of the document. */
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

/** Finds the operation that a request belongs to. */
export function findOperation(
  operations: Operation[],
  method: string,
  path: string,
): Operation | undefined {
  return operations.find((it) => it.method === method && hasPath(it, path));
}

/** Tells whether a path is that of an operation. */
export function hasPath(operation: Operation, path: string): boolean {
  return new RegExp(`^${operation.path.replace(/\{\w+\}/g, "[^/]+")}$`).test(path);
}
