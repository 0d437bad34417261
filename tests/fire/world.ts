/** The platform as a program of callers sees it: its `fetch`, its timers, its clock, its rejections. */

import { AsyncLocalStorage } from "node:async_hooks";
import process from "node:process";
import type { Fault, Op } from "./faults.ts";
import type { Model } from "./model.ts";
import type { Program } from "./program.ts";
import { real } from "./real.ts";

/** A process of its own, of which nothing is heard any more once it is killed. */
export class Life {
  dead = false;
  readonly #controller: AbortController = new AbortController();
  readonly timers: Set<ReturnType<typeof setTimeout>> = new Set();

  /** Aborts when the process is killed. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Kills the process: its requests break off, and its timers never fire. */
  kill(): void {
    this.dead = true;
    for (const timer of this.timers) real.clearTimeout(timer);
    this.#controller.abort(new Error("killed"));
  }
}

/** The process that the present code runs in, where it is one of a batch. */
export const lifeOf: AsyncLocalStorage<Life> = new AsyncLocalStorage();

/** A caller who leaves on the answer to a request. */
export type OnAnswer = (op: Op, nth: number) => ((text: Promise<string>) => void) | undefined;

/** A port at which nobody listens. */
const NOWHERE = "http://127.0.0.1:1/";

/** Puts its own functions in the place of the platform's until it is disposed of. */
export class World {
  readonly #program: Program;
  readonly #model: Model;
  readonly #timers: Map<unknown, { life: Life | undefined; stack: string }> = new Map();
  /** The requests of each call, by kind. */
  readonly #counts: Map<string, number> = new Map();
  readonly #jumps: ReturnType<typeof setTimeout>[];
  readonly rejections: unknown[] = [];
  /** The faults that were had. */
  readonly had: Fault[] = [];
  readonly onAnswer: Map<number, OnAnswer> = new Map();
  /** The requests by call, as `create`. */
  readonly requests: Map<number, Op[]> = new Map();
  /** The most milliseconds that the event loop stood still. */
  lag = 0;
  #offset = 0;
  readonly #beat: ReturnType<typeof setInterval>;
  readonly #onRejection: (event: unknown) => void;

