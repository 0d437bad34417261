/** The model of Replicate: its jobs and files, and all that was ever asked of them. */

import { createHash } from "node:crypto";
import type { CallPlan, Program } from "./program.ts";
import { real } from "./real.ts";

/** A prediction or a training on the server. */
export interface Job {
  readonly id: string;
  readonly kind: "predictions" | "trainings";
  readonly call: CallPlan;
  /** The mark in its input, which names the call and the input. */
  readonly mark: string;
  readonly input: Record<string, unknown>;
  readonly ref: { model: string; version: string; deployment?: string };
  /** By the monotonic clock. */
  readonly createdAt: number;
  readonly deadline: number | undefined;
  canceledAt: number | undefined;
  /** `true` once an answer that holds its id went out. */
  known: boolean;
  /** When an answer with its end went out whole, without a fault. */
  toldEndAt: number | undefined;
  /** The cancels that were answered well, and when each request for one came. */
  cancels: number;
  cancelTimes: number[];
}

/** An upload on the server. */
export interface Upload {
  readonly id: string;
  readonly sha256: string;
  readonly md5: string;
  readonly bytes: Uint8Array;
  readonly name: string;
  readonly type: string;
}

/** The state of a job at a moment. */
export interface State {
  status: string;
  /** The tokens that are there. */
  count: number;
  isOver: boolean;
}

const TERMINAL = /^(?:succeeded|failed|canceled|aborted)$/;

/** The state of the server. */
export class Model {
  readonly program: Program;
  readonly jobs: Map<string, Job> = new Map();
  readonly uploads: Map<string, Upload> = new Map();
  readonly deployments: Map<string, Record<string, unknown>> = new Map();
  /** The rules that a request has broken. */
  readonly offences: { rule: string; detail: string }[] = [];
  /** The origin of the API and the one of streams. */
  origin = "";
  far = "";
  #ids = 0;

  constructor(program: Program) {
    this.program = program;
  }

  /** The server's clock, in milliseconds since 1970. */
  now(): number {
    return real.Date.now() + this.program.skew;
  }

  /** An id that no other thing has. */
  id(prefix: string): string {
    return `${prefix}${(this.program.seed % 0xffff).toString(36)}x${(this.#ids++).toString(36)}z`;
  }

  /** The call that a mark belongs to. */
  callOf(mark: string): CallPlan | undefined {
    return this.program.calls.find(({ n }) => n === Number(mark.split(".")[0]));
  }

  create(
    kind: Job["kind"],
    input: Record<string, unknown>,
    ref: Job["ref"],
    cancelAfter: number | undefined,
  ): Job | undefined {
    const mark = String(input.mark);
    const call = this.callOf(mark);
    if (!call) return undefined;
    const createdAt = performance.now();
    const job: Job = {
      id: this.id(kind === "predictions" ? "pred" : "trng"),
      kind,
      call,
      mark,
      input,
      ref,
      createdAt,
      deadline: cancelAfter === undefined ? undefined : createdAt + cancelAfter * 1000,
      canceledAt: undefined,
      known: false,
      toldEndAt: undefined,
      cancels: 0,
      cancelTimes: [],
    };
    this.jobs.set(job.id, job);
    return job;
  }

  /** The state at a moment: by the plan, unless it was canceled before. */
  stateOf(job: Job, at: number = performance.now()): State {
    const { startMs, tokens, fate, odd } = job.call.job;
    // Of the jobs of a batch that its caller leaves, the first one ends: its result is the occasion.
    const isFirst = job.call.kind === "batch" && job.mark.endsWith(".0");
    const runMs = Math.min(job.call.job.runMs, isFirst ? 60 : Infinity);
    const stop = Math.min(job.canceledAt ?? Infinity, job.deadline ?? Infinity);
    const moment = Math.min(at, stop) - job.createdAt;
    const done = startMs + runMs;
    const isOver = moment >= done && done + job.createdAt <= stop;
    if (isOver) {
      const all = fate === "succeeded" ? tokens.length : Math.floor(tokens.length / 2);
      return { status: fate, count: fate === "aborted" ? 0 : all, isOver };
    }
    const share = Math.min(Math.max((moment - startMs) / Math.min(runMs, 200), 0), 1);
    const most = fate === "succeeded" ? tokens.length : Math.floor(tokens.length / 2);
    // The last token comes with the end.
    const count = fate === "aborted"
      ? 0
      : Math.min(Math.floor(share * most), Math.max(most - 1, 0));
    if (at >= stop) return { status: "canceled", count, isOver: true };
    const early = odd && odd !== "skip" ? odd : "starting";
    return { status: moment < startMs || odd === "skip" ? early : "processing", count, isOver };
  }

  /** The record of a job, as the API shows it. */
  view(job: Job, at?: number): Record<string, unknown> {
    const { id, kind, call: { job: plan }, input, ref, createdAt } = job;
    const { status, count, isOver } = this.stateOf(job, at);
    const tokens = plan.tokens.slice(0, count);
    const stream = `${plan.near ? this.origin : this.far}/s/${id}`;
    const api = `${this.origin}/v1/${kind}/${id}`;
    const moment = (ms: number): string =>
      new real.Date(this.now() + ms - performance.now()).toISOString();
    return {
      id,
      ...ref,
      input,
      status,
      source: "api",
      created_at: moment(createdAt),
      ...(isOver && { completed_at: moment(performance.now()), metrics: { predict_time: 0.1 } }),
      error: status === "failed" ? "the model ran out of luck" : null,
      logs: tokens.map((_, i) => `line ${i}\n`).join(""),
      // Early on there is no such key, and after a failure it is null.
      ...(count > 0 &&
        { output: isOver && status !== "succeeded" ? null : this.output(job, tokens, isOver) }),
      urls: {
        get: api,
        cancel: `${api}/cancel`,
        ...(plan.ids !== undefined && { stream }),
      },
    };
  }

  /** The output in the job's own form. */
  output(job: Job, tokens: readonly string[], whole: boolean): unknown {
    if (job.kind === "trainings") return { version: "acme/trained:1", weights: null };
    const url = (n: number): string => `${this.origin}/out/${job.id}/${n}.bin`;
    switch (job.call.job.shape) {
      case "text":
        return tokens.join("");
      case "list":
        return tokens;
      case "object":
        return whole ? { text: tokens.join(""), n: tokens.length } : null;
      case "file":
        return whole ? url(0) : null;
      case "files":
        return whole ? [url(0), url(1)] : null;
    }
  }

  upload(bytes: Uint8Array, name: string, type: string): Upload {
    const hash = (name: string): string => createHash(name).update(bytes).digest("hex");
    const upload = {
      id: this.id("file"),
      sha256: hash("sha256"),
      md5: hash("md5"),
      bytes,
      name,
      type,
    };
    this.uploads.set(upload.id, upload);
    return upload;
  }

  offend(rule: string, detail: string): void {
    this.offences.push({ rule, detail });
  }
}

/** Tells whether a status is an end. */
export function isEnd(status: unknown): boolean {
  return TERMINAL.test(String(status));
}
