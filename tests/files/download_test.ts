import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { delay } from "@std/async";
import { ConnectionError, ReplicateError, TimeoutError } from "../../src/errors.ts";
import { FileOutput } from "../../src/files/output.ts";
import { withFakeTime } from "../../src/testing/mod.ts";
import { connect, fetchOf } from "./helpers.ts";
import { rejection } from "../rejection.ts";

const HREF = "https://replicate.delivery/xezq/key/out.bin";
const DATA = Uint8Array.from({ length: 1000 }, (_, at) => at & 255);

interface Plan {
  /** After how many bytes each answer breaks off. */
  cuts: number[];
  /** What the nth answer has as its etag. */
  etag?: (count: number) => string | undefined;
  /** Whether ranges are known. */
  ranges?: boolean;
  /** Whether an answer ends early instead of breaking. */
  quiet?: boolean;
}

/** A server of `DATA` whose answers break off. */
function breaking({ cuts, etag = () => '"v1"', ranges = true, quiet = false }: Plan) {
  return fetchOf((request, count) => {
    const tag = etag(count);
    const [, start = ""] = /^bytes=(\d+)-$/.exec(request.headers.get("range") ?? "") ?? [];
    const partial = start !== "" && ranges && request.headers.get("if-range") === tag;
    const from = partial ? Number(start) : 0;
    const rest = DATA.slice(from);
    const headers = new Headers({ "content-length": String(rest.length) });
    if (tag) headers.set("etag", tag);
    if (partial) headers.set("content-range", `bytes ${from}-999/1000`);
    let left = cuts.shift() ?? Infinity;
    let at = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (at >= rest.length || (left <= 0 && quiet)) return controller.close();
        if (left <= 0) {
          return controller.error(new TypeError("terminated", { cause: { code: "ECONNRESET" } }));
        }
        const size = Math.min(97, left, rest.length - at);
        controller.enqueue(rest.slice(at, at += size));
        left -= size;
      },
    }, { highWaterMark: 0 });
    return new Response(body, { status: partial ? 206 : 200, headers });
  });
}

function file(plan: Plan, options = {}) {
  const { fetch, asked } = breaking(plan);
  const { send } = connect({ fetch, ...options });
  return { file: new FileOutput(send, HREF), asked };
}

function ranges(asked: Request[]): (string | null)[] {
  return asked.map(({ headers }) => headers.get("range"));
}

Deno.test("a download that breaks goes on where it was", async () => {
  for (const quiet of [false, true]) {
    const { file: output, asked } = file({ cuts: [300, 1, 0, 500], quiet });
    assertEquals(await output.bytes(), DATA);
    assertEquals(ranges(asked), [null, "bytes=300-", "bytes=301-", "bytes=301-", "bytes=801-"]);
    assertEquals(asked[1]?.headers.get("if-range"), '"v1"');
  }
});

Deno.test("a download goes on where it was when the server knows no ranges", async () => {
  const { file: output, asked } = file({ cuts: [300, 400], ranges: false });
  assertEquals(await output.bytes(), DATA);
  assertEquals(asked.length, 3);
});

Deno.test("a download goes on when it breaks before it is where it was", async () => {
  for (const quiet of [false, true]) {
    const { file: output, asked } = file({ cuts: [300, 200, 100], ranges: false, quiet });
    assertEquals(await output.bytes(), DATA);
    assertEquals(asked.length, 4);
  }
});

Deno.test("a download of unknown length rejects with what broke it", async () => {
  const { fetch } = fetchOf(() =>
    new Response(
      new ReadableStream({
        start: (controller) => controller.enqueue(new Uint8Array(10)),
        pull: (controller) => controller.error(new TypeError("terminated")),
      }),
    )
  );
  const { send } = connect({ fetch });
  assertInstanceOf(await rejection(new FileOutput(send, HREF).bytes()), ConnectionError);
});

