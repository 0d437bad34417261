/** The phases of a soak: each makes many calls of one kind, and says how many were right. */

import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { Client } from "../../src/client.ts";
import { SoakServer } from "./server.ts";

/** The sizes of the phases. */
export interface Sizes {
  memory: number;
  socket: number;
  once: number;
  batch: number;
  minutes: number;
}

/** What a phase works with. */
export interface Phase {
  name: string;
  /** Does the work; `mark` is called when it has warmed up. */
  run(signal: AbortSignal, mark: () => void): Promise<Count>;
}

/** The outcome of a phase. */
export interface Count {
  count: number;
  wrong: number;
  /** The sockets at the end and at most, where there are any. */
  sockets?: string;
}

/** A client on a server in memory. */
function inMemory(events = 0): { client: Client; server: SoakServer } {
  const server = new SoakServer();
  server.events = events;
  const client = new Client({
    auth: "r8_soak",
    fetch: (url, init) => {
      const headers = new Headers(init?.headers);
      const { pathname } = new URL(String(url));
      const answer = server.answer(init?.method ?? "GET", pathname, headers.get("last-event-id"));
      const { status, body } = answer;
      if (typeof body === "string") return Promise.resolve(new Response(body, { status }));
      const encoder = new TextEncoder();
      const iterator = body[Symbol.asyncIterator]();
      const stream = new ReadableStream<Uint8Array>({
        async pull(controller) {
          const { done, value } = await iterator.next();
          if (done) controller.close();
          else controller.enqueue(encoder.encode(value));
        },
      });
      const type = { "content-type": "text/event-stream" };
      return Promise.resolve(new Response(stream, { status, headers: type }));
    },
  });
  return { client, server };
}

const input = { prompt: "a fig on a plate" };

/** Runs so many, some at a time; gives the number of wrong outputs. */
async function runMany(
  client: Client,
  count: number,
  lanes: number,
  signal: AbortSignal,
  mark: () => void,
): Promise<number> {
  let begun = 0;
  let wrong = 0;
  const lane = async (): Promise<void> => {
    while (begun < count) {
      if (++begun === Math.ceil(count / 4)) mark();
      const output = await client.run("acme/soak", { input, wait: false, interval: 0, signal });
      if (!String(output).startsWith("the output of p")) wrong++;
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return wrong;
}

/** The phases, in the order in which they are run. */
export function phasesOf({ memory, socket, once, batch, minutes }: Sizes): Phase[] {
  return [
    {
      name: "predictions in memory",
      async run(signal, mark) {
        const { client, server } = inMemory();
        const wrong = await runMany(client, memory, 16, signal, mark);
        return { count: memory, wrong: wrong + server.running };
      },
    },
    { name: "predictions over a socket", run: (signal, mark) => overSocket(socket, signal, mark) },
    {
      name: "run() at once",
      async run(signal, mark) {
        const { client, server } = inMemory();
        mark();
        const wrong = await runMany(client, once, once, signal, () => {});
        return { count: once, wrong: wrong + server.running };
      },
    },
    {
      name: "inputs of a batch",
      async run(signal, mark) {
        const { client, server } = inMemory();
        function* inputs(): Generator<{ n: number }> {
          for (let n = 0; n < batch; n++) yield { n };
        }
        let count = 0;
        let wrong = 0;
        const options = { concurrency: 64, interval: 0, signal };
        for await (const { status } of client.batch("acme/soak", inputs(), options)) {
          if (++count === Math.ceil(batch / 4)) mark();
          if (status !== "fulfilled") wrong++;
        }
        return { count, wrong: wrong + batch - count + server.running };
      },
    },
    {
      name: "minutes of a stream",
      async run(signal, mark) {
        // Ten words a second, and a cut every 30 s.
        const events = minutes * 600;
        const { client } = inMemory(events);
        let count = 0;
        let wrong = 0;
        for await (const { event, data } of client.stream("acme/soak", { input, signal })) {
          if (event !== "output") continue;
          if (data !== `w${count} `) wrong++;
          if (++count === Math.ceil(events / 4)) mark();
        }
        return { count: minutes, wrong: wrong + events - count };
      },
    },
  ];
}

async function overSocket(count: number, signal: AbortSignal, mark: () => void): Promise<Count> {
  const sockets = new Set<Socket>();
  let most = 0;
  const server = new SoakServer();
  const http = createServer((request, response) => {
    request.resume();
    request.on("end", () => {
      const { status, body } = server.answer(request.method!, request.url!, null);
      response.writeHead(status, { "content-type": "application/json" });
      response.end(body as string);
    });
  });
  http.on("connection", (socket) => {
    sockets.add(socket);
    most = Math.max(most, sockets.size);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  server.origin = origin;
  const client = new Client({ auth: "r8_soak", baseUrl: `${origin}/v1` });
  const wrong = await runMany(client, count, 16, signal, mark);
  const left = sockets.size;
  http.close();
  for (const socket of sockets) socket.destroy();
  return { count, wrong: wrong + server.running, sockets: `${left} of ${most}` };
}
