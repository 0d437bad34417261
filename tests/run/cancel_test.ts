/** Cancels: tried until they are known to have worked, remembered, and not taken back. */

import { assertEquals, assertInstanceOf } from "@std/assert";
import { Client } from "../../mod.ts";
import { ApiError } from "../../src/errors.ts";
import { cancelAfterHeader } from "../../src/resources/create_job.ts";
import { withFakeTime } from "../../src/testing/time.ts";
import { rejection } from "../rejection.ts";
import { type Asked, record, scripted } from "../scripted.ts";
import { sleep } from "./world.ts";

const isCancel = ({ path }: Asked): boolean => path.endsWith("/cancel");
const canceled = (): Response => Response.json(record({ status: "canceled" }));

/** A client whose cancels are answered by these, the last one for ever. */
function clientOf(...answers: (() => Response | Promise<Response>)[]) {
  let count = 0;
  const server = scripted((asked) => {
    if (!isCancel(asked)) return Response.json(record(), { status: 201 });
    return answers[Math.min(count++, answers.length - 1)]!();
  });
  const client = new Client({ auth: "r8_x", fetch: server.fetch });
  return { client, cancels: () => server.asked.filter(isCancel).length };
}

const status = (code: number) => (): Response => new Response("{}", { status: code });

Deno.test("job.cancel() is tried again while a fresh id is not known", async () => {
  await withFakeTime(async () => {
    const { client, cancels } = clientOf(status(404), status(404), canceled);
    const job = await client.start("acme/x", { input: {} });
    assertEquals((await job.cancel()).status, "canceled");
    assertEquals(cancels(), 3);
  });
});

Deno.test("job.cancel() outlasts a storm of 5xx", async () => {
  await withFakeTime(async () => {
    const { client } = clientOf(...Array.from({ length: 6 }, () => status(503)), canceled);
    const job = await client.start("acme/x", { input: {} });
    assertEquals((await job.cancel()).status, "canceled");
  });
});

Deno.test("job.cancel() is tried again after a redirect of a proxy", async () => {
  await withFakeTime(async () => {
    const redirect = (): Response =>
      new Response("", { status: 302, headers: { location: "https://login.example" } });
    const { client, cancels } = clientOf(redirect, canceled);
    const job = await client.start("acme/x", { input: {} });
    assertEquals((await job.cancel()).status, "canceled");
    assertEquals(cancels(), 2);
  });
});

Deno.test("job.cancel() that failed is sent anew when it is asked for again", async () => {
  await withFakeTime(async () => {
    const { client, cancels } = clientOf(status(401), canceled);
    const job = await client.start("acme/x", { input: {} });
    assertInstanceOf(await rejection(job.cancel()), ApiError);
    assertEquals((await job.cancel()).status, "canceled");
    await job.cancel();
    assertEquals(cancels(), 2);
  });
});

Deno.test("an answer that was under way does not take back the end of a job", async () => {
  await withFakeTime(async () => {
    const server = scripted(async (asked) => {
      if (isCancel(asked)) return canceled();
      if (asked.method === "POST") return Response.json(record(), { status: 201 });
      await sleep(5000);
      return Response.json(record({ status: "processing" }));
    });
    const client = new Client({ auth: "r8_x", fetch: server.fetch });
    const job = await client.start("acme/x", { input: {}, interval: 10 });
    const output = rejection(job.output());
    await sleep(1000);
    await job.cancel();
    assertEquals(job.status, "canceled");
    await sleep(10_000);
    assertEquals(job.status, "canceled");
    await output;
  });
});

Deno.test("start() that fails leaves no timer of its timeout", async () => {
  await withFakeTime(async (time) => {
    const { fetch } = scripted(() => new Response('{"detail":"no"}', { status: 422 }));
    const client = new Client({ auth: "r8_x", fetch });
    await rejection(client.start("acme/x", { input: {}, timeout: "1h" }));
    assertEquals(time.timers, 0);
  });
});

Deno.test("Cancel-After is rounded up, and never below what the server takes", () => {
  assertEquals([1, 5000, 5001, 61_200].map(cancelAfterHeader), ["5s", "5s", "6s", "62s"]);
});
