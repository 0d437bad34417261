/** The types that all kinds of models of the AI SDK share, by their structure (specification v4). */

/** A JSON value, as the AI SDK types it. */
export type AiJson =
  | null
  | string
  | number
  | boolean
  | { [key: string]: AiJson | undefined }
  | AiJson[];

/** A JSON object, as the AI SDK types it. */
export type AiJsonObject = { [key: string]: AiJson | undefined };

/** Facts of a prediction, by the provider's name, which is `replicate`. */
export type AiProviderMetadata = Record<string, AiJsonObject>;

/** A setting that the model lacks, or that is sent in another form. */
export type AiWarning =
  | { type: "unsupported" | "compatibility"; feature: string; details?: string }
  | { type: "other"; message: string };

/** The options that calls of every kind of model have. */
export interface AiCallOptions {
  /** Cancels the prediction when it aborts. */
  abortSignal?: AbortSignal | undefined;
  /** Headers for the requests to the API. */
  headers?: Record<string, string | undefined> | undefined;
  /** Fields of the model's input under `replicate`, which win over all settings. */
  providerOptions?: Readonly<Record<string, unknown>> | undefined;
}

/** The answer's origin, for logs and telemetry. */
export interface AiResponse {
  /** The time at which the prediction was created. */
  timestamp: Date;
  /** The id of the model, as it was given. */
  modelId: string;
}

/** The origin of files, which the SDK wants headers for: an answer of ours comes from several requests. */
export type AiFilesResponse = AiResponse & { headers: undefined };

/** A file for an image or video model. */
export type AiFile =
  | { type: "file"; mediaType: string; data: string | Uint8Array }
  | { type: "url"; url: string; mediaType?: string };

/** The parts that every model has. */
export interface AiModel {
  /** The version of the AI SDK's specification for providers. */
  readonly specificationVersion: "v4";
  /** The provider's name. */
  readonly provider: "replicate";
  /** The id of the model, such as `owner/name`. */
  readonly modelId: string;
}