  constructor(program: Program, model: Model) {
    this.#program = program;
    this.#model = model;
    let beat = performance.now();
    this.#beat = real.setInterval(() => {
      const now = performance.now();
      this.lag = Math.max(this.lag, now - beat - 20);
      beat = now;
    }, 20);
    this.#jumps = program.jumps.map(({ at, by }) => real.setTimeout(() => this.#offset += by, at));
    this.#onRejection = (reason) => void this.rejections.push(reason);
    process.on("unhandledRejection", this.#onRejection);
    this.#install();
  }

  #install(): void {
    const offset = (): number => this.#offset;
    const scope = globalThis as unknown as Record<string, unknown>;
    scope.Date = class extends real.Date {
      // deno-lint-ignore no-explicit-any
      constructor(...given: any[]) {
        // deno-lint-ignore no-explicit-any
        super(...((given.length > 0 ? given : [real.Date.now() + offset()]) as [any]));
      }
      static override now(): number {
        return real.Date.now() + offset();
      }
    };
    scope.setTimeout = (work: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => {
      const life = lifeOf.getStore();
      if (life?.dead) return undefined;
      const timer = real.setTimeout(() => {
        this.#timers.delete(timer);
        life?.timers.delete(timer);
        work(...args);
      }, shortened(ms));
      if (life) life.timers.add(timer);
      this.#timers.set(timer, { life, stack: new Error(`a timer of ${ms} ms`).stack ?? "" });
      return timer;
    };
    scope.clearTimeout = (timer: ReturnType<typeof setTimeout>) => {
      this.#timers.delete(timer);
      real.clearTimeout(timer);
    };
    scope.fetch = (url: string | URL | Request, init?: RequestInit) =>
      this.#fetch(String(url), init ?? {});
  }

  /** The timers that are set, each with the stack that has set it. */
  get timers(): string[] {
    return [...this.#timers.values()].filter(({ life }) => !life?.dead).map(({ stack }) => stack);
  }

  /** The requests that wait for an answer. */
  readonly open: Set<string> = new Set();

  /** Takes no faults any more. */
  calm = false;

  async #fetch(url: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    const op = opOf(init.method ?? "GET", new URL(url).pathname);
    const call = this.#callOf(url, headers);
    const life = lifeOf.getStore();
    if (life?.dead) return await new Promise(() => {});
    const key = `${call} ${op}`;
    const nth = this.#counts.get(key) ?? 0;
    this.#counts.set(key, nth + 1);
    this.requests.set(call, [...this.requests.get(call) ?? [], op]);
    const fault = this.calm ? undefined : this.#program.calls.find(({ n }) => n === call)
      ?.faults.find((it) => it.op === op && it.nth === nth);
    if (fault) {
      this.had.push(fault);
      headers.set("x-fault", `${fault.kind}:${fault.arg}`);
    }
    const target = fault?.kind === "refused" ? NOWHERE : url;
    const what = `${call} ${op} ${nth} ${fault?.kind ?? ""}`;
    this.open.add(what);
    const sent = real.fetch(target, {
      ...init,
      headers,
      ...(life && { signal: bothOf(init.signal, life.signal) }),
    });
    const over = (): void => void this.open.delete(what);
    sent.then(over, over);
    const response = life ? await whileAlive(life, sent) : await sent;
    const leave = this.onAnswer.get(call)?.(op, nth);
    return leave ? withText(response, leave) : response;
  }

  #callOf(url: string, headers: Headers): number {
    const own = headers.get("x-call");
    if (own !== null) return Number(own);
    const id = new URL(url).pathname.split("/")[2] ?? "";
    return this.#model.jobs.get(id)?.call.n ?? -1;
  }

  /** Gives the platform back. */
  dispose(): void {
    Object.assign(globalThis, {
      Date: real.Date,
      setTimeout: real.setTimeout,
      clearTimeout: real.clearTimeout,
      fetch: real.fetch,
    });
    real.clearInterval(this.#beat);
    for (const jump of this.#jumps) real.clearTimeout(jump);
    process.off("unhandledRejection", this.#onRejection);
  }
}

/** The waits of ours for a list that may not show a create yet, and between the tries of a cancel. */
const FOR_THE_SERVER: ReadonlySet<number> = new Set([1000, 1600, 3000, 3200, 5000, 9000]);

/**
 * The ledger of a batch waits ten seconds for what a list may not show yet, and others wait for some.
 * The list of this server shows everything at once, and nobody wants to wait.
 */
function shortened(ms: number): number {
  return FOR_THE_SERVER.has(ms) || ms > 8_000 && ms <= 10_500 ? 30 : ms;
}

function opOf(method: string, path: string): Op {
  if (path.startsWith("/s/")) return "stream";
  if (path.startsWith("/out/")) return "output";
  if (method === "POST" && path.endsWith("/cancel")) return "cancel";
  if (method === "POST" && /\/(?:predictions|trainings)$/.test(path)) return "create";
  if (method === "POST" && path === "/v1/files") return "upload";
  if (/^\/v1\/(?:predictions|trainings)$/.test(path)) return "list";
  if (/^\/v1\/(?:predictions|trainings)\/[^/]+$/.test(path)) return "get";
  return "other";
}

function bothOf(a: AbortSignal | null | undefined, b: AbortSignal): AbortSignal {
  return a ? AbortSignal.any([a, b]) : b;
}

/** A process that was killed gets no answer, and no error either. */
function whileAlive(life: Life, work: Promise<Response>): Promise<Response> {
  return new Promise((resolve, reject) => {
    work.then(
      (response) => life.dead || resolve(response),
      (error) => life.dead || reject(error),
    );
  });
}

/** The response, whose text somebody waits for. */
function withText(response: Response, leave: (text: Promise<string>) => void): Response {
  const text = response.text.bind(response);
  response.text = () => {
    const reading = text();
    leave(reading);
    return reading;
  };
  return response;
}