Deno.test("a download of unknown length that begins anew has what there was, at least", async () => {
  const { fetch } = fetchOf((_, count) => {
    const bytes = [new Uint8Array(count === 1 ? 10 : 4)];
    const body = new ReadableStream({
      pull(it) {
        const piece = bytes.pop();
        if (piece) it.enqueue(piece);
        else if (count > 1) it.close();
        else it.error(new TypeError("terminated"));
      },
    });
    return new Response(body, { headers: { etag: '"v1"' } });
  });
  const { send } = connect({ fetch, retry: { maxRetries: 1 } });
  const error = await rejection(new FileOutput(send, HREF).bytes());
  assertEquals(error.message, "Cannot download out.bin: it ended after 4 of 10 bytes");
});

Deno.test("a download whose file has changed meanwhile is an error", async () => {
  const { file: output } = file({ cuts: [300], etag: (count) => `"v${count}"` });
  const error = await rejection(output.bytes());
  assertInstanceOf(error, ReplicateError);
  assertEquals(
    error.message,
    "Cannot download out.bin: the file has changed meanwhile",
  );
});

Deno.test("a download that cannot be told from another one is not gone on with", async () => {
  for (const etag of [undefined, 'W/"v1"']) {
    const { file: output, asked } = file({ cuts: [300], etag: () => etag });
    assertInstanceOf(await rejection(output.bytes()), ConnectionError);
    assertEquals(asked.length, 1);
  }
});

Deno.test("a download that does not get on is given up after maxRetries", async () => {
  const cuts = [300, 0, 0, 0, 0, 0, 0];
  const { file: output, asked } = file({ cuts }, { retry: { maxRetries: 2 } });
  assertInstanceOf(await rejection(output.bytes()), ConnectionError);
  assertEquals(asked.length, 3);
  const never = file({ cuts: [300] }, { retry: false });
  assertInstanceOf(await rejection(never.file.bytes()), ConnectionError);
  assertEquals(never.asked.length, 1);
});

Deno.test("a download that stands still is gone on with, or ends with an idle timeout", async () => {
  await withFakeTime(async (time) => {
    const { fetch } = fetchOf(() =>
      new Response(new ReadableStream(), { headers: { etag: '"a"' } })
    );
    const { send } = connect({ fetch, timeout: { idle: "5s" }, retry: { maxRetries: 1 } });
    const error = await rejection(new FileOutput(send, HREF).bytes());
    assertInstanceOf(error, TimeoutError);
    assertEquals([error.phase, time.elapsed()], ["idle", 10_000]);
  });
});

Deno.test("a download ends at once when the signal aborts", async () => {
  const { fetch } = fetchOf(() => new Response(new ReadableStream()));
  const { send } = connect({ fetch });
  const controller = new AbortController();
  const reading = new FileOutput(send, HREF).bytes({ signal: controller.signal });
  setTimeout(() => controller.abort(new Error("left")), 5);
  assertEquals((await rejection(reading)).message, "left");
  assertEquals(
    (await rejection(new FileOutput(send, HREF).bytes({ signal: controller.signal }))).message,
    "left",
  );
});

Deno.test("a download that is left while it is waited for is not gone on with", async () => {
  const headers = { etag: '"v1"', "content-length": "10" };
  const { fetch, asked } = fetchOf(() => new Response(new ReadableStream(), { headers }));
  const { send } = connect({ fetch });
  const reader = (await new FileOutput(send, HREF).response()).body!.getReader();
  const reading = reader.read();
  await reader.cancel();
  assertEquals(await reading, { done: true, value: undefined });
  await delay(0);
  assertEquals(asked.length, 1);
});

