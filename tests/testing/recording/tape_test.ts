import { assertEquals, assertRejects } from "@std/assert";
import { recorder } from "../../../src/testing/mod.ts";

const URL = "https://api.replicate.com/v1/account";

/** The answers of the exchanges that a tape has after it has failed with this error. */
async function answersAfter(error: unknown, signal?: AbortSignal): Promise<unknown[]> {
  const tape = recorder(() => Promise.reject(error), { timing: false });
  await assertRejects(() => tape(URL, signal ? { signal } : {}));
  return tape.recording().exchanges.map(({ answer }) => answer);
}

const loss = (code: string) =>
  new TypeError("fetch failed", { cause: Object.assign(new Error(code), { code }) });

Deno.test("recorder() keeps whether a connection was refused or lost", async () => {
  for (const code of ["ECONNREFUSED", "ECONNRESET"]) {
    assertEquals(await answersAfter(loss(code)), [{ error: code }]);
  }
});

Deno.test("recorder() keeps no answer where `fetch` itself failed", async () => {
  assertEquals(await answersAfter(new RangeError("a mistake")), [{ error: "aborted" }]);
});

Deno.test("recorder() keeps an answer without a body or headers, and takes a Request", async () => {
  const records: unknown[] = [];
  const tape = recorder(() => Promise.resolve(new Response(null, { status: 204 })), {
    timing: false,
    onRecord: ({ answer }) => void records.push(answer),
  });
  const response = await tape(new Request(URL));
  assertEquals([response.status, response.body], [204, null]);
  assertEquals(records, [{ status: 204 }]);
});

Deno.test("recorder() sends and keeps nothing for a Request that has aborted", async () => {
  const tape = recorder(() => Promise.resolve(new Response()));
  const signal = AbortSignal.abort(new Error("left"));
  await assertRejects(() => tape(new Request(URL, { signal })), Error, "left");
  assertEquals(tape.recording().exchanges, []);
});

Deno.test("recorder() gives the size of a body that is too large, and no digest of a part", async () => {
  const body = () =>
    new ReadableStream<Uint8Array>({
      pull(controller): void {
        controller.enqueue(new Uint8Array(10));
      },
    });
  const headers = { "content-type": "application/octet-stream" };
  const tape = recorder(() => Promise.resolve(new Response(body(), { headers })), {
    maxBody: 5,
    timing: false,
  });
  const reader = (await tape(URL)).body!.getReader();
  await reader.read();
  await reader.cancel();
  const [{ answer } = { answer: {} }] = tape.recording().exchanges;
  const { omitted } = answer as { omitted?: { size: number; sha256?: string } };
  assertEquals([omitted!.size >= 10, omitted!.sha256], [true, undefined]);
});
