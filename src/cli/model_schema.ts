/** The schema of what is run: asked for once. */

import type { Client } from "../client.ts";
import { isMissing } from "../resources/missing.ts";
import type { ModelVersion } from "../resources/model_versions.ts";
import { type DeploymentRef, parseRef } from "../run/ref.ts";
import { shapeOf } from "../schema/find.ts";
import { isRecord } from "../base/record.ts";
import { type JsonSchema, resolve, type Schemas } from "../schema/json_schema.ts";
import type { ModelShape } from "../schema/shape.ts";

/** The ref, and the schema of what it runs; `undefined` where there is none to be found. */
export interface KnownModel {
  /** The ref; with its version, where that was asked for anyway. */
  readonly ref: string | DeploymentRef;
  readonly shape: ModelShape | undefined;
}

/**
 * Asks for the schema of what is run.
 *
 * @throws {ApiError} 404 if there is no such model or deployment.
 */
export async function findModel(
  client: Client,
  ref: string | DeploymentRef,
  signal?: AbortSignal,
): Promise<KnownModel> {
  const options = signal && { signal };
  const parsed = parseRef(ref);
  if (parsed.kind === "deployment") {
    const { current_release } = await client.deployments.get(parsed.owner, parsed.name, options);
    const { model, version } = current_release;
    return {
      ref,
      shape: shapeOf((await versionOf(client, model, version, options))?.openapi_schema),
    };
  }
  if (parsed.kind === "model") {
    const model = await client.models.get(parsed.owner, parsed.name, options);
    const id = model.is_official ? undefined : model.latest_version?.id;
    const exact = id === undefined ? ref : `${parsed.label}:${id}`;
    return { ref: exact, shape: shapeOf(model.latest_version?.openapi_schema) };
  }
  // The id alone does not say of which model it is.
  const [model = ""] = String(ref).split(":");
  if (!model.includes("/")) return { ref, shape: undefined };
  return {
    ref,
    shape: shapeOf((await versionOf(client, model, parsed.version, options))?.openapi_schema),
  };
}

async function versionOf(
  client: Client,
  model: string,
  version: string,
  options: { signal: AbortSignal } | undefined,
): Promise<ModelVersion | null | undefined> {
  const [owner = "", name = ""] = model.split("/");
  try {
    return await client.models.versions.get(owner, name, version, options);
  } catch (error) {
    if (!isMissing(error)) throw error;
    // The versions of official models are not public, but for the latest one.
    const { latest_version } = await client.models.get(owner, name, options);
    if (latest_version?.id !== version) throw error;
    return latest_version;
  }
}

/** A schema with its `$ref` followed, and with the parts of `allOf` in it. */
export function merged(
  given: JsonSchema | undefined,
  schemas: Schemas = {},
  depth = 0,
): JsonSchema {
  if (!isRecord(given) || depth > 16) return {};
  const { allOf, ...schema } = resolve(given, schemas);
  if (!Array.isArray(allOf)) return schema;
  const parts = allOf.map((part: JsonSchema) => merged(part, schemas, depth + 1));
  // The title and the text of a set of choices are not those of the field that has them.
  const { title: _, description: __, ...inner } = Object.assign({}, ...parts);
  return { ...inner, ...schema };
}

/** `true` if the output is text, which can be printed while it is made. */
export function isText(shape: ModelShape | undefined): boolean {
  // Where nothing is said, text is text.
  if (!shape?.output) return true;
  const { type, format, items, ...rest } = merged(shape.output, shape.schemas);
  if (type === undefined) return Object.keys(rest).length === 0 || rest.anyOf === undefined;
  if (type === "string") return format !== "uri";
  return type === "array" && rest["x-cog-array-display"] === "concatenate" &&
    merged(items, shape.schemas).format !== "uri";
}

/** `true` if the output is made piece by piece, so that its stream is worth to be read. */
export function isStreamed(shape: ModelShape | undefined): boolean {
  const output = merged(shape?.output, shape?.schemas);
  return output["x-cog-array-type"] === "iterator" && isText(shape);
}
