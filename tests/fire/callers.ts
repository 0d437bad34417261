/** The callers of a program: each kind of call, and the judgement of what came of it. */

import type { Client } from "../../src/client.ts";
import { fileOf } from "./transfers.ts";
import type { CallPlan, JobPlan, Leave } from "./program.ts";
import { VERSION } from "./routes.ts";
import { real, sleep } from "./real.ts";
import type { CreatePredictionOptions, Prediction } from "../../src/resources/predictions.ts";
import type { Ref } from "../../src/run/ref.ts";

/** The error that a caller's own code throws. */
export class CallersError extends Error {}

/** A call as it goes on. */
export interface Caller {
  readonly plan: CallPlan;
  readonly client: Client;
  readonly signal: AbortSignal;
  /** When the caller has left, by the monotonic clock. */
  leftAt: number | undefined;
  /** The signal's reason, once it has aborted. */
  reason: unknown;
  /** True if jobs of a process that was killed run on, as nobody has found them. */
  orphans: boolean;
  /** Aborts the caller's signal. */
  abort(): void;
  /** Reports a wrong result. */
  wrong(detail: string): void;
}

/** The marker in every prompt: no error may show it. */
export const PROMPT = "prompt-of-fire";

/** The options that every call gives. */
export function optionsOf({ plan, signal }: Caller): {
  signal: AbortSignal;
  headers: Record<string, string>;
} {
  return { signal, headers: { "x-call": String(plan.n) } };
}

/** The input of a call, or of one input of its batch. */
export function inputOf({ plan }: Caller, index = 0): Record<string, unknown> {
  return { mark: `${plan.n}.${index}`, prompt: `${PROMPT} ${plan.n}` };
}

export function refOf({ plan }: Caller): Ref {
  switch (plan.ref) {
    case "official":
      return "acme/official";
    case "community":
      return "acme/community";
    case "version":
      return `acme/community:${VERSION}`;
    case "deployment":
      return { deployment: "acme/deployed" };
  }
}

/** The output that a job has in the end, without files. */
export function outputOf({ tokens, shape }: JobPlan): unknown {
  if (shape === "text") return tokens.join("");
  if (shape === "list") return tokens;
  return { text: tokens.join(""), n: tokens.length };
}

/** Judges an output. */
export function judge(caller: Caller, output: unknown): void {
  const { job } = caller.plan;
  if (job.fate !== "succeeded") return caller.wrong(`output of a job that ${job.fate}`);
  const [got, wanted] = [output, outputOf(job)].map((it) => JSON.stringify(it));
  if (got !== wanted) caller.wrong(`output ${got}, not ${wanted}`);
}

/** The pause of a slow caller; the caller's own leaving, where it comes at a step. */
export async function dawdle(caller: Caller): Promise<void> {
  if (caller.plan.slowMs > 0) await sleep(caller.plan.slowMs);
}

/** `true` when it is time for a caller who leaves in this way: at the first item, or at the second one. */
export function isTime(caller: Caller, items: number, how: Leave["how"]): boolean {
  const { leave } = caller.plan;
  return leave?.how === how && items > leave.ms % 2;
}

/** The deadline of a run, where its caller leaves by that. */
export function deadlineOf({ plan: { leave } }: Caller): { timeout?: number } {
  return leave?.how === "deadline" ? { timeout: Math.max(leave.ms, 1) } : {};
}

