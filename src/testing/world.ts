/** The state of a fake, and what happens to it. */

import { checkKeys } from "../base/check.ts";
import { decodeBase64 } from "@std/encoding";
import { blobOf } from "./blob.ts";
import { type Clock, systemClock } from "./clock.ts";
import { execute } from "./execute.ts";
import { Files } from "./files.ts";
import { idOf } from "./ids.ts";
import { Limits } from "./limits.ts";
import { Models, type VersionEntry, versionId } from "./models.ts";
import { Outputs } from "./outputs.ts";
import { type RunInit, RunState } from "./run_state.ts";
import type { FakeDeployment, FakeOptions, FakeStatus } from "./types.ts";
import { Webhooks } from "./webhook.ts";

/** A deployment in the state of a fake. */
export interface DeploymentEntry extends Required<FakeDeployment> {
  readonly owner: string;
  readonly name: string;
  /** The number of the current release, counted from 1. */
  number: number;
  /** The time of the last change, in milliseconds since 1970 on the fake's clock. */
  changed: number;
}

/** The names of {@linkcode FakeOptions}. */
const KEYS: readonly string[] = [
  "models",
  "deployments",
  "collections",
  "faults",
  "clock",
  "token",
  "owner",
  "origin",
  "latency",
  "rateLimit",
  "pageSize",
  "streamIdle",
  "retention",
  "maxFileSize",
  "webhooks",
  "webhookSecret",
  "strict",
];

/** The names of {@linkcode FakeModel}. */
const MODEL_KEYS: readonly string[] = [
  "run",
  "train",
  "schema",
  "official",
  "stream",
  "streamLogs",
  "versions",
  "boot",
  "linger",
  "inline",
  "visibility",
  "description",
  "readme",
  "examples",
];

/** The state that the handlers of a fake share. */
export class World {
  readonly options: FakeOptions;
  readonly owner: string;
  readonly clock: Clock;
  readonly models: Models;
  readonly deployments: Map<string, DeploymentEntry> = new Map<string, DeploymentEntry>();
  readonly predictions: Map<string, RunState> = new Map<string, RunState>();
  readonly trainings: Map<string, RunState> = new Map<string, RunState>();
  readonly streams: Map<string, RunState> = new Map<string, RunState>();
  readonly files: Files;
  readonly outputs: Outputs = new Outputs();
  readonly limits: Limits;
  readonly webhooks: Webhooks;
  /** The ids of the runs that were asked to be canceled, in order. */
  readonly cancels: string[] = [];
  /** Aborts when the fake is disposed. */
  readonly closing: AbortController = new AbortController();
  #lastRun = 0;

  constructor(options: FakeOptions) {
    checkKeys(options, KEYS, "make a fake");
    for (const [ref, model] of Object.entries(options.models ?? {})) {
      checkKeys(model, MODEL_KEYS, `make the model ${ref}`);
    }
    this.options = options;
    this.owner = options.owner ?? "acme";
    this.clock = options.clock ?? systemClock;
    this.models = new Models(options.models, this.clock.now());
    this.limits = new Limits(options.rateLimit, this.clock);
    this.files = new Files(options, this.clock);
    this.webhooks = new Webhooks(options, this.clock, this.closing.signal);
    for (const [ref, deployment] of Object.entries(options.deployments ?? {})) {
      this.#deploy(ref, deployment);
    }
  }

  /** Creates a prediction or training, and starts its code. */
  start(init: Omit<RunInit, "id" | "created" | "streamKey">): RunState {
    const { definition, model } = init.entry;
    const id = idOf(`run ${++this.#lastRun}`);
    const hasStream = init.kind === "prediction" && (definition.stream ?? true);
    const streamKey = hasStream ? idOf(`stream ${id}`, 52) : undefined;
    const run = new RunState({ ...init, id, created: this.clock.now(), streamKey });
    (init.kind === "training" ? this.trainings : this.predictions).set(id, run);
    if (streamKey) this.streams.set(streamKey, run);
    model.runs++;
    void execute(this, run);
    if (init.deadline !== undefined) this.#stopAt(run, init.deadline);
    return run;
  }

