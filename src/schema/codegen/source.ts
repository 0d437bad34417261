/** The models that types are written for, from what the API or a file says of them. */

import { parseRef } from "../../base/ref.ts";
import { path } from "../../base/path.ts";
import { ReplicateError } from "../../errors.ts";
import { isMissing } from "../../resources/missing.ts";
import type { RequestOptions, Send } from "../../http/types.ts";
import { isRecord } from "../../base/record.ts";
import type { Schemas } from "../json_schema.ts";

/** A model, and the schemas of the version that counts. */
export interface ModelSource {
  /** The account that the model belongs to. */
  readonly owner: string;
  /** The model's own name. */
  readonly name: string;
  /** The id of its version, if the types are those of one version. */
  readonly version?: string | undefined;
  /** The purpose of the model, in a sentence. */
  readonly description?: string | undefined;
  /** The schemas by name, `Input` and `Output` among them. */
  readonly schemas: Schemas;
}

/**
 * Reads models from the API, as many at once as the client lets through.
 *
 * @param refs The models, each as `owner/name` or `owner/name:version`.
 * @throws {ReplicateError} If there is no such model, or it has no version or no schema; the message says
 * what to do.
 */
export async function readSources(
  send: Send,
  refs: readonly string[],
  options?: RequestOptions,
): Promise<ModelSource[]> {
  return await Promise.all(refs.map((ref) => readSource(send, ref, options)));
}

async function readSource(
  send: Send,
  ref: string,
  options: RequestOptions | undefined,
): Promise<ModelSource> {
  const { owner, name, version } = partsOf(ref);
  const action = `write types for ${ref}`;
  try {
    const model = await send<Record<string, unknown>>({
      method: "GET",
      path: path`/models/${owner}/${name}`,
      action,
      expect: "object",
      options,
    });
    const latest = isRecord(model.latest_version) ? model.latest_version : undefined;
    if (version === undefined || latest?.id === version) {
      return sourceOf(ref, { ...model, latest_version: latest });
    }
    const pinned = await send<Record<string, unknown>>({
      method: "GET",
      path: path`/models/${owner}/${name}/versions/${version}`,
      action,
      expect: "object",
      options,
    });
    return sourceOf(ref, { ...model, latest_version: pinned });
  } catch (cause) {
    if (!isMissing(cause)) throw cause;
    throw new ReplicateError(
      `Cannot ${action}: there is no such model or version; check the name at ` +
        `https://replicate.com/${owner}/${name}, and give the token if it is a private one`,
      { cause },
    );
  }
}

/**
 * The models in a parsed JSON file: models as the API answers them, one or a list or a page of them, a
 * version, or an OpenAPI document. The last two need the model's name.
 *
 * @param refs The models that are wanted; all that the file has, if it is empty.
 * @throws {ReplicateError} If they are not in the file, or have no schema.
 */
export function sourcesOf(json: unknown, refs: readonly string[] = []): ModelSource[] {
  const found = modelsIn(json);
  if (found.length === 0) {
    const document = documentIn(json);
    const [ref, ...others] = refs;
    if (document && ref !== undefined && others.length === 0) {
      return [sourceOf(ref, { latest_version: { openapi_schema: document } })];
    }
    throw new ReplicateError(
      document
        ? "Cannot write types from this file: it has no name of a model; give one, as owner/name"
        : "Cannot write types from this file: it has neither a model nor an OpenAPI document",
    );
  }
  if (refs.length === 0) return found.map((model) => sourceOf(labelOf(model), model));
  return refs.map((ref) => {
    const { owner, name } = partsOf(ref);
    const model = found.find((it) => labelOf(it) === `${owner}/${name}`);
    if (model) return sourceOf(ref, model);
    throw new ReplicateError(
      `Cannot write types for ${ref}: the file has ${
        found.map(labelOf).slice(0, 5).join(", ")
      } only`,
    );
  });
}

type Wire = Record<string, unknown>;

/** The models of the API in a value: one, a list of them, a page, or an object of them by name. */
function modelsIn(json: unknown): Wire[] {
  if (Array.isArray(json)) return json.flatMap(modelsIn);
  if (!isRecord(json)) return [];
  if (Array.isArray(json.results)) return json.results.flatMap(modelsIn);
  if (typeof json.owner === "string" && typeof json.name === "string") return [json];
  return Object.entries(json).flatMap(([ref, value]) => {
    const document = /^[^/\s]+\/[^/\s]+$/.test(ref) ? documentIn(value) : undefined;
    if (!document) return [];
    const [owner = "", name = ""] = ref.split(":")[0]!.split("/");
    return [{ owner, name, latest_version: { openapi_schema: document } }];
  });
}

/** The OpenAPI document in a value: itself, or that of a version. */
function documentIn(json: unknown): Wire | undefined {
  if (!isRecord(json)) return undefined;
  if (isRecord(json.components)) return json;
  return documentIn(json.openapi_schema ?? json.latest_version);
}

function labelOf({ owner, name }: Wire): string {
  return `${owner}/${name}`;
}

/** A model in the form that the API answers it, with the version that counts as its latest one. */
function sourceOf(ref: string, model: Wire): ModelSource {
  const { owner, name, version } = partsOf(ref);
  const latest = model.latest_version;
  if (!isRecord(latest)) {
    throw new ReplicateError(
      `Cannot write types for ${ref}: the model has no version yet; push one, or leave it out`,
    );
  }
  const components = documentIn(latest)?.components;
  const schemas = isRecord(components) ? components.schemas : undefined;
  if (!isRecord(schemas)) {
    throw new ReplicateError(
      `Cannot write types for ${ref}: its version has no schema; name a newer one, as ` +
        `${owner}/${name}:<version>, or write them by hand with model() of "@x/replicate"`,
    );
  }
  const { description } = model;
  return {
    owner,
    name,
    version,
    description: typeof description === "string" ? description : undefined,
    schemas: schemas as Schemas,
  };
}

/** The parts of `owner/name` or `owner/name:version`. */
function partsOf(ref: string): { owner: string; name: string; version: string | undefined } {
  const parsed = parseRef(ref);
  const [owner = "", name = ""] = parsed.label.split("/");
  if (parsed.kind === "deployment" || name === "") {
    throw new TypeError(`Cannot write types for ${ref}: give "owner/name" or "owner/name:version"`);
  }
  return { owner, name, version: parsed.kind === "version" ? parsed.version : undefined };
}