/** Makes one call. */
export async function runCall(caller: Caller): Promise<void> {
  const { plan, client } = caller;
  let items = 0;
  const options = { ...optionsOf(caller), input: inputOf(caller), interval: 8 };
  const ref = refOf(caller);
  switch (plan.kind) {
    case "run":
    case "deployment": {
      if (plan.kind === "deployment") await deployment(caller);
      // The usual hold is of 10 s, for which a create may go on whose caller has left.
      const wait = [1, false, 1, { mode: "poll" } as const][plan.vary % 4];
      const work = client.run(plan.kind === "run" ? ref : { deployment: "acme/deployed" }, {
        ...options,
        ...deadlineOf(caller),
        wait,
        ...((plan.vary % 3 > 0 || plan.leave?.how === "throw") && {
          onProgress: async () => {
            if (isTime(caller, ++items, "throw")) leaveBy(caller, new CallersError("enough"));
            await dawdle(caller);
          },
        }),
      });
      return judge(caller, await work);
    }
    case "start":
      return await start(caller);
    case "stream":
      return await stream(caller);
    case "resume": {
      const made = await createOf(caller, { version: VERSION, ...withoutInterval(options) });
      const job = await client.resume(made.id, undefined, { ...optionsOf(caller), interval: 8 });
      try {
        return judge(caller, await job.output());
      } catch (error) {
        // Whoever watches a job goes on watching it, until it is given up.
        job.detach();
        throw error;
      }
    }
    case "wait": {
      const made = await createOf(caller, { version: VERSION, ...withoutInterval(options) });
      const { leave } = plan;
      const maxWait = leave?.how === "deadline" ? { maxWait: Math.max(leave.ms, 1) } : {};
      const ended = await client.wait(made, { ...optionsOf(caller), interval: 8, ...maxWait });
      return judge(caller, ended.output);
    }
    case "training": {
      const training = await client.trainings.create("acme", "community", VERSION, {
        ...withoutInterval(options),
        destination: "acme/trained",
      });
      if (plan.leave?.how === "cancel") {
        await client.trainings.cancel(training.id, optionsOf(caller));
        caller.leftAt = performance.now();
        return;
      }
      await client.wait(training, { ...optionsOf(caller), interval: 8 });
      if (plan.job.fate !== "succeeded") caller.wrong(`a training that ${plan.job.fate}`);
      return;
    }
    case "request": {
      const body = JSON.stringify({ version: VERSION, input: inputOf(caller) });
      const forms = [body, new TextEncoder().encode(body), new Blob([body])];
      const response = await client.request("/predictions", {
        method: "POST",
        ...optionsOf(caller),
        headers: { ...optionsOf(caller).headers, "content-type": "application/json" },
        body: forms[plan.vary % 3]!,
      });
      const record = await response.json().catch(() => undefined);
      // The caller reads the answer, so that a bad one is the caller's own matter.
      if (record?.id === undefined && plan.faults.length === 0) caller.wrong("no record");
      return;
    }
    case "list": {
      const ids = new Set<string>();
      for await (const { id } of client.predictions.list(optionsOf(caller))) {
        if (ids.has(id)) caller.wrong(`${id} is in the list twice`);
        ids.add(id);
        if (isTime(caller, ++items, "break")) return void (caller.leftAt = performance.now());
        await dawdle(caller);
      }
      return;
    }
    case "misc":
      return await misc(caller);
    case "upload":
    case "download":
      return await fileOf(caller);
    case "batch":
    case "webhook":
      throw new Error(`Cannot make a ${plan.kind} here`);
  }
}

/** Creates a prediction: what comes of it is a record, or an error. */
export async function createOf(
  caller: Caller,
  options: CreatePredictionOptions,
): Promise<Prediction> {
  const made = await caller.client.predictions.create(options);
  if (typeof made?.id === "string") return made;
  caller.wrong(`create gave no record: ${JSON.stringify(made)}`);
  throw new CallersError("no record");
}

function withoutInterval<T extends { interval: number }>(options: T): Omit<T, "interval"> {
  const { interval: _, ...rest } = options;
  return rest;
}

/** The caller leaves by throwing. */
export function leaveBy(caller: Caller, error: unknown): never {
  caller.leftAt = performance.now();
  caller.reason = error;
  throw error;
}