  /** Ends a run, unless it has ended before. */
  finish(run: RunState, status: FakeStatus): void {
    if (run.finish(status, this.clock.now())) this.webhooks.notify(run, "completed");
  }

  /** Tells streams, waiting creates and webhooks that a run has changed. */
  changed(run: RunState, event: "start" | "output" | "logs"): void {
    run.touch();
    this.webhooks.notify(run, event);
  }

  /** Cancels a run at the request of its owner. */
  cancel(run: RunState): void {
    this.cancels.push(run.id);
    this.finish(run, "canceled");
  }

  /** Tells whether the data of a run was removed, as happens some time after its end. */
  isRemoved(run: RunState): boolean {
    const { retention = 3_600_000 } = this.options;
    return run.completed !== undefined && run.init.source === "api" &&
      this.clock.now() >= run.completed + retention;
  }

  /** Adds the version that a training has made, and gives its name. */
  addTrained(run: RunState): string {
    const destination = run.init.destination ?? "";
    const [owner = "", name = ""] = destination.split("/");
    const model = this.models.get(owner, name);
    if (!model) throw new Error(`Cannot finish the training: the model ${destination} was deleted`);
    const { definition, schemas } = run.init.entry;
    const id = versionId(destination, model.versions.length + 1);
    model.versions.unshift({ id, created: this.clock.now(), model, definition, schemas });
    return `${destination}:${id}`;
  }

  /** The bytes at a URL that a model was given. */
  fileAt(url: string): Blob {
    if (url.startsWith("data:")) return fromDataUrl(url);
    const { pathname } = new URL(url);
    const id = /\/files\/([^/]+)/.exec(pathname)?.[1];
    const served = this.outputs.get(pathname.replace(/^\/delivery/, ""));
    const blob = id === undefined ? served?.blob : this.files.get(decodeURIComponent(id))?.blob;
    if (!blob) throw new Error(`Cannot read ${url}: there is no such file`);
    return blob;
  }

  /** The version that a deployment runs. */
  deployedVersion(deployment: DeploymentEntry): VersionEntry | undefined {
    return this.models.version(deployment.version);
  }

  /** Stops everything that runs or waits. */
  close(): void {
    const reason = new DOMException("The fake was disposed", "AbortError");
    this.closing.abort(reason);
    for (const runs of [this.predictions, this.trainings]) {
      for (const run of runs.values()) run.finish("canceled", this.clock.now());
    }
  }

  /** Ends a run at its deadline. */
  #stopAt(run: RunState, deadline: number): void {
    const signal = this.closing.signal;
    const timer = new AbortController();
    const late = this.clock.sleep(deadline - this.clock.now(), timer.signal);
    late.then(
      () => this.finish(run, run.status === "starting" ? "aborted" : "canceled"),
      () => {},
    );
    run.until(() => run.terminal, signal).catch(() => {}).finally(() => timer.abort());
  }

  #deploy(ref: string, deployment: FakeDeployment): void {
    const [owner = "", name = ""] = ref.split("/");
    const [modelOwner = "", modelName = ""] = deployment.model.split("/");
    const latest = this.models.get(modelOwner, modelName)?.versions[0]?.id;
    const version = deployment.version ?? latest;
    if (version === undefined) {
      throw new TypeError(`Cannot deploy ${deployment.model}: there is no such model`);
    }
    this.deployments.set(ref, {
      hardware: "cpu",
      min_instances: 0,
      max_instances: 1,
      ...deployment,
      version,
      owner,
      name,
      number: 1,
      changed: this.clock.now(),
    });
  }
}

function fromDataUrl(url: string): Blob {
  const comma = url.indexOf(",");
  const [, type = "", encoding] = /^data:(.*?)(;base64)?$/.exec(url.slice(0, comma)) ?? [];
  const data = url.slice(comma + 1);
  const bytes = encoding === undefined
    ? new TextEncoder().encode(decodeURIComponent(data))
    : decodeBase64(data);
  return blobOf(bytes, type || "text/plain");
}
