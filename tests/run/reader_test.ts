import { assert, assertEquals } from "@std/assert";
import { isTerminal, kindOfRecord } from "../../src/base/job.ts";
import type { Prediction } from "../../src/resources/predictions.ts";
import { pollDelay } from "../../src/run/reader.ts";

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