async function deployment(caller: Caller): Promise<void> {
  const { client, plan } = caller;
  const options = optionsOf(caller);
  const name = `d${plan.n}`;
  await client.deployments.create({
    ...options,
    name,
    model: "acme/community",
    version: VERSION,
    hardware: "cpu",
    min_instances: 0,
    max_instances: 1,
  });
  const got = await client.deployments.get("acme", name, options);
  if (got?.name !== name && plan.faults.length === 0) caller.wrong(`deployment ${got?.name}`);
  await client.deployments.delete("acme", name, options);
}

async function misc(caller: Caller): Promise<void> {
  const { client, plan } = caller;
  const options = optionsOf(caller);
  const got = [
    (await client.account.get(options))?.username,
    (await client.hardware.list(options))?.[0]?.sku,
    (await client.models.get("acme", "official", options))?.name,
    (await client.collections.list(options)).results[0]?.slug,
    (await client.search({ query: "a", ...options }))?.query,
  ];
  const wanted = ["acme", "cpu", "official", "a", "a"];
  // Whoever says that 5 is an account is believed: these records have no id that could be missing.
  const isSure = plan.faults.every(({ kind }) => !/^(?:null|list|number|object|204)/.test(kind));
  if (isSure && String(got) !== String(wanted)) caller.wrong(`got ${got}`);
}

async function start(caller: Caller): Promise<void> {
  const { client, plan: { leave } } = caller;
  const options = { ...optionsOf(caller), input: inputOf(caller), interval: 8 };
  const job = await client.start(refOf(caller), { ...options, ...deadlineOf(caller) });
  const how = leave?.how;
  if (how === "dispose" || how === "cancel" || how === "detach") {
    await sleep(leave!.ms);
    caller.leftAt = performance.now();
    if (how === "detach") return void job.detach();
    if (how === "dispose") return await job[Symbol.asyncDispose]();
    await job.cancel();
    return;
  }
  if (how === "break") {
    let items = 0;
    for await (const _ of job.events()) {
      if (isTime(caller, ++items, "break")) return void (caller.leftAt = performance.now());
      await dawdle(caller);
    }
    return;
  }
  try {
    const [output, again] = await Promise.all([job.output(), job.output()]);
    judge(caller, output);
    if (JSON.stringify(output) !== JSON.stringify(again)) caller.wrong("two outputs differ");
  } catch (error) {
    // Whoever has a job goes on having it, until it is given up.
    await job[Symbol.asyncDispose]();
    throw error;
  }
}

/** A stream's text is right so far, and all there when the stream ends well. */
async function stream(caller: Caller): Promise<void> {
  const { client, plan } = caller;
  const options = { ...optionsOf(caller), input: inputOf(caller), ...deadlineOf(caller) };
  const events = client.stream(refOf(caller), options);
  const wanted = plan.job.tokens.join("");
  let text = "";
  let items = 0;
  let done = 0;
  const prefix = (): void => {
    if (!wanted.startsWith(text)) caller.wrong(`stream gave ${JSON.stringify(text)}`);
  };
  if (plan.leave?.how === "dispose") {
    real.setTimeout(() => {
      caller.leftAt = performance.now();
      events[Symbol.asyncDispose]();
    }, plan.leave.ms);
  }
  try {
    for await (const { event, data } of events) {
      if (done > 0) caller.wrong("an event after done");
      if (event === "output") text += data;
      if (event === "done") done++;
      prefix();
      if (isTime(caller, ++items, "break")) return void (caller.leftAt = performance.now());
      if (isTime(caller, items, "throw")) leaveBy(caller, new CallersError("enough"));
      await dawdle(caller);
    }
  } finally {
    prefix();
  }
  if (plan.job.fate !== "succeeded") return caller.wrong(`stream of a job that ${plan.job.fate}`);
  if (done !== 1) caller.wrong("a stream that ended without done");
  if (text !== wanted) caller.wrong(`stream gave ${JSON.stringify(text)} in the end`);
}
