import { assert, assertEquals, assertRejects } from "@std/assert";
import { PredictionError, TimeoutError } from "../../mod.ts";
import {
  durableActivities,
  durableEvent,
  type DurableOptions,
  durableRun,
  type StepFunctions,
} from "../../src/durable/mod.ts";
import { FakeReplicate, type Fault } from "../../src/testing/mod.ts";
import { webhookHandler } from "../../src/webhooks/mod.ts";
import { cancels, creates, inWorld, sleep, taking, type World } from "../run/world.ts";
import { TwinEngine, type TwinOptions } from "./world.ts";

const MODEL = "acme/painter";
const input = { prompt: "a fig", size: { height: 2, width: 1 } };
const models = { [MODEL]: taking(2500, ["https://replicate.delivery/a.png"]) };
/** The create is accepted, and its answer lost. */
const LOST: Fault = { match: { method: "POST", path: /predictions$/ }, drop: "after" };

interface Twins extends World {
  engine: TwinEngine;
  run: (options?: Partial<DurableOptions>) => ReturnType<typeof durableRun>;
}

function inTwins(
  test: (world: Twins) => Promise<void>,
  { faults = [], ...options }: TwinOptions & { faults?: Fault[] } = {},
): Promise<void> {
  return inWorld(models, async (world) => {
    const engine = new TwinEngine(options);
    const run: Twins["run"] = (more) =>
      engine.run((step) => durableRun(step, world.client, MODEL, { input, ...more }));
    await test({ ...world, engine, run });
  }, { fake: { faults } });
}

Deno.test("durableRun() creates, sleeps by the engine and gives the end as JSON without the input", () =>
  inTwins(async ({ run, engine, requests }) => {
    const result = await run();
    assertEquals(result.output, ["https://replicate.delivery/a.png"]);
    assertEquals(result.status, "succeeded");
    assertEquals(JSON.parse(JSON.stringify(result)), result);
    assertEquals(["input", "logs", "urls"].filter((it) => it in result), []);
    assertEquals(engine.sleeps, [1000, 1000, 1000]);
    assertEquals(creates(requests()), 1);
    const name = "acme/painter e3f2a6a9";
    assertEquals(
      engine.ran.map((it) => it.replace(result.id, "ID")).map((it) => it.slice(name.length)),
      [
        " claim",
        " create",
        ...[1, 2, 3].flatMap((look) => [` ID wait ${look}`, ` ID read ${look}`]),
      ],
    );
  }));

Deno.test("durableRun() creates once where the answer of the create is lost, and the naive step twice", () =>
  inTwins(async ({ run, engine, client, fake, requests }) => {
    await engine.run((step) => step.do("run", () => client.run(MODEL, { input }).json()));
    assertEquals(creates(requests()), 2, "the naive step");
    await sleep(10_000);
    fake.fault(LOST);
    await run();
    assertEquals(creates(requests()), 3);
  }, { faults: [LOST] }));

Deno.test("durableRun() creates once where the process ends after the create, and the naive step twice", () =>
  inTwins(async ({ run, engine, client, requests }) => {
    await engine.run((step) => step.do("naive create", () => client.run(MODEL, { input }).json()));
    assertEquals(creates(requests()), 2, "the naive step");
    await sleep(10_000);
    await run();
    assertEquals(creates(requests()), 3);
  }, { crashAfter: /create$/ }));

Deno.test("durableRun() creates once wherever the process ends", async () => {
  for (const where of ["claim", "create", "wait 1", "read 1", "read 3"]) {
    for (const when of ["crashBefore", "crashAfter"] as const) {
      await inTwins(async ({ run, requests }) => {
        assertEquals((await run()).status, "succeeded");
        assertEquals(creates(requests()), 1, `${when} ${where}`);
      }, { [when]: new RegExp(`${where}$`) });
    }
  }
});

Deno.test("durableRun() creates once where a step that is under way is run again", () =>
  inTwins(async ({ run, requests }) => {
    await run();
    assertEquals(creates(requests()), 1);
  }, {
    patience: 5000,
    faults: [{ match: { method: "POST", path: /predictions$/ }, delay: 8000 }],
  }));

Deno.test("durableRun() is run again by the engine after a create that was refused for now", () =>
  inTwins(async ({ engine, client, requests }) => {
    const impatient = client.with({ retry: false });
    await engine.run((step) => durableRun(step, impatient, MODEL, { input }));
    assertEquals(engine.ran.filter((it) => it.endsWith("create")).length, 3);
    assertEquals(creates(requests()), 3);
    assertEquals(requests().filter((it) => it === "GET /predictions"), []);
  }, {
    faults: [
      { match: { method: "POST" }, status: 429 },
      { match: { method: "POST" }, drop: "before", refused: true },
    ],
  }));

