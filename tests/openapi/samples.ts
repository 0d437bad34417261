/** Arguments with which the tests call each operation of the document. */

import { type OpenApi, type Operation, resolve, type Schema } from "./document.ts";

/** The arguments of operations whose body is not JSON, as the document does not describe them. */
const SPECIAL: Record<string, () => unknown[]> = {
  "models.search": () => ["hello"],
  "files.create": () => [
    new Blob(["hello"], { type: "text/plain" }),
    { filename: "hello.txt", metadata: { customer: 1 } },
  ],
  "files.download": () => ["sample", { owner: "acme", expiry: 1708515345, signature: "a+b/c=" }],
};

/** Makes arguments that use everything an operation takes, except for what is deprecated. */
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

/** The fields of a JSON body, except for the deprecated ones. */
export function sentFields({ body }: Operation): string[] {
  return Object.entries(body?.schema.properties ?? {})
    .filter(([, { description }]) => !description?.includes("deprecated")).map(([name]) => name);
}

/** Makes a value that fits a schema. */
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
