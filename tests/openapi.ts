/**
 * Checks requests and answers against Replicate's own OpenAPI document.
 *
 * @module
 */
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import type { Exchange } from "../src/testing/mod.ts";

/** A JSON schema, as far as this file looks into it. */
export type Schema = Record<string, unknown>;

interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required?: boolean;
  readonly schema: Schema;
}

interface Content {
  readonly schema?: Schema;
}

/** One operation of the document. */
export interface Operation {
  readonly operationId: string;
  /** The method in capitals. */
  readonly method: string;
  /** The path with its placeholders. */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: {
    readonly required?: boolean;
    readonly content: Readonly<Record<string, Content>>;
  };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, Content>> }>
  >;
}

type RawOperation = Omit<Operation, "method" | "path" | "parameters"> & {
  readonly parameters?: readonly (Parameter | { readonly $ref: string })[];
};

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, RawOperation>>>>;
  readonly components: {
    readonly schemas: Record<string, Schema & { required?: string[]; properties: Schema }>;
    readonly parameters: Readonly<Record<string, Parameter>>;
  };
}

const source = new URL("./testdata/openapi.json", import.meta.url);
const document: Document = JSON.parse(Deno.readTextFileSync(source));

/** The operations of the document, by `operationId`. */
export const OPERATIONS: ReadonlyMap<string, Operation> = new Map(
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, raw]): [string, Operation] => {
      const parameters = (raw.parameters ?? []).map((one) =>
        "$ref" in one ? lookUp(one.$ref) : one
      );
      return [raw.operationId, { ...raw, method: method.toUpperCase(), path, parameters }];
    })
  ),
);

const ajv = new Ajv2020({ strict: false, allErrors: true });
formats.default(ajv);
for (const format of ["binary", "int64"]) ajv.addFormat(format, true);
ajv.addSchema({ $id: "document", components: { schemas: asAnswered(document) } });

/**
 * What is wrong with an exchange: nothing, if the list is empty. A request that was refused is the
 * server's business, so only accepted ones are checked.
 */
export function validate({ operation: id, request, answer }: Exchange): string[] {
  const operation = OPERATIONS.get(id);
  if (operation === undefined) return ["the document has no such operation"];
  const asked = answer.status < 400 ? checkRequest(operation, request) : [];
  return [...asked, ...checkAnswer(operation, answer)];
}

/** What is wrong with a request. */
export function checkRequest(operation: Operation, request: Exchange["request"]): string[] {
  const problems: string[] = [];
  const template = operation.path.replace(/\{\w+\}/g, "[^/]+");
  if (!new RegExp(`^${template}$`).test(request.path) || request.method !== operation.method) {
    problems.push(`request: ${request.method} ${request.path} is not this operation`);
  }
  for (const name of Object.keys(request.query)) {
    // Cursors are not in the document, yet every `next` has one.
    const isKnown = operation.parameters.some((one) => one.in === "query" && one.name === name);
    if (!isKnown && name !== "cursor") problems.push(`request: unknown query parameter ${name}`);
  }
  for (const { name, in: place, required, schema } of operation.parameters) {
    if (place === "path") continue;
    const values = place === "query" ? request.query : request.headers;
    const value = values[place === "query" ? name : name.toLowerCase()];
    if (value !== undefined) {
      const typed = schema.type === "integer" ? Number(value) : value;
      problems.push(...against(schema, typed, `request ${place} ${name}`));
    } else if (required) problems.push(`request: missing ${place} parameter ${name}`);
  }
  return [...problems, ...checkBody(operation, request)];
}

/** What is wrong with an answer. */
export function checkAnswer(operation: Operation, answer: Exchange["answer"]): string[] {
  const documented = operation.responses[answer.status];
  if (documented === undefined) {
    return answer.status < 400 ? [`answer: status ${answer.status} is not documented`] : [];
  }
  const types = Object.keys(documented.content ?? {});
  if (types.length === 0) return [];
  const type = answer.contentType.split(";")[0] ?? "";
  const schema = documented.content?.[type]?.schema;
  if (schema === undefined) return [`answer: content type ${type} is not ${types.join(" or ")}`];
  return schema.format === "binary" ? [] : against(schema, answer.body, "answer");
}

function checkBody(operation: Operation, request: Exchange["request"]): string[] {
  const content = operation.requestBody?.content;
  if (content === undefined) return request.body === undefined ? [] : ["request: unexpected body"];
  const type = request.headers["content-type"]?.split(";")[0] ?? "";
  const schema = content[type]?.schema;
  if (schema === undefined) return [`request: content type ${type} is not documented`];
  const isForm = type === "multipart/form-data";
  return against(schema, isForm ? fromForm(request.body) : request.body, "request");
}

/** A logged form with its parts as the schema has them: files are texts, metadata is an object. */
function fromForm(body: unknown): unknown {
  const parts = Object.entries(body ?? {}).map(([name, value]) => {
    if (name === "metadata" && typeof value === "string") return [name, JSON.parse(value)];
    if (name === "metadata") return [name, {}];
    return [name, typeof value === "string" ? value : ""];
  });
  return Object.fromEntries(parts);
}

/** What is wrong with a value under a schema of the document. */
export function against(schema: Schema, value: unknown, what: string): string[] {
  const rewritten: Schema = JSON.parse(
    JSON.stringify(schema).replaceAll("#/components/", "document#/components/"),
  );
  const check = ajv.compile(rewritten);
  if (check(value)) return [];
  return (check.errors ?? []).map(({ instancePath, message, params }) =>
    `${what}${instancePath}: ${message} ${JSON.stringify(params)}`
  );
}

function lookUp(ref: string): Parameter {
  const found = document.components.parameters[ref.slice(ref.lastIndexOf("/") + 1)];
  if (found === undefined) throw new Error(`Cannot find ${ref}`);
  return found;
}

/** The schemas, with the few differences that real answers were seen to have. */
function asAnswered({ components: { schemas } }: Document): Record<string, Schema> {
  const prediction = schemas.schemas_prediction_response;
  if (prediction === undefined) throw new Error("Cannot find the schema of a prediction");
  const { properties, required = [] } = prediction;
  return {
    ...schemas,
    schemas_prediction_response: {
      ...prediction,
      // A prediction that has just been created has no `output` yet.
      required: required.filter((name) => name !== "output"),
      properties: {
        ...properties,
        // The logs are null once the data is removed, and of some canceled predictions.
        logs: { type: ["string", "null"] },
        // The document wants exactly one of "a text" and "hidden", which "hidden" cannot meet.
        version: { type: "string" },
      },
    },
  };
}