Deno.test("durableRun() does not guess between two predictions, and creates no third", () =>
  inTwins(async ({ run, client, engine, requests }) => {
    const others = [await client.start(MODEL, { input }), await client.start(MODEL, { input })];
    const error = await assertRejects(
      () => run(),
      Error,
      "which one that is cannot be told",
    );
    assertEquals(error.name, "ReplicateError");
    assertEquals(engine.ran.filter((it) => it.endsWith("create")).length, 1);
    assertEquals(creates(requests()), 2);
    for (const other of others) await other.cancel();
  }, { crashBefore: /create$/ }));

Deno.test("durableRun() takes no prediction that is another run's, or whose webhook is another", () =>
  inTwins(async ({ run, client, engine, fake, requests }) => {
    const hook = "https://app.example/hooks?workflow=2";
    const other = await client.start(MODEL, { input, webhook: hook });
    const mine = await run({ name: "mine" });
    assertEquals(fake.predictions.size, 2);
    await engine.run((step) => durableRun(step, client, MODEL, { input, name: "next" }));
    assertEquals(creates(requests()), 3);
    assert(other.id !== mine.id);
    await other.output();
  }, { crashBefore: /create$/ }));

Deno.test("durableRun() with onLostCreate: throw looks for nothing and fails", () =>
  inTwins(async ({ run, requests }) => {
    await assertRejects(() => run({ onLostCreate: "throw" }), Error, "may have created it");
    assertEquals(requests(), ["GET /account"]);
  }, { crashBefore: /create$/ }));

Deno.test("durableRun() fails for good where the create may have been accepted and is not found", () =>
  inTwins(async ({ run, engine, requests }) => {
    await assertRejects(() => run(), Error, "Cannot create a prediction for acme/painter");
    assertEquals(creates(requests()), 1);
    assertEquals(engine.ran.filter((it) => it.endsWith("create")).length, 1);
  }, { faults: [{ match: { method: "POST", path: /predictions$/ }, drop: "before" }] }));

Deno.test("durableRun() fails for good where the create is refused", () =>
  inTwins(async ({ run, requests }) => {
    const error = await assertRejects(() => run(), Error, "422");
    assertEquals(error.name, "ApiError");
    assertEquals(creates(requests()), 1);
  }, { faults: [{ match: { method: "POST", path: /predictions$/ }, status: 422 }] }));

Deno.test("durableRun() passes a failure as PredictionError, in the engine's form if there is one", () =>
  inWorld({
    "acme/big": {
      official: true,
      run: () => {
        throw new Error("CUDA out of memory");
      },
    },
  }, async ({ client, requests }) => {
    const failure = await assertRejects(
      () => new TwinEngine().run((step) => durableRun(step, client, "acme/big", { input })),
      PredictionError,
      "Cannot run acme/big",
    );
    assertEquals([failure.kind, failure.name], ["memory", "PredictionError"]);
    class Final extends Error {}
    const nonRetryable = (error: Error): Error => new Final(error.message, { cause: error });
    const final = await assertRejects(
      () =>
        new TwinEngine().run((step) =>
          durableRun(step, client, "acme/big", { input, nonRetryable })
        ),
      Final,
    );
    assert(final.cause instanceof PredictionError);
    assertEquals(creates(requests()), 2);
  }));

Deno.test("durableRun() with a webhook waits for its event, and reads once", () =>
  inWorld({ [MODEL]: taking(90_000) }, async ({ client, fake, requests, elapsed }) => {
    const engine = new TwinEngine();
    const handler = webhookHandler({
      secret: fake.webhookSecret,
      on: { completed: (job) => engine.send(durableEvent(job.id)) },
    });
    deliver = handler;
    const webhook = "https://app.example/hooks";
    const result = await engine.run((step) => durableRun(step, client, MODEL, { input, webhook }));
    assertEquals(result.output, "done");
    assertEquals(requests().filter((it) => it.startsWith("GET /predictions/")).length, 3);
    assert(elapsed() < 91_000, `${elapsed()} ms`);
  }, { fake: { webhooks: { deliver: (request) => deliver(request) } } }));

let deliver: (request: Request) => Promise<Response>;

