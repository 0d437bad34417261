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

export { Client, Client as default } from "./src/client.ts";
export {
  ApiError,
  type ApiErrorInit,
  AuthError,
  ConnectionError,
  InputError,
  type InputIssue,
  RateLimitError,
  ReplicateError,
  TimeoutError,
  type TimeoutPhase,
} from "./src/errors.ts";
export type { InvalidField } from "./src/base/problem.ts";
export type { Duration } from "./src/base/duration.ts";
export type {
  Bucket,
  ClientOptions,
  DebugEvent,
  Fetch,
  FileEncoding,
  LimiterOptions,
  Middleware,
  RetryOptions,
  Throttled,
  TimeoutOptions,
  UploadOptions,
  UploadProgress,
} from "./src/http/options.ts";
export type {
  AcquireOptions,
  Answer,
  EncodeOptions,
  FileCodec,
  Parts,
  QueryValue,
  RateLimiter,
  RequestOptions,
  RequestSpec,
  Send,
} from "./src/http/types.ts";
export { rateLimiter } from "./src/http/limiter.ts";
export type { ServerClock } from "./src/base/clock.ts";
export { type ConfiguredSend, createSend } from "./src/http/send.ts";
export { Resource } from "./src/resources/resource.ts";
export { type ListOptions, type Page, Pages } from "./src/resources/pages.ts";
export { path } from "./src/base/path.ts";
export { parseSse } from "./src/http/sse.ts";
export {
  type SseEvent,
  type SseOptions,
  SseParser,
  type SseParserOptions,
} from "./src/http/sse_parser.ts";
export type {
  FileEncodingStrategy,
  ServerSentEvent,
  Status,
  Visibility,
  WebhookEventType,
} from "./src/official.ts";
export * from "./src/resources/account.ts";
export * from "./src/resources/collections.ts";
export type { CreateOptions, JobOptions, WebhookEvent } from "./src/resources/create_job.ts";
export * from "./src/resources/deployment_predictions.ts";
export * from "./src/resources/deployments.ts";
export * from "./src/resources/files.ts";
export * from "./src/resources/hardware.ts";
export * from "./src/resources/model_examples.ts";
export * from "./src/resources/model_predictions.ts";
export * from "./src/resources/model_readme.ts";
export * from "./src/resources/model_versions.ts";
export * from "./src/resources/models.ts";
export * from "./src/resources/predictions.ts";
export type { RawRequestOptions } from "./src/resources/raw_request.ts";
export * from "./src/resources/search.ts";
export * from "./src/resources/trainings.ts";
export * from "./src/resources/webhooks.ts";
export { fileCodec } from "./src/files/mod.ts";
export { FileInput } from "./src/files/file_input.ts";
export type { FileSource, OpenFile } from "./src/files/file_source.ts";
export type { StoredFile } from "./src/files/stored.ts";
export { FileOutput, type ReadOptions } from "./src/files/output.ts";
export type { LazyStream } from "./src/files/lazy_stream.ts";
export type {
  BatchInputs,
  BatchOptions,
  BatchOutcome,
  BatchProgress,
  BatchResult,
  BatchResults,
  BatchStore,
  CostStore,
} from "./src/batch/types.ts";
export { type Budget, type BudgetAmounts, BudgetExceededError } from "./src/batch/budget.ts";
export { CostMeter, costMeter } from "./src/batch/cost.ts";
export type { UnknownCost } from "./src/batch/cost_sheet.ts";
export type {
  CostEntry,
  CostEstimate,
  CostFilter,
  CostMeterOptions,
  CostRow,
  CostSubject,
  CostSum,
  CostTotal,
  OpenCost,
} from "./src/batch/cost_types.ts";
export type { Price, Prices } from "./src/batch/price.ts";
export type { JobCost, Meter, MeteredJob, MeteredRun } from "./src/base/meter.ts";
export type { RunContext } from "./src/run/create.ts";
export type { Flight, LostCreates } from "./src/run/lost.ts";
export type {
  OnProgress,
  RerunOptions,
  RunOptions,
  StartOptions,
  WaitMode,
} from "./src/run/options.ts";
export type { Sink, SinkJob } from "./src/run/sink.ts";
export { PredictionError, StreamError } from "./src/run/errors.ts";
export { failureKind } from "./src/run/failure_kind.ts";
export { Job } from "./src/run/job.ts";
export type { JobEvent } from "./src/run/events.ts";
export { type FailureKind, isTerminal, type JobKind, type Progress } from "./src/base/job.ts";
export type { JobRecord } from "./src/run/reader.ts";
export { parseProgressFromLogs } from "./src/run/progress.ts";
export {
  type ChunkOf,
  type DeploymentRef,
  type InputOf,
  model,
  type OutputItem,
  type OutputOf,
  type Ref,
  type TypedModel,
} from "./src/run/ref.ts";
export type { ParsedRef, TypedTrainer } from "./src/base/ref.ts";
export type { CheckOptions } from "./src/resources/checked_input.ts";
export type { AbsentViews, HasFile, HasText } from "./src/run/view_types.ts";
export type { ModelCheck, ReadLeaf, Redact, Validation } from "./src/base/model_check.ts";
export type { SchemaAnswer, SchemaCheck, SchemaQuestion } from "./src/base/schema_check.ts";
// Not by its name: a program could not add to it then.
export * from "./src/base/registry.ts";
export {
  type FallbackAbsentViews,
  type FallbackAnswer,
  type FallbackMap,
  type FallbackOptions,
  FallbackRun,
  type FallbackRunOf,
} from "./src/run/fallback.ts";
export { Run, run, type RunOf } from "./src/run/run.ts";
export type { OutputViews } from "./src/run/views.ts";
export type { Settled } from "./src/run/settled.ts";
export { EventStream, type StreamFormat } from "./src/run/event_stream.ts";
export type { ErrorFormat } from "./src/run/event_text.ts";
export type { StreamOptions, StreamSource } from "./src/run/streamed_job.ts";
export type { RunEvent } from "./src/run/run_event.ts";
export { type ModelName, Versions } from "./src/run/versions.ts";
export type { ResumeOptions, SavedJob } from "./src/run/resume.ts";
export type { WaitOptions } from "./src/run/wait.ts";
export { validateWebhook, type WebhookParts } from "./src/webhooks/validate.ts";
export type { WebhookBody } from "./src/webhooks/body.ts";
export type { RawWebhook, WebhookHeaders } from "./src/webhooks/verify.ts";
