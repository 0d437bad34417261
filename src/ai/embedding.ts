/** Embedding models. */

import type { Ref } from "../base/ref.ts";
import { isRecord } from "../base/record.ts";
import { metric, providerMetadata, type Shared, Target } from "./call.ts";
import type { Draft } from "./draft.ts";
import { uselessOutput } from "./errors.ts";
import { type Field, type Fields, takesList } from "./fields.ts";
import type { AiEmbeddingModel, AiEmbeddingOptions, AiEmbeddingResult } from "./media_types.ts";

/** The fields that embedding models on Replicate have for several texts: a list, or JSON. */
const MANY = "texts text_batch inputs documents sentences";
/** The fields for one text, or for a list of them. */
const ONE = "text input prompt query sentence";

/** An embedding model that a ref names. */
export function embeddingModel(shared: Shared, ref: Ref): AiEmbeddingModel {
  const target = new Target(shared, ref);
  return {
    ...target.model,
    get maxEmbeddingsPerCall() {
      return target.fields().then((fields) => batchField(fields) ? undefined : 1);
    },
    supportsParallelCalls: true,
    doEmbed: (options) => embed(target, options),
  };
}

function batchField(fields: Fields): Field | undefined {
  if (!fields.known) return undefined;
  const one = fields.find(ONE);
  return fields.find(MANY) ?? (one && takesList(one) ? one : undefined);
}

async function embed(target: Target, options: AiEmbeddingOptions): Promise<AiEmbeddingResult> {
  const draft = await target.draft(options);
  writeValues(draft, options.values, target.label);
  draft.set("dimensions", "dimensions output_dimensionality", options.dimensions);
  const prediction = await target.run(draft.finish(options.providerOptions), options);
  const embeddings = vectorsIn(prediction.output);
  const { length } = options.values;
  if (embeddings.length !== length) {
    throw uselessOutput(
      `Cannot give embeddings: the output of ${target.label} has ${embeddings.length} for ${length} texts`,
    );
  }
  const tokens = metric(prediction, "input_token_count");
  return {
    embeddings,
    ...(tokens !== undefined && { usage: { tokens } }),
    warnings: draft.warnings,
    providerMetadata: providerMetadata(prediction),
  };
}

function writeValues(draft: Draft, values: readonly string[], label: string): void {
  const many = batchField(draft.fields);
  if (many) {
    draft.input[many.name] = takesList(many) ? values : JSON.stringify(values);
  } else if (values.length > 1) {
    throw new TypeError(
      `Cannot embed ${values.length} texts with ${label}: it takes one; use embedMany`,
    );
  } else draft.set("values", ONE, values[0]);
}

/** The embeddings in an output: a list of numbers, of such lists, or of objects with one. */
function vectorsIn(output: unknown): number[][] {
  if (isVector(output)) return [output];
  if (Array.isArray(output)) return output.flatMap(vectorsIn);
  if (!isRecord(output)) return [];
  const inside = ["embedding", "embeddings", "vectors", "data", "output"].map((it) => output[it]);
  return vectorsIn(inside.find((it) => it !== undefined));
}

function isVector(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every((it) => typeof it === "number");
}