Deno.test("durableRun() with a webhook that is lost still comes to the end", () =>
  inWorld({ [MODEL]: taking(90_000) }, async ({ client, elapsed }) => {
    const webhook = "https://app.example/hooks";
    const result = await new TwinEngine().run((step) =>
      durableRun(step, client, MODEL, { input, webhook })
    );
    assertEquals(result.output, "done");
    assert(elapsed() < 180_000, `${elapsed()} ms`);
  }, { fake: { webhooks: { deliver: () => Promise.reject(new Error("down")), retries: [] } } }));

Deno.test("durableRun() cancels once when its signal aborts, and asks for nothing when it has", () =>
  inTwins(async ({ run, requests }) => {
    const reason = new Error("enough");
    const aborted = AbortSignal.abort(reason);
    assertEquals(await run({ signal: aborted }).catch((error) => error), reason);
    assertEquals(requests(), []);
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 1500);
    assertEquals(await run({ signal: controller.signal }).catch((error) => error), reason);
    assertEquals(cancels(requests()), 1);
  }));

Deno.test("durableRun() cancels once when the engine ends the sleep with a cancel", () =>
  inTwins(async ({ client, engine, requests }) => {
    const failure = Object.assign(new Error("workflow canceled"), { name: "CancelledFailure" });
    const error = await engine.run((step) =>
      durableRun({ ...step, sleep: () => Promise.reject(failure) }, client, MODEL, { input })
    ).catch((error) => error);
    assertEquals(error, failure);
    assertEquals(cancels(requests()), 1);
  }));

Deno.test("durableRun() has the server cancel at its timeout, and cancels itself where that is late", async () => {
  await inTwins(async ({ client, fake }) => {
    const slow = taking(3_600_000);
    await using other = new FakeReplicate({ models: { [MODEL]: slow } });
    const late = client.with({ fetch: other.fetch });
    const failure = await assertRejects(
      () =>
        new TwinEngine().run((step) => durableRun(step, late, MODEL, { input, timeout: "10s" })),
      PredictionError,
    );
    assertEquals(failure.kind, "canceled");
    const create = other.requests.find(({ method }) => method === "POST");
    assertEquals(create?.headers["cancel-after"], "10s");
    assertEquals(fake.requests.length, 0);
  });
  await inTwins(async ({ client }) => {
    await using other = new FakeReplicate({ models: { [MODEL]: taking(3_600_000) } });
    const deaf = (request: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
      const headers = new Headers(init?.headers);
      headers.delete("cancel-after");
      return other.fetch(request, { ...init, headers });
    };
    const late = client.with({ fetch: deaf });
    const error = await assertRejects(
      () =>
        new TwinEngine().run((step) => durableRun(step, late, MODEL, { input, timeout: "10s" })),
      TimeoutError,
    );
    assertEquals(error.phase, "deadline");
    assertEquals(other.requests.filter(({ path }) => path.endsWith("/cancel")).length, 1);
  });
});

Deno.test("durableRun() says at once which step function or option is missing or wrong", () =>
  inTwins(async ({ client, requests }) => {
    const sleep = async (): Promise<void> => {};
    const work = (_: string, it: () => Promise<unknown>): Promise<unknown> => it();
    const refused = async (step: unknown, options: object, text: string): Promise<void> => {
      const given = { input, ...options } as DurableOptions;
      await assertRejects(
        () => durableRun(step as StepFunctions, client, MODEL, given),
        TypeError,
        text,
      );
    };
    await refused(undefined, {}, "there is no step function");
    await refused({ sleep }, {}, "there is no step function");
    await refused({ do: work }, {}, "there is do, and no function sleep");
    await refused({ run: work, sleep }, {}, "give retried, as in ({ step, attempt })");
    await refused(
      { do: work, sleep },
      { webhook: "https://a.example" },
      "the step function waitForEvent",
    );
    await refused({ do: work, sleep }, { attempts: 3 }, "there is no option attempts");
    await refused({ do: work, sleep }, { input: { image: new Blob(["x"]) } }, "input.image");
    await refused({ do: work, sleep }, { webhook: "hooks" }, "it is not a URL");
    await refused({ do: work, sleep }, { onLostCreate: "guess" }, "onLostCreate");
    const step = { do: work, sleep } as StepFunctions;
    await assertRejects(
      () => durableRun(step, {} as typeof client, MODEL, { input }),
      TypeError,
      "give a client, as in durableRun(step, new Client(), ...)",
    );
    await assertRejects(
      async () => {
        await durableActivities(client, {} as { retried: () => boolean });
      },
      TypeError,
      "give retried, as in { retried: () =>",
    );
    assertEquals(requests(), []);
  }));
