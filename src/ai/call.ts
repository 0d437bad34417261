/** One call of a model: its requests, its errors and what is told of it. */

import { parseRef, type Ref, refText } from "../base/ref.ts";
import type { FileOutput } from "../files/output.ts";
import type { Prediction } from "../resources/predictions.ts";
import type { AiClient, AiRunOptions } from "./client.ts";
import { Draft } from "./draft.ts";
import { callError, uselessOutput } from "./errors.ts";
import type { Fields, KnownFields } from "./fields.ts";
import type { AiCallOptions, AiJsonObject, AiModel, AiResponse } from "./shared_types.ts";

/** The things that the models of one provider share. */
export interface Shared {
  readonly client: AiClient;
  readonly fields: KnownFields;
}

/**
 * The seconds for which the server holds its first answer: few, as an abort cannot cancel a prediction
 * before its id is known.
 */
const HOLD = 1;

/** The model that a call is of. */
export class Target {
  readonly #shared: Shared;
  readonly ref: Ref;
  /** The model's name, for messages. */
  readonly label: string;
  /** The parts that every model of the AI SDK has. */
  readonly model: AiModel;

  /**
   * Checks the ref.
   *
   * @throws {TypeError} If it has none of the forms of a `Ref`.
   */
  constructor(shared: Shared, ref: Ref) {
    this.#shared = shared;
    this.ref = ref;
    this.label = parseRef(ref).label;
    this.model = { specificationVersion: "v4", provider: "replicate", modelId: refText(ref) };
  }

  /** The fields of the input. Nothing is created by that, so that it may be asked again. */
  async fields(signal?: AbortSignal): Promise<Fields> {
    try {
      return await this.#shared.fields.of(this.ref, signal);
    } catch (error) {
      throw callError(error, false, signal);
    }
  }

  /** The input of a call, still empty. */
  async draft({ abortSignal }: AiCallOptions): Promise<Draft> {
    return new Draft(await this.fields(abortSignal));
  }

  /** Does something with a client that creates a prediction, with errors for the SDK. */
  async using<T>(
    input: Record<string, unknown>,
    options: AiCallOptions,
    work: (client: AiClient, options: AiRunOptions) => Promise<T>,
  ): Promise<T> {
    const { abortSignal: signal } = options;
    try {
      const headers = headersOf(options);
      return await work(this.#shared.client, { input, signal, headers });
    } catch (error) {
      throw callError(error, true, signal);
    }
  }

  /** Runs the model to its end. */
  async run(input: Record<string, unknown>, options: AiCallOptions): Promise<Prediction> {
    return await this.using(
      input,
      options,
      (client, runOptions) => client.run(this.ref, { ...runOptions, wait: HOLD }).prediction(),
    );
  }

  /** Runs the model to its end, and downloads the files of its output. */
  async runForFiles(
    draft: Draft,
    options: AiCallOptions,
  ): Promise<{ prediction: Prediction; files: Downloaded[] }> {
    const input = draft.finish(options.providerOptions);
    return await this.using(input, options, async (client, runOptions) => {
      const run = client.run(this.ref, { ...runOptions, wait: HOLD });
      const [prediction, files] = await Promise.all([run.prediction(), run.files()]);
      return { prediction, files: await Promise.all(files.map((it) => download(it, options))) };
    });
  }

  /** The origin of an answer. */
  response({ created_at }: Prediction): AiResponse {
    return { timestamp: new Date(created_at), modelId: this.model.modelId };
  }
}

/** A file of an output, in memory, as the SDK wants it. */
export interface Downloaded {
  readonly url: string;
  readonly bytes: Uint8Array;
  readonly type: string | undefined;
}

async function download(file: FileOutput, { abortSignal }: AiCallOptions): Promise<Downloaded> {
  const bytes = await file.bytes({ signal: abortSignal });
  return { url: file.href, bytes, type: file.contentType };
}

/** The first file of an output that has to have one. */
export function onlyFile(files: readonly Downloaded[], target: Target, what: string): Downloaded {
  const [file] = files;
  if (file) return file;
  throw uselessOutput(`Cannot give ${what}: the output of ${target.label} has no file`);
}

/** The facts of a prediction under the provider's name, and what else is told of it. */
export function providerMetadata<M extends AiJsonObject>(
  { id, version, metrics = {} }: Prediction,
  more?: M,
): { replicate: AiJsonObject & M } {
  return { replicate: { id, version, metrics: metrics as AiJsonObject, ...more as M } };
}

/** A number of the metrics, if it is one. */
export function metric({ metrics }: Prediction, name: string): number | undefined {
  const value = metrics?.[name];
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** The caller's headers. The SDK's own `user-agent` would hide that of the client. */
function headersOf({ headers = {} }: AiCallOptions): Record<string, string> {
  const entries = Object.entries(headers).filter((it): it is [string, string] =>
    it[1] !== undefined && it[0].toLowerCase() !== "user-agent"
  );
  return Object.fromEntries(entries);
}
