/** Checks requests and answers against Replicate's own OpenAPI document. */

import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import type { Exchange } from "../../src/testing/mod.ts";
import {
  hasPath,
  type OpenApi,
  type Operation,
  operationsOf,
  readDocument,
  type Schema,
} from "./document.ts";

const document = await readDocument();

/** The operations of the document, by `operationId`. */
export const OPERATIONS: ReadonlyMap<string, Operation> = new Map(
  operationsOf(document).map((operation) => [operation.id, operation]),
);

const ajv = new Ajv2020({ strict: false, allErrors: true });
formats.default(ajv);
for (const format of ["binary", "int64"]) ajv.addFormat(format, true);
ajv.addSchema({ $id: "document", components: { schemas: asAnswered(document) } });

/**
 * Lists the problems of an exchange. The request is checked only if it was accepted, as the server
 * has judged the others.
 */
export function validate({ operation: id, request, answer }: Exchange): string[] {
  const operation = OPERATIONS.get(id);
  if (operation === undefined) return ["the document has no such operation"];
  const asked = answer.status < 400 ? checkRequest(operation, request) : [];
  return [...asked, ...checkAnswer(operation, answer)];
}

/** Lists the problems of a request. */
export function checkRequest(operation: Operation, request: Exchange["request"]): string[] {
  const problems: string[] = [];
  if (!hasPath(operation, request.path) || request.method !== operation.method) {
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

/** Lists the problems of an answer. */
function checkAnswer(operation: Operation, answer: Exchange["answer"]): string[] {
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

function checkBody({ body }: Operation, request: Exchange["request"]): string[] {
  if (body === undefined) return request.body === undefined ? [] : ["request: unexpected body"];
  const type = request.headers["content-type"]?.split(";")[0] ?? "";
  if (type !== body.type) return [`request: content type ${type} is not documented`];
  const isForm = type === "multipart/form-data";
  return against(body.schema, isForm ? fromForm(request.body) : request.body, "request");
}

/** Turns a logged form into the object that its schema describes: a file is a text there. */
function fromForm(body: unknown): unknown {
  const parts = Object.entries(body ?? {}).map(([name, value]) => {
    if (name === "metadata" && typeof value === "string") return [name, JSON.parse(value)];
    if (name === "metadata") return [name, {}];
    return [name, typeof value === "string" ? value : ""];
  });
  return Object.fromEntries(parts);
}

/** Lists the problems of a value under a schema of the document. */
function against(schema: Schema, value: unknown, what: string): string[] {
  const rewritten: Schema = JSON.parse(
    JSON.stringify(schema).replaceAll("#/components/", "document#/components/"),
  );
  const check = ajv.compile(rewritten);
  if (check(value)) return [];
  return (check.errors ?? []).map(({ instancePath, message, params }) =>
    `${what}${instancePath}: ${message} ${JSON.stringify(params)}`
  );
}

/** The schemas, with the differences that real answers were seen to have. */
function asAnswered({ components: { schemas } }: OpenApi): Record<string, Schema> {
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
