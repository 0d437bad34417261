import { assert, assertEquals, assertRejects } from "@std/assert";
import { isTerminal, kindOfRecord } from "../../src/base/job.ts";
import type { Prediction } from "../../src/resources/predictions.ts";
import { ApiError } from "../../src/errors.ts";
import { createSend } from "../../src/http/send.ts";
import { findJob } from "../../src/run/find.ts";
import { JobReader, pollDelay } from "../../src/run/reader.ts";
import { withFakeTime } from "../../src/testing/time.ts";
import { record, scripted } from "../scripted.ts";

/** The time lost after the end of a job, and the requests it took, where each takes `request` ms. */
function poll(duration: number, request = 30): { lost: number; requests: number } {
  let now = request;
  for (let requests = 2;; requests++) {
    now += pollDelay(now);
    const seen = now + request / 2;
    now += request;
    if (seen >= duration + request / 2) return { lost: now - duration - request / 2, requests };
  }
}

Deno.test("pollDelay() loses little after jobs of 0.1 to 8 s, and costs few requests", () => {
  const runs = Array.from({ length: 400 }, (_, index) => poll(100 * 80 ** (index / 400)));
  const mean = (name: "lost" | "requests") =>
    runs.reduce((sum, run) => sum + run[name], 0) / runs.length;
  assert(mean("lost") <= 130, `${mean("lost")} ms are lost`);
  assert(mean("requests") <= 14, `${mean("requests")} requests`);
});

Deno.test("pollDelay() costs fewer requests than steps of 500 ms for jobs over 30 s", () => {
  for (const duration of [30_000, 60_000, 600_000]) {
    assert(poll(duration).requests < duration / 500);
  }
});

Deno.test("isTerminal() knows the four ends, and takes nothing else for one", () => {
  for (const status of ["succeeded", "failed", "canceled", "aborted"]) {
    assert(isTerminal({ status }));
  }
  for (const status of ["starting", "processing", "queued", "successful", ""]) {
    assert(!isTerminal({ status }));
  }
});

Deno.test("kindOfRecord() goes by where the record says it is", () => {
  const at = (get: string) => ({ urls: { get } }) as Prediction;
  assertEquals(kindOfRecord(at("https://api.replicate.com/v1/trainings/x")), "trainings");
  assertEquals(kindOfRecord(at("https://api.replicate.com/v1/predictions/x")), "predictions");
});

/** A reader of the job `p1`, on a server that answers `METHOD /path` by `answer`. */
function readerOn(
  answer: (line: string, count: number) => Response,
  init: Partial<ConstructorParameters<typeof JobReader>[1]> = {},
): { reader: JobReader; find: () => ReturnType<typeof findJob>; lines: () => string[] } {
  const server = scripted(({ method, path }) =>
    answer(`${method} ${path.replace("/v1", "")}`, server.asked.length)
  );
  const send = createSend({ auth: "r8_x", fetch: server.fetch, retry: false });
  const lines = () => server.lines().map((it) => it.replace("/v1", ""));
  const job = { id: "p1", request: { signal: new AbortController().signal }, ...init };
  return { reader: new JobReader(send, job), find: () => findJob(send, job), lines };
}

const missing = () => Response.json({ detail: "not found" }, { status: 404 });
const training = () =>
  Response.json(record({ urls: { get: "https://api.replicate.com/v1/trainings/p1" } }));

Deno.test("findJob() finds a training by its other path, and stays with it", () =>
  withFakeTime(async () => {
    const { find, lines } = readerOn((line) => /trainings/.test(line) ? training() : missing());
    const { reader, record } = await find();
    assertEquals(record.id, "p1");
    await reader.get();
    assertEquals(lines(), ["GET /predictions/p1", "GET /trainings/p1", "GET /trainings/p1"]);
    assertEquals(reader.kind, "trainings");
  }));

Deno.test("JobReader waits for a fresh job, and gives up one that is not there", () =>
  withFakeTime(async () => {
    const fresh = readerOn((_, count) => count < 2 ? missing() : Response.json(record()));
    assertEquals((await fresh.reader.get()).id, "p1");
    const none = readerOn(missing);
    const error = await assertRejects(() => none.reader.get(), ApiError);
    assertEquals(error.status, 404);
    assertEquals(none.lines().every((it) => it === "GET /predictions/p1"), true);
  }));

Deno.test("findJob() rejects with the first error if the other path fails as well", () =>
  withFakeTime(async () => {
    const broken = (line: string) =>
      /trainings/.test(line) ? Response.json({ detail: "broken" }, { status: 403 }) : missing();
    const { find } = readerOn(broken);
    assertEquals((await assertRejects(find, ApiError)).status, 404);
    const leave = new AbortController();
    const leaving = readerOn((line) => {
      if (!/trainings/.test(line)) return missing();
      leave.abort(new Error("left"));
      return missing();
    }, { request: { signal: leave.signal } });
    await assertRejects(leaving.find, Error, "left");
  }));

Deno.test("JobReader.cancel() reads the job where only the answer was lost", () =>
  withFakeTime(async () => {
    const { reader, lines } = readerOn((line) =>
      line.startsWith("POST") ? new Response("<p>", { status: 200 }) : Response.json(record())
    );
    assertEquals((await reader.cancel()).id, "p1");
    assertEquals(lines(), ["POST /predictions/p1/cancel", "GET /predictions/p1"]);
  }));

Deno.test("JobReader.cancel() tries again for a fresh job, and not where it is refused", () =>
  withFakeTime(async () => {
    const fresh = readerOn((_, count) => count < 3 ? missing() : Response.json(record()));
    assertEquals((await fresh.reader.cancel()).id, "p1");
    assertEquals(fresh.lines().length, 3);
    const refused = readerOn(() => Response.json({ detail: "no" }, { status: 403 }));
    await assertRejects(() => refused.reader.cancel(), ApiError, "403");
    assertEquals(refused.lines().length, 1);
    const never = readerOn(missing);
    await assertRejects(() => never.reader.cancel(), ApiError, "404");
  }));

Deno.test("JobReader rejects at once for a job that was there, and is gone", () =>
  withFakeTime(async () => {
    const { reader, lines } = readerOn((_, count) => count > 1 ? missing() : training(), {
      kind: "trainings",
    });
    await reader.get();
    await assertRejects(() => reader.get(), ApiError, "404");
    assertEquals(lines(), ["GET /trainings/p1", "GET /trainings/p1"]);
  }));

Deno.test("findJob() looks for a training and a prediction of an id that is neither", () =>
  withFakeTime(async () => {
    const { find, lines } = readerOn(missing, { kind: "trainings" });
    await assertRejects(find, ApiError, "404");
    assertEquals(new Set(lines()), new Set(["GET /trainings/p1", "GET /predictions/p1"]));
  }));
