/** A server that forgets each prediction once its end was told, so that only the client can grow. */

/** The answer to one request, as JSON or as the events of a stream. */
export interface Answer {
  status: number;
  body: string | AsyncIterable<string>;
}

/** Names of what the server has. */
const MODEL = "acme/soak";
/** The events of a stream between two cuts, as the server cuts one every 30 s. */
const EVENTS_A_CUT = 300;

/** A server in memory. */
export class SoakServer {
  #made = 0;
  /** How often each prediction that runs was asked for. */
  readonly #asked: Map<string, number> = new Map();
  /** The events that a stream has in all. */
  events = 0;
  origin = "https://api.replicate.com";

  /** The predictions that still run. */
  get running(): number {
    return this.#asked.size;
  }

  /** Answers a request. */
  answer(method: string, path: string, lastEventId: string | null): Answer {
    const id = path.split("/")[3] ?? "";
    if (path.startsWith("/v1/streams/")) {
      const from = lastEventId === null ? 0 : Number(lastEventId) + 1;
      return { status: 200, body: this.#stream(id, from) };
    }
    if (method === "GET" && path.startsWith("/v1/models/")) {
      return { status: 200, body: '{"owner":"acme","name":"soak","is_official":true}' };
    }
    if (method === "POST" && path.endsWith("/predictions")) {
      const made = `p${this.#made++}`;
      this.#asked.set(made, 0);
      return { status: 201, body: this.#record(made, "starting") };
    }
    const asked = (this.#asked.get(id) ?? 1) + 1;
    const streams = this.events > 0;
    if (asked < 2 || streams) {
      this.#asked.set(id, asked);
      return { status: 200, body: this.#record(id, "processing") };
    }
    this.#asked.delete(id);
    return { status: 200, body: this.#record(id, "succeeded") };
  }

  #record(id: string, status: string): string {
    const get = `${this.origin}/v1/predictions/${id}`;
    const stream = this.events > 0 ? { stream: `${this.origin}/v1/streams/${id}` } : {};
    return JSON.stringify({
      id,
      model: MODEL,
      version: "hidden",
      status,
      input: { n: id },
      output: status === "succeeded" ? `the output of ${id}` : null,
      error: null,
      logs: "",
      created_at: "2026-01-01T00:00:00Z",
      urls: { get, cancel: `${get}/cancel`, ...stream },
    });
  }

  /** The events from one on, until the server cuts. */
  async *#stream(id: string, from: number): AsyncGenerator<string> {
    const end = Math.min(from + EVENTS_A_CUT, this.events);
    for (let n = from; n < end; n++) yield `event: output\nid: ${n}\ndata: w${n} \n\n`;
    if (end < this.events) return;
    this.#asked.delete(id);
    yield "event: done\ndata: {}\n\n";
  }
}