Deno.test("a download that is left while it is gone on with lets the answer go", async () => {
  const answer = Promise.withResolvers<Response>();
  const resumed = Promise.withResolvers<void>();
  const headers = { etag: '"v1"', "content-length": "10" };
  const { fetch, asked } = fetchOf((_, count) => {
    if (count > 1) {
      resumed.resolve();
      return answer.promise;
    }
    const body = new ReadableStream({ pull: (it) => it.error(new TypeError("terminated")) });
    return new Response(body, { headers });
  });
  const { send } = connect({ fetch });
  const reader = new FileOutput(send, HREF).stream().getReader();
  const reading = reader.read();
  await resumed.promise;
  await reader.cancel();
  const canceled = Promise.withResolvers<void>();
  const rest = new ReadableStream({
    pull: () => canceled.reject(new Error("it is read")),
    cancel: () => canceled.resolve(),
  }, { highWaterMark: 0 });
  answer.resolve(new Response(rest, { headers }));
  await canceled.promise;
  assertEquals(await reading, { done: true, value: undefined });
  assertEquals(asked.length, 2);
});

Deno.test("a paused reader pauses the server", async () => {
  let pulled = 0;
  const { fetch } = fetchOf(() =>
    new Response(
      new ReadableStream({
        pull(controller) {
          pulled++;
          controller.enqueue(new Uint8Array(1000));
        },
      }, { highWaterMark: 0 }),
    )
  );
  const { send } = connect({ fetch });
  const reader = new FileOutput(send, HREF).stream().getReader();
  assertEquals(pulled, 0);
  await reader.read();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert(pulled <= 2, `${pulled} chunks were taken`);
  await reader.cancel();
});

/** A server on a socket that sends `chunks` of 64 kB, and then goes on or breaks. */
function serve(behave: (count: number) => { chunks: number; then: "hang" | "break" | "end" }) {
  const closed = Promise.withResolvers<void>();
  const asked: Request[] = [];
  const size = 20 * 65_536;
  const server = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const answer = async (connection: Deno.Conn): Promise<void> => {
    const buffer = new Uint8Array(8192);
    const length = await connection.read(buffer) ?? 0;
    const head = new TextDecoder().decode(buffer.subarray(0, length));
    const from = Number(/range: bytes=(\d+)-/i.exec(head)?.[1] ?? 0);
    asked.push(new Request("http://x/", { headers: from ? { range: `bytes=${from}-` } : {} }));
    const { chunks, then } = behave(asked.length);
    const status = from ? "206 Partial Content" : "200 OK";
    const range = from ? `content-range: bytes ${from}-${size - 1}/${size}\r\n` : "";
    const text = `HTTP/1.1 ${status}\r\ncontent-length: ${
      size - from
    }\r\netag: "v"\r\n${range}\r\n`;
    try {
      await connection.write(new TextEncoder().encode(text));
      const chunk = new Uint8Array(65_536);
      for (let count = 0; count < chunks; count++) {
        for (let at = 0; at < chunk.length;) at += await connection.write(chunk.subarray(at));
      }
      if (then === "hang") await connection.read(buffer);
    } catch {
      // The other side has gone.
    }
    closed.resolve();
    connection.close();
  };
  const loop = (async () => {
    for await (const connection of server) await answer(connection);
  })();
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    closed: closed.promise,
    asked,
    size,
    [Symbol.asyncDispose]: async () => {
      server.close();
      await loop.catch(() => {});
    },
  };
}

Deno.test("canceling a download closes the socket", async () => {
  await using server = serve(() => ({ chunks: 2, then: "hang" }));
  const { send } = connect({ fetch: globalThis.fetch, baseUrl: server.url });
  for await (const chunk of new FileOutput(send, `${server.url}/a.bin`)) {
    assert(chunk.length > 0);
    break;
  }
  await server.closed;
});

Deno.test("a transfer that broke at the socket is gone on with", async () => {
  await using server = serve((count) =>
    count === 1 ? { chunks: 5, then: "break" } : { chunks: 15, then: "end" }
  );
  const { send } = connect({ fetch: globalThis.fetch, baseUrl: server.url });
  const bytes = await new FileOutput(send, `${server.url}/a.bin`).bytes();
  assertEquals(bytes.length, server.size);
  assertEquals(ranges(server.asked), [null, `bytes=${5 * 65_536}-`]);
});
