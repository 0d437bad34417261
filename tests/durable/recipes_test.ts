/** Issue number 19.2: the recipes of docs/durable.md, on twins of their engines. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { durableActivities, durableEvent, durableRun } from "../../src/durable/mod.ts";
import type { FakeModel, Fault } from "../../src/testing/mod.ts";
import { cancels, creates, inWorld, sleep, taking, type World } from "../run/world.ts";
import { recipe } from "./recipes.ts";
import { type Failures, TemporalTwin } from "./temporal.ts";
import { TwinEngine } from "./world.ts";

const LOST: Fault = { match: { method: "POST", path: /predictions$/ }, drop: "after" };
const failing: FakeModel = { official: true, run: (_, job) => job.fail("CUDA out of memory") };

const inPainter = (test: (world: World) => Promise<void>, model = taking(3000, "a fig")) =>
  inWorld({ "acme/painter": model }, test);

// By a name that is put together here: a type checker would load the types of Node with it.
const TEMPORAL = "npm:@temporalio/common@1.24.0";

type Paint = (prompt: string) => Promise<unknown>;

/** The workflow and the activities of the recipe for Temporal, with the real failures of its package. */
async function temporal({ client }: World) {
  const failures: Failures & { ApplicationFailure: unknown } = await import(TEMPORAL);
  const twin: TemporalTwin = new TemporalTwin(failures);
  twin.activities = await recipe(
    "Temporal",
    {
      Context: { current: () => ({ info: { attempt: twin.attempt } }) },
      Worker: { create: () => Promise.resolve() },
      workflowsPath: "workflows.ts",
      durableActivities,
      client,
    },
    "activities",
    2,
  );
  const { proxyActivities, sleep, CancellationScope } = twin;
  const { ApplicationFailure } = failures;
  const imports = { proxyActivities, sleep, CancellationScope, ApplicationFailure, durableRun };
  const paint: Paint = await recipe("Temporal", imports, "paint");
  return { twin, run: () => twin.run(() => paint("a fig")), failures };
}

Deno.test("19.2 durableRun() in a workflow of Temporal creates once where its worker dies", () =>
  inPainter(async (world) => {
    const { twin, run } = await temporal(world);
    twin.dies = /Create/;
    assertEquals(await run(), "a fig");
    assertEquals(creates(world.requests()), 1);
    assertEquals(
      twin.history.map(({ command }) => command),
      [
        "replicateClaim",
        "replicateCreate",
        ...[1, 2, 3, 4].flatMap(() => ["sleep 1000", "replicateRead"]),
      ].slice(0, twin.history.length),
    );
  }));

Deno.test("19.2 durableRun() in a workflow of Temporal fails by a failure that is not retried", () =>
  inPainter(async (world) => {
    const { run, failures } = await temporal(world);
    const error = await assertRejects(
      () => run(),
      failures.TemporalFailure,
      "Cannot run acme/painter",
    );
    assertEquals([
      (error as { type?: string }).type,
      (error as { nonRetryable?: boolean }).nonRetryable,
    ], [
      "PredictionError",
      true,
    ]);
    assertEquals(creates(world.requests()), 1);
  }, failing));

Deno.test("19.2 durableRun() in a workflow of Temporal that is canceled cancels the prediction", () =>
  inPainter(async (world) => {
    const { twin, run, failures } = await temporal(world);
    twin.cancelAfter = 2;
    await assertRejects(() => run(), failures.CancelledFailure);
    assertEquals(cancels(world.requests()), 1);
    assertEquals(twin.history.at(-1)?.command, "replicateCancel");
  }));

Deno.test("19.2 durableRun() in a task of Trigger.dev creates once where its process ends", () =>
  inPainter(async ({ client, fake, requests }) => {
    fake.fault(LOST);
    const kept = new Map<string, unknown>();
    let dies = true;
    const metadata = {
      get: (name: string) => kept.get(name),
      set(name: string, value: unknown): void {
        // The process ends before the id is kept, once.
        if (dies && name.endsWith("create")) throw new Error("SIGKILL");
        kept.set(name, value);
      },
      flush: () => Promise.resolve(),
    };
    const wait = { for: ({ seconds }: { seconds: number }) => sleep(seconds * 1000) };
    class AbortTaskRunError extends Error {}
    const imports = { metadata, wait, client, durableRun, AbortTaskRunError };
    const run = await recipe<(payload: object, more: object) => Promise<unknown>>(
      "Trigger.dev",
      imports,
      "run",
    );
    const payload = { prompt: "a fig" };
    const attempt = (number: number) => run(payload, { ctx: { attempt: { number } } });
    await assertRejects(() => attempt(1), Error, "SIGKILL");
    dies = false;
    assertEquals(await attempt(2), "a fig");
    assertEquals(creates(requests()), 1);
  }));

Deno.test("19.2 durableRun() in a workflow of DBOS creates once, also where its process ends", () =>
  inPainter(async ({ client, requests }) => {
    const engine = new TwinEngine({ crashAfter: /create$/ });
    const output = await engine.run(async (step) => {
      // The steps of DBOS are functions of a class, the name comes last, and waits are steps.
      let waits = 0;
      class DBOS {
        static runStep = (work: () => Promise<unknown>, { name }: { name: string }) =>
          step.do(name, work);
        static sleep = (ms: number) => step.sleep(`DBOS.sleep ${++waits}`, ms);
        static registerWorkflow = <T>(workflow: T): T => workflow;
      }
      const paint: Paint = await recipe("DBOS", { DBOS, client, durableRun }, "workflow");
      return await paint("a fig");
    });
    assertEquals(output, "a fig");
    assertEquals(creates(requests()), 1);
  }));

Deno.test("19.2 durableRun() with a webhook waits by DBOS.recv()", () =>
  inPainter(async ({ client, fake }) => {
    const topics: [string, number][] = [];
    class DBOS {
      static runStep = (work: () => Promise<unknown>) => work();
      static sleep = sleep;
      static recv = async (topic: string, seconds: number) => {
        topics.push([topic, seconds]);
        await sleep(4000);
        return {};
      };
    }
    const webhook = "https://app.example/hooks";
    const result = await durableRun(DBOS, client, "acme/painter", {
      input: { prompt: "" },
      webhook,
    });
    assertEquals(topics, [[durableEvent(result.id), 30]]);
    assert(fake.predictions.has(result.id));
  }));

Deno.test("19.2 durableRun() in a handler of Restate creates once, and fails by TerminalError", async () => {
  class TerminalError extends Error {}
  const ran = async (world: World): Promise<unknown> => {
    const engine = new TwinEngine({ crashAfter: /create$/ });
    return await engine.run(async (step) => {
      // The sleep of Restate has its name last; `awakeable` tells its context from the step of Inngest.
      const ctx = {
        run: step.do,
        sleep: (ms: number, name: string) => step.sleep(name, ms),
        awakeable: () => {},
      };
      const imports = { client: world.client, durableRun, TerminalError };
      const handler = await recipe<(ctx: unknown, prompt: string) => Promise<unknown>>(
        "Restate",
        imports,
        "handler",
      );
      return await handler(ctx, "a fig");
    });
  };
  await inPainter(async (world) => {
    assertEquals(await ran(world), "a fig");
    assertEquals(creates(world.requests()), 1);
  });
  await inPainter(async (world) => {
    await assertRejects(() => ran(world), TerminalError, "out of memory");
    assertEquals(creates(world.requests()), 1);
  }, failing);
});
