/**
 * A Cog server for tests, written from `docs/http.md` of Cog and what its servers of 0.16 (Python)
 * and 0.22 (coglet) answer: they differ in events, in the words of a refusal, and in a `PUT` again.
 */

import { encodeEvent } from "../../src/http/sse.ts";

/** The parts of a prediction that the model of a test may use. */
export interface CogCall {
  readonly signal: AbortSignal;
  log(text: string): void;
}

/** The terms of a server. */
export interface CogServerOptions {
  /** The model: a value, or items one by one. */
  run: (input: Record<string, unknown>, call: CogCall) => unknown;
  /** The server whose answers it has. Default `"0.16"`. */
  version?: "0.16" | "0.22";
  /** The predictions at once. Default 1. */
  slots?: number;
  /** `true` if the model has `@cog.streaming`, which 0.22 knows. */
  streaming?: boolean;
  /** The message for an input that does not fit, by its field. */
  check?: (input: Record<string, unknown>) => { field: string; msg: string; type: string }[];
}

interface State extends Record<string, unknown> {
  status: string;
  logs: string;
  output: unknown;
}

interface Task {
  state: State;
  stop: AbortController;
  ended: Promise<void>;
  events: (event: string, data: unknown) => void;
}

/** The server, whose `fetch` needs no socket and whose `handle` is for one. */
export class TestCog {
  /** The requests so far, as `PUT /predictions`, without ids. */
  readonly lines: string[] = [];
  /** The headers of the requests so far. */
  readonly headers: Headers[] = [];
  /** The bodies of predictions so far. */
  readonly bodies: Record<string, unknown>[] = [];
  /** The number of times that the model ran. */
  runs = 0;
  health = "READY";
  readonly #options: Required<CogServerOptions>;
  readonly #tasks = new Map<string, Task>();

  constructor(options: CogServerOptions) {
    this.#options = {
      version: "0.16",
      slots: 1,
      streaming: false,
      check: () => [],
      ...options,
    };
  }

  readonly fetch = (input: string | URL | Request, init?: RequestInit): Promise<Response> =>
    this.handle(new Request(input, init));

  readonly handle = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    this.headers.push(request.headers);
    const [, noun, id = "", action] = pathname.split("/");
    this.lines.push(`${request.method} /${noun}${action ? `/${action}` : ""}`);
    if (noun === "health-check") {
      return Response.json({ status: this.health, setup: { logs: "loading weights\nno GPU\n" } });
    }
    if (noun === "openapi.json") {
      const Input = { type: "object", properties: { prompt: { type: "string" } } };
      return Response.json({ info: { title: "Cog" }, components: { schemas: { Input } } });
    }
    if (noun !== "predictions") return Response.json({ detail: "Not Found" }, { status: 404 });
    if (action === "cancel") {
      const task = this.#tasks.get(id);
      task?.stop.abort();
      return Response.json({}, { status: task ? 200 : 404 });
    }
    return await this.#predict(request, id);
  };

  async #predict(request: Request, id: string): Promise<Response> {
    const isNew = this.#options.version === "0.22";
    const body = await request.json();
    const known = this.#tasks.get(id);
    const isBusy = this.#tasks.size >= this.#options.slots;
    // Python looks only while it is busy.
    if (known && (isNew || isBusy)) return Response.json(known.state, { status: 202 });
    const wantsEvents = isNew && request.headers.get("accept")?.includes("text/event-stream");
    if (wantsEvents && !this.#options.streaming) {
      return Response.json({ error: "does not support streaming" }, { status: 406 });
    }
    const wrong = this.#options.check(body.input);
    if (wrong.length > 0) {
      const detail = wrong.map(({ field, ...it }) => ({ loc: ["body", "input", field], ...it }));
      return Response.json({ detail }, { status: 422 });
    }
    if (this.health !== "READY") {
      if (isNew) return Response.json({ error: "not ready" }, { status: 503 });
      return Response.json({ detail: "Already running a prediction" }, { status: 409 });
    }
    if (isBusy) {
      const busy = isNew ? { error: "At capacity" } : { detail: "Already running a prediction" };
      return Response.json(busy, { status: 409 });
    }
    this.bodies.push(body);
    const task = this.#start(id, body);
    if (wantsEvents) return this.#events(task);
    if (request.headers.get("prefer") === "respond-async") {
      return Response.json(task.state, { status: 202 });
    }
    await task.ended;
    return Response.json(task.state);
  }

  #start(id: string, body: Record<string, unknown>): Task {
    this.runs++;
    const state: State = { id, input: body.input, status: "processing", logs: "", output: null };
    const stop = new AbortController();
    const task: Task = { state, stop, ended: Promise.resolve(), events: () => {} };
    this.#tasks.set(id, task);
    const tell = async (): Promise<void> => {
      if (typeof body.webhook !== "string") return;
      const headers = { "content-type": "application/json" };
      const init = { method: "POST", headers, body: JSON.stringify(state) };
      await fetch(body.webhook, init).then((it) => it.body?.cancel(), () => {});
    };
    const finish = async (): Promise<void> => {
      await tell();
      try {
        await this.#run(task, body.input as Record<string, unknown>, tell);
        state.status = "succeeded";
      } catch (error) {
        state.status = stop.signal.aborted ? "canceled" : "failed";
        if (!stop.signal.aborted) state.error = (error as Error).message;
      }
      state.metrics = { predict_time: 0.5 };
      this.#tasks.delete(id);
      task.events("completed", state);
      await tell();
    };
    // Not at once, so that a reader of events is there.
    task.ended = Promise.resolve().then(finish);
    return task;
  }

  async #run(
    task: Task,
    input: Record<string, unknown>,
    tell: () => Promise<void>,
  ): Promise<void> {
    const { state, stop } = task;
    const output = await this.#options.run(input, {
      signal: stop.signal,
      log: (text) => {
        state.logs += text;
        task.events("log", { source: "stdout", data: text });
      },
    });
    if (!isIterable(output)) return void (state.output = output);
    const items: unknown[] = [];
    state.output = items;
    for await (const chunk of output) {
      stop.signal.throwIfAborted();
      items.push(chunk);
      task.events("output", { chunk, index: items.length - 1 });
      await tell();
    }
  }

  #events(task: Task): Response {
    const encoder = new TextEncoder();
    const body = new ReadableStream<Uint8Array>({
      start(controller): void {
        const send = (event: string, data: unknown): void =>
          controller.enqueue(encoder.encode(encodeEvent(event, JSON.stringify(data))));
        send("start", { id: task.state.id, status: "processing" });
        task.events = (event, data) => {
          send(event, data);
          if (event === "completed") controller.close();
        };
      },
      cancel: () => task.stop.abort(),
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  }
}

function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
