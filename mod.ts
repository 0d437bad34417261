/**
 * A client for Replicate's HTTP API, on web standards: Deno, Bun, Workers, Node and browsers.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { FakeReplicate } from "@x/replicate/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const run = (input: { text?: unknown }) => `Hello, ${input.text}`;
 * await using fake = new FakeReplicate({ models: { "acme/hello": { official: true, run } } });
 * const client = new Client({ auth: "r8_test", fetch: fake.fetch });
 *
 * const output = await client.run("acme/hello", { input: { text: "Ada" } });
 * assertEquals(output, "Hello, Ada");
 * ```
 *
 * @module
 */

export { Client, type RawRequestOptions } from "./src/client.ts";
export {
  ApiError,
  type ApiErrorInit,
  AuthError,
  ConnectionError,
  InputError,
  type InputIssue,
  type InvalidField,
  RateLimitError,
  ReplicateError,
  TimeoutError,
  type TimeoutPhase,
} from "./src/errors.ts";
export type { Duration } from "./src/duration.ts";
export type {
  ClientOptions,
  Fetch,
  FileEncoding,
  Middleware,
  UploadOptions,
  UploadProgress,
} from "./src/options.ts";
export type { RetryOptions } from "./src/retry.ts";
export type { TimeoutOptions } from "./src/timeout.ts";
export {
  type AcquireOptions,
  type Answer,
  type Bucket,
  type LimiterOptions,
  rateLimiter,
  type Throttled,
} from "./src/limiter.ts";
export type { EncodeOptions, FileCodec, Parts, RateLimiter } from "./src/parts.ts";
export type { QueryValue, RequestOptions, RequestSpec, Send } from "./src/request.ts";
export { type ConfiguredSend, createSend } from "./src/send.ts";
export { Resource } from "./src/resource.ts";
export { type ListOptions, type Page, Pages } from "./src/pages.ts";
export { path } from "./src/path.ts";
export {
  parseSse,
  type SseEvent,
  type SseOptions,
  SseParser,
  type SseParserOptions,
} from "./src/sse.ts";
export * from "./src/resources/account.ts";
export * from "./src/resources/collections.ts";
export type { CreateOptions, JobOptions, WebhookEvent } from "./src/resources/create_job.ts";
export * from "./src/resources/deployments.ts";
export * from "./src/resources/files.ts";
export * from "./src/resources/hardware.ts";
export * from "./src/resources/model_parts.ts";
export * from "./src/resources/model_versions.ts";
export * from "./src/resources/models.ts";
export * from "./src/resources/predictions.ts";
export * from "./src/resources/search.ts";
export * from "./src/resources/trainings.ts";
export * from "./src/resources/webhooks.ts";
export { fileCodec } from "./src/files/codec.ts";
export { FileInput } from "./src/files/input.ts";
export { FileOutput } from "./src/files/output.ts";
export type {
  BatchInputs,
  BatchOptions,
  BatchProgress,
  BatchResult,
  BatchStore,
} from "./src/run/batch.ts";
export {
  BudgetExceededError,
  type CostEntry,
  CostMeter,
  costMeter,
  type CostMeterOptions,
  type CostSubject,
  type CostTotal,
  type Price,
} from "./src/run/cost.ts";
export type { RunContext, StartOptions, WaitMode } from "./src/run/create.ts";
export { PredictionError, StreamError } from "./src/run/errors.ts";
export { failureKind } from "./src/run/failure_kind.ts";
export { Job } from "./src/run/job.ts";
export type { JobEvent, OutputItem } from "./src/run/job_event.ts";
export { type FailureKind, isTerminal, type JobKind, type Progress } from "./src/job_status.ts";
export type { JobRecord } from "./src/run/poll.ts";
export { parseProgressFromLogs } from "./src/run/progress.ts";
export {
  type DeploymentRef,
  type InputOf,
  model,
  type OutputOf,
  type Ref,
  type TypedModel,
} from "./src/run/ref.ts";
export { Run, type Settled } from "./src/run/run.ts";
export { run } from "./src/run/run_alone.ts";
export type { OnProgress, RerunOptions, RunOptions } from "./src/run/runner.ts";
export {
  EventStream,
  type RunEvent,
  type StreamFormat,
  type StreamOptions,
  type StreamSource,
} from "./src/run/stream.ts";
export { type ModelName, Versions } from "./src/run/versions.ts";
export type { ResumeOptions, SavedJob, WaitOptions } from "./src/run/wait.ts";
export { validateWebhook, type WebhookParts } from "./src/webhooks/validate.ts";
export type { WebhookBody } from "./src/webhooks/body.ts";
export type { RawWebhook, WebhookHeaders } from "./src/webhooks/verify.ts";
