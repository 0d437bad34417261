/** The schemas of models that are named by text: asked for once, and remembered. */

import { uptime } from "../base/clock.ts";
import { path } from "../base/path.ts";
import type { SchemaAnswer, SchemaCheck, SchemaQuestion } from "../base/schema_check.ts";
import { isMissing } from "../resources/missing.ts";
import type { ModelSchema, ModelVersion } from "../resources/model_versions.ts";
import { isRecord } from "../base/record.ts";
import type { Schemas } from "./json_schema.ts";
import { modelCheck } from "./model_check.ts";
import type { ModelShape } from "./shape.ts";

/** The milliseconds after which a name may stand for another version, so that a refusal asks again. */
const FRESH = 60_000;

interface Known {
  readonly answer: Promise<SchemaAnswer>;
  /** By the clock of durations; `Infinity` for a version, which never changes. */
  readonly until: number;
}

const known = /* @__PURE__ */ new WeakMap<object, Map<string, Known>>();

/**
 * Checks the inputs of models that are named by text: give it to the client. The schema of each model is
 * asked for once, and its inputs are checked before anything is uploaded or sent, as those of a typed
 * model are.
 *
 * @example
 * ```ts
 * import { Client, InputError } from "@x/replicate";
 * import { schemaCheck } from "@x/replicate/schema";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assert, assertEquals } from "@std/assert";
 *
 * await using fake = new FakeReplicate({
 *   models: { "acme/hello": { official: true, schema: { properties: { prompt: { type: "string" } } } } },
 * });
 * const client = new Client({ auth: "r8_test", fetch: fake.fetch, schemaCheck });
 *
 * const error = await client.run("acme/hello", { input: { promt: "Hi" } }).catch((error) => error);
 * assert(error instanceof InputError);
 * assertEquals(error.issues[0]?.suggestion, "did you mean prompt?");
 * ```
 */
export const schemaCheck: SchemaCheck = async (question): Promise<SchemaAnswer> => {
  const { owner, ref, input, coerce } = question;
  const mine = known.get(owner) ?? new Map<string, Known>();
  known.set(owner, mine);
  const name = `${ref.kind} ${ref.label}${ref.kind === "version" ? ref.version : ""}`;
  const old = mine.get(name);
  if (old) {
    const answer = await old.answer;
    // The name may stand for a newer version by now, whose schema allows what the old one refuses.
    const isFine = uptime() <= old.until || !answer.check?.input(input, coerce).issues.length;
    if (isFine) return answer;
  }
  const fresh = ask(question);
  mine.set(name, { answer: fresh, until: ref.kind === "version" ? Infinity : uptime() + FRESH });
  fresh.catch(() => mine.delete(name));
  return await fresh;
};

async function ask({ ref, get }: SchemaQuestion): Promise<SchemaAnswer> {
  const { shape, version } = await findShape(get, ref);
  return { check: shape && modelCheck(() => shape), version };
}

/** The shape of a model, and the version that it is of, if that is the one to run. */
export interface FoundShape {
  readonly shape: ModelShape | undefined;
  readonly version: string | undefined;
}

/**
 * Asks for the shape of what a ref names.
 *
 * @throws {TypeError} If it is the bare id of a version, whose schema cannot be found.
 */
export async function findShape(
  get: SchemaQuestion["get"],
  ref: SchemaQuestion["ref"],
): Promise<FoundShape> {
  if (ref.kind === "model") return await findModel(get, ref);
  if (ref.kind === "version") return { shape: await findVersion(get, ref), version: undefined };
  const { current_release } = await get(path`/deployments/${ref.owner}/${ref.name}`) as {
    current_release?: { model?: string; version?: string };
  };
  const { model: label = "", version = "" } = current_release ?? {};
  return { shape: await findVersion(get, { label, version }), version: undefined };
}

/** The part of a model that counts here. */
interface Latest {
  is_official?: boolean;
  latest_version?: ModelVersion | null;
}

async function findModel(
  get: SchemaQuestion["get"],
  { owner, name }: { owner: string; name: string },
): Promise<FoundShape> {
  const { is_official, latest_version } = await get(path`/models/${owner}/${name}`) as Latest;
  const version = is_official ? undefined : latest_version?.id;
  return { shape: shapeOf(latest_version?.openapi_schema), version };
}

async function findVersion(
  get: SchemaQuestion["get"],
  { label, version }: { label: string; version: string },
): Promise<ModelShape | undefined> {
  const [owner = "", name = ""] = label.split("/");
  if (!name) {
    throw new TypeError(
      `Cannot check the input for ${label}: its schema is found by the model's name only; ` +
        'give "owner/name:version", or validate: "off"',
    );
  }
  try {
    const found = await get(path`/models/${owner}/${name}/versions/${version}`);
    return shapeOf((found as ModelVersion | null)?.openapi_schema);
  } catch (error) {
    if (!isMissing(error)) throw error;
    // The versions of official models are not public, but for the latest one.
    const { latest_version } = await get(path`/models/${owner}/${name}`) as Latest;
    return latest_version?.id === version ? shapeOf(latest_version.openapi_schema) : undefined;
  }
}

/** The shape of a model from its OpenAPI document; `undefined` if that says nothing of the input. */
export function shapeOf(document: ModelSchema | null | undefined): ModelShape | undefined {
  const schemas = document?.components?.schemas as Schemas | undefined;
  if (!isRecord(schemas) || !isRecord(schemas.Input)) return undefined;
  const { Input: input, Output: output } = schemas;
  return { input, output: isRecord(output) ? output : undefined, schemas };
}
