/**
 * Tests without Replicate: a stateful fake of its HTTP API, recordings of the real one, and virtual
 * time.
 *
 * @example
 * ```ts
 * import { FakeReplicate, withFakeTime } from "@x/replicate/testing";
 *
 * await withFakeTime(async (time) => {
 *   await using fake = new FakeReplicate({
 *     models: {
 *       "acme/slow": {
 *         run: async (_, job) => {
 *           await job.sleep(60_000);
 *           return "at last";
 *         },
 *       },
 *     },
 *   });
 *   const run = fake.predict("acme/slow", {});
 *   await run.until(() => run.terminal);
 *   if (time.elapsed() !== 60_000) throw new Error(`took ${time.elapsed()} ms`);
 * });
 * ```
 *
 * @module
 */

export { type Clock, FakeClock, systemClock } from "./clock.ts";
export { FakeReplicate } from "./fake.ts";
export type { Fault } from "./faults.ts";
export type { FakeFile } from "./files.ts";
export type { JsonSchema, Schemas } from "./schema.ts";
export { type Recorder, recorder } from "./recording/recorder.ts";
export type { Replay } from "./recording/replay.ts";
export type {
  RecordedAnswer,
  RecordedBytes,
  RecordedCall,
  RecordedEvent,
  RecordedExchange,
  RecordedPart,
  RecorderOptions,
  Recording,
  ReplayOptions,
} from "./recording/types.ts";
export { type FakeTime, type FakeTimeOptions, withFakeTime } from "./time.ts";
export type {
  Budget,
  Exchange,
  FakeCollection,
  FakeDeployment,
  FakeInput,
  FakeJob,
  FakeModel,
  FakeOptions,
  FakeRun,
  FakeStatus,
  RateLimit,
  RecordedRequest,
  StreamEvent,
  WebhookOptions,
} from "./types.ts";
export type { FakeDelivery, WebhookEvent } from "./webhook.ts";
