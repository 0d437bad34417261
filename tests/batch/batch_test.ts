import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import type { BatchOptions, BatchProgress, BatchResult } from "../../src/batch/types.ts";
import { ApiError, ReplicateError, TimeoutError } from "../../src/errors.ts";
import { FileInput } from "../../src/files/file_input.ts";
import { FileOutput } from "../../src/files/output.ts";
import { PredictionError } from "../../src/run/errors.ts";
import { model } from "../../src/run/ref.ts";
import type { FakeModel } from "../../src/testing/types.ts";
import { cancels, creates, inWorld, sleep } from "../run/world.ts";
import { rejection } from "../rejection.ts";

/** A model that takes `input.ms`, gives `input.n`, and fails if `input.fail` says why. */
const worker: FakeModel = {
  official: true,
  run: async ({ ms = 1000, n, fail }, job) => {
    await job.sleep(ms as number);
    if (fail) throw new Error(String(fail));
    return n;
  },
};

const models = { "acme/x": worker };

const numbers = (count: number, ms = 1000): { n: number; ms: number }[] =>
  Array.from({ length: count }, (_, n) => ({ n, ms }));

const indexes = (results: BatchResult[]): number[] => results.map(({ index }) => index);

Deno.test("batch() gives a result for each input as it ends, with its index and prediction", async () => {
  await inWorld(models, async ({ client }) => {
    const inputs = [{ n: 0, ms: 9000 }, { n: 1, ms: 1000 }, { n: 2, ms: 5000 }];
    const results = await Array.fromAsync(client.batch("acme/x", inputs));
    assertEquals(indexes(results), [1, 2, 0]);
    for (const result of results) {
      assertEquals(result.status, "fulfilled");
      assertStrictEquals(result.input, inputs[result.index]);
      if (result.status === "fulfilled") assertEquals(result.value, result.index);
      assertEquals(result.prediction?.status, "succeeded");
      assertEquals(result.prediction?.metrics?.predict_time, inputs[result.index]!.ms / 1000);
    }
  });
});

Deno.test("batch() gives results in the order of the inputs if asked", async () => {
  await inWorld(models, async ({ client, elapsed }) => {
    const inputs = [3000, 1000, 2000, 500].map((ms, n) => ({ n, ms }));
    const results = await Array.fromAsync(
      client.batch("acme/x", inputs, { ordered: true, concurrency: 3 }),
    );
    assertEquals(indexes(results), [0, 1, 2, 3]);
    assert(elapsed() < 4500, `${elapsed()}`);
  });
});

Deno.test("batch() takes every kind of ref, and types input and value by it", async () => {
  const typed = model<{ n: number }, number>("acme/x");
  const deployments = { "acme/prod": { model: "acme/x" } };
  await inWorld(models, async ({ client, requests }) => {
    for await (const result of client.batch(typed, [{ n: 1 }])) {
      assert(result.status === "fulfilled");
      const value: number = result.value + result.input.n;
      assertEquals(value, 2);
    }
    // @ts-expect-error: the model takes a number
    client.batch(typed, [{ n: "1" }]);
    for await (const { input } of client.batch("acme/x", [{ n: 1, more: "x" }])) {
      const text: string = input.more;
      assertEquals(text, "x");
    }
    await Array.fromAsync(client.batch({ deployment: "acme/prod" }, [{ n: 1 }]));
    assert(requests().includes("POST /deployments/acme/prod/predictions"));
  }, { fake: { deployments } });
});

Deno.test("batch() turns files of an output into FileOutput, and takes files in an input", async () => {
  const run: FakeModel["run"] = ({ image }, job) => job.file(String(image));
  await inWorld({ "acme/x": { official: true, run } }, async ({ client, fake }) => {
    const image = FileInput.fromBytes(new TextEncoder().encode("pixels"));
    const [result] = await Array.fromAsync(client.batch("acme/x", [{ image }]));
    assert(result?.status === "fulfilled");
    assertInstanceOf(result.value, FileOutput);
    assertEquals(await result.value.text(), "pixels");
    assertEquals(fake.files.size, 1);
  });
});

Deno.test("batch() does nothing before the first result is asked for, and runs once", async () => {
  await inWorld(models, async ({ client, requests }) => {
    let read = 0;
    const inputs = function* () {
      read++;
      yield { n: 1 };
    };
    const batch = client.batch("acme/x", inputs());
    await sleep(1000);
    assertEquals([read, requests().length], [0, 0]);
    await Array.fromAsync(batch);
    assertThrows(() => batch[Symbol.asyncIterator](), TypeError, "call batch() again");
  });
});

Deno.test("batch() ends at once without inputs", async () => {
  await inWorld(models, async ({ client, elapsed }) => {
    assertEquals(await Array.fromAsync(client.batch("acme/x", [])), []);
    assertEquals(elapsed(), 0);
  });
});

Deno.test("batch() goes on after a failure, which it gives as run() would throw it", async () => {
  await inWorld(models, async ({ client }) => {
    const inputs = [{ n: 0 }, { fail: "CUDA out of memory" }, null, { n: 3 }] as { n: number }[];
    const results = await Array.fromAsync(client.batch("acme/x", inputs, { ordered: true }));
    assertEquals(results.map(({ status }) => status), [
      "fulfilled",
      "rejected",
      "rejected",
      "fulfilled",
    ]);
    const [, memory, nothing] = results;
    assert(memory?.status === "rejected" && nothing?.status === "rejected");
    assertInstanceOf(memory.reason, PredictionError);
    assertEquals([memory.reason.kind, memory.prediction?.status], ["memory", "failed"]);
    assertInstanceOf(nothing.reason, TypeError);
    assertEquals(nothing.prediction, undefined);
  });
});

Deno.test("batch() gives the server's refusal of an input as its reason", async () => {
  const schema = { type: "object", properties: { n: { type: "integer" } } };
  await inWorld({ "acme/x": { ...worker, schema } }, async ({ client }) => {
    const inputs = [{ n: 1 }, { n: "one" }];
    const results = await Array.fromAsync(client.batch("acme/x", inputs, { ordered: true }));
    assert(results[1]?.status === "rejected");
    assertInstanceOf(results[1].reason, ApiError);
    assertEquals([results[0]?.status, results[1].reason.status], ["fulfilled", 422]);
  });
});

Deno.test("batch() never runs more than `concurrency`, nor reads further than that ahead", async () => {
  let running = 0;
  let most = 0;
  const run: FakeModel["run"] = async (_, job) => {
    most = Math.max(most, ++running);
    await job.sleep(1000);
    running--;
  };
  for (const kind of ["sync", "async"]) {
    await inWorld({ "acme/x": { official: true, run } }, async ({ client, elapsed }) => {
      let read = 0;
      let taken = 0;
      const sync = function* () {
        for (; read < 20;) {
          assert(read - taken < 4 + 1, `${read} read, ${taken} taken`);
          yield { n: read++ };
        }
      };
      const inputs = kind === "sync" ? sync() : (async function* () {
        for (const input of sync()) {
          await sleep(1);
          yield input;
        }
      })();
      for await (const _ of client.batch("acme/x", inputs, { concurrency: 4 })) taken++;
      assertEquals([taken, most], [20, 4]);
      assert(elapsed() < 6500, `${elapsed()}`);
    });
  }
});

Deno.test("batch() waits for a slow consumer: nothing more is read or run meanwhile", async () => {
  await inWorld(models, async ({ client, requests }) => {
    let read = 0;
    const inputs = function* () {
      for (;;) yield { n: read++, ms: 100 };
    };
    for await (const _ of client.batch("acme/x", inputs(), { concurrency: 4 })) {
      await sleep(60_000);
      assertEquals([read, creates(requests())], [5, 5]);
      break;
    }
  });
});

Deno.test("batch() refuses what cannot be meant at once", async () => {
  await inWorld(models, ({ client, requests }) => {
    const wrong: [unknown, unknown, typeof Error, string][] = [
      [[], { concurrency: 0 }, RangeError, "Cannot use 0 as concurrency"],
      [[], { concurrency: 1.5 }, RangeError, "Cannot use 1.5 as concurrency"],
      [[], { concurrency: NaN }, RangeError, "whole number from 1 up"],
      [[], { rerun: { attempts: 0, on: [] } }, RangeError, "rerun.attempts"],
      [[], { store: {} }, TypeError, "it needs get, set and delete"],
      ["text", {}, TypeError, "give a list of inputs"],
      [5, {}, TypeError, "give a list of inputs"],
      [undefined, {}, TypeError, "give a list of inputs"],
      [{ n: 1 }, {}, TypeError, "give a list of inputs"],
    ];
    for (const [inputs, options, type, message] of wrong) {
      const start = () => client.batch("acme/x", inputs as object[], options as BatchOptions);
      assertThrows(start, type, message);
    }
    assertThrows(() => client.batch("nothing", []), TypeError, "owner/name");
    assertEquals(requests(), []);
    return Promise.resolve();
  });
});

Deno.test("batch() finishes what it has started when the inputs break off, and then throws", async () => {
  const inputs = function* () {
    yield* numbers(3);
    throw new Error("no more disk");
  };
  await inWorld(models, async ({ client, requests }) => {
    const results: BatchResult[] = [];
    const error = await assertRejects(
      async () => {
        for await (const result of client.batch("acme/x", inputs())) results.push(result);
      },
      ReplicateError,
      "Cannot go on with the batch: input 3 could not be read: no more disk",
    );
    assertEquals((error.cause as Error).message, "no more disk");
    assertEquals(results.map(({ status }) => status), Array(3).fill("fulfilled"));
    assertEquals(cancels(requests()), 0);
  });
});

Deno.test("batch() cancels what it has started when the inputs break off, if asked, and reports it", async () => {
  const inputs = async function* () {
    yield* numbers(3);
    await sleep(200);
    throw new Error("no more disk");
  };
  await inWorld(models, async ({ client, fake, elapsed }) => {
    const results: BatchResult[] = [];
    await assertRejects(async () => {
      const options = { onInputsError: "cancel" } as const;
      for await (const result of client.batch("acme/x", inputs(), options)) results.push(result);
    }, ReplicateError);
    assertEquals(results.map(({ status }) => status), Array(3).fill("rejected"));
    assertEquals([new Set(fake.cancels).size, fake.cancels.length, elapsed()], [3, 3, 200]);
  });
});

Deno.test("batch() cancels each of what runs once when its signal aborts, and throws its reason", async () => {
  for (const wait of [false, 10]) {
    await inWorld(models, async ({ client, fake, elapsed, timers }) => {
      const controller = new AbortController();
      const reason = new Error("enough");
      setTimeout(() => controller.abort(reason), 3500);
      const options = { signal: controller.signal, concurrency: 5, wait };
      const inputs = [...numbers(3, 200), ...numbers(20, 60_000)];
      let taken = 0;
      const error = await assertRejects(async () => {
        for await (const _ of client.batch("acme/x", inputs, options)) taken++;
      });
      assertStrictEquals(error, reason);
      assertEquals(elapsed(), 3500);
      await sleep(20_000);
      // With `wait` the server tells the ids after 10 s only.
      const ends = [...fake.predictions.values()].map(({ status }) => status);
      assertEquals(ends.filter((status) => status === "canceled").length, 5);
      assertEquals(ends.filter((status) => status === "succeeded").length, taken);
      assertEquals([fake.cancels.length, new Set(fake.cancels).size], [5, 5]);
      assertEquals([fake.predictions.size, timers()], [taken + 5, 0]);
    });
  }
});

Deno.test("batch() sends and reads nothing when its signal is aborted already", async () => {
  await inWorld(models, async ({ client, requests }) => {
    let read = 0;
    const inputs = function* () {
      yield { n: read++ };
    };
    const signal = AbortSignal.abort("not today");
    const error = await rejection(Array.fromAsync(client.batch("acme/x", inputs(), { signal })));
    assertEquals([error, read, requests().length], ["not today", 0, 0]);
  });
});

Deno.test("batch() throws the reason of an abort during the loop's body at the next turn", async () => {
  await inWorld(models, async ({ client }) => {
    const controller = new AbortController();
    let taken = 0;
    const error = await assertRejects(async () => {
      const { signal } = controller;
      for await (const _ of client.batch("acme/x", numbers(10), { signal, concurrency: 2 })) {
        taken++;
        controller.abort(new Error("enough"));
      }
    });
    assertEquals([(error as Error).message, taken], ["enough", 1]);
  });
});

Deno.test("batch() cancels what runs when its loop is left, and closes the inputs", async () => {
  await inWorld(models, async ({ client, fake }) => {
    let closed = 0;
    const inputs = function* () {
      try {
        for (let n = 0;; n++) yield { n, ms: n === 0 ? 100 : 5000 };
      } finally {
        closed++;
      }
    };
    for await (const _ of client.batch("acme/x", inputs(), { concurrency: 4 })) {
      await sleep(1000);
      break;
    }
    await sleep(10_000);
    assertEquals([fake.cancels.length, new Set(fake.cancels).size, closed], [4, 4, 1]);
    assertEquals(fake.predictions.size, 5);
  });
});

Deno.test("batch() can be left while a result is awaited, as a canceled ReadableStream does", async () => {
  await inWorld(models, async ({ client, fake, elapsed }) => {
    const iterator = client.batch("acme/x", numbers(3, 60_000), { wait: false })
      [Symbol.asyncIterator]();
    const first = iterator.next();
    await sleep(1000);
    await iterator.return?.();
    assertEquals([(await first).done, elapsed()], [true, 1000]);
    await sleep(1000);
    assertEquals(fake.cancels.length, 3);
    assertEquals((await iterator.next()).done, true);
  });
});

Deno.test("batch() that is left before its first result does nothing", async () => {
  await inWorld(models, async ({ client, requests }) => {
    let listeners = 0;
    const { signal } = new AbortController();
    const add = signal.addEventListener.bind(signal);
    signal.addEventListener = (...given: Parameters<typeof add>) => {
      listeners++;
      add(...given);
    };
    const iterator = client.batch("acme/x", numbers(3), { signal })[Symbol.asyncIterator]();
    assertEquals((await iterator.return?.())?.done, true);
    assertEquals((await iterator.next()).done, true);
    assertEquals([requests().length, listeners], [0, 0]);
  });
});

Deno.test("batch() throws what the inputs throw when they are closed", async () => {
  await inWorld(models, async ({ client, fake }) => {
    const inputs = function* () {
      try {
        yield* numbers(20);
      } finally {
        // deno-lint-ignore no-unsafe-finally
        throw new Error("not closed");
      }
    };
    await assertRejects(
      async () => {
        for await (const _ of client.batch("acme/x", inputs())) break;
      },
      Error,
      "not closed",
    );
    await sleep(1000);
    assertEquals(fake.cancels.length, 15);
  });
});

Deno.test("batch() runs a failed input again if asked", async () => {
  let runs = 0;
  const run = () => {
    if (++runs < 3) throw new Error("CUDA out of memory");
    return "ok";
  };
  await inWorld({ "acme/x": { official: true, run } }, async ({ client }) => {
    const rerun = { attempts: 3, on: ["memory" as const] };
    const [result] = await Array.fromAsync(client.batch("acme/x", [{}], { rerun }));
    assertEquals([result?.status, runs], ["fulfilled", 3]);
  });
});

Deno.test("batch() gives each input its own timeout", async () => {
  await inWorld(models, async ({ client, fake }) => {
    const inputs = [{ n: 0, ms: 60_000 }, { n: 1, ms: 100 }];
    const [late, fine] = await Array.fromAsync(
      client.batch("acme/x", inputs, { timeout: "10s", ordered: true }),
    );
    assert(late?.status === "rejected");
    assertInstanceOf(late.reason, TimeoutError);
    assertEquals([late.reason.phase, late.prediction?.status], ["deadline", "processing"]);
    assertEquals([fine?.status, fake.cancels.length], ["fulfilled", 1]);
  });
});

Deno.test("batch() tells its progress when an input is taken and when it is settled", async () => {
  await inWorld(models, async ({ client }) => {
    const seen: BatchProgress[] = [];
    const inputs = [...numbers(3), { n: 3, ms: 1000, fail: "no" }];
    const options = {
      concurrency: 2,
      onProgress: (progress: BatchProgress) => void seen.push(progress),
    };
    await Array.fromAsync(client.batch("acme/x", inputs, options));
    assertEquals(seen.length, 8);
    assertEquals(seen.map(({ done }) => done), [0, 0, 1, 1, 2, 2, 3, 4]);
    const { rate, ...last } = seen.at(-1)!;
    assertEquals(last, { done: 4, failed: 1, running: 0, total: 4, etaMs: 0 });
    assert(rate > 1.5 && rate <= 2, `${rate}`);
    const half = seen[4]!;
    assert(half.etaMs! > 800 && half.etaMs! < 1600, `${half.etaMs}`);
  });
});

Deno.test("batch() does not know the total of inputs that are made one by one", async () => {
  await inWorld(models, async ({ client }) => {
    const seen: BatchProgress[] = [];
    const onProgress = (progress: BatchProgress): void => void seen.push(progress);
    await Array.fromAsync(client.batch("acme/x", numbers(2).values(), { onProgress }));
    assertEquals(seen.map(({ total }) => total), Array(4).fill(undefined));
    await Array.fromAsync(client.batch("acme/x", new Set(numbers(2)), { onProgress }));
    assertEquals(seen.at(-1)?.total, 2);
  });
});

Deno.test("batch() ends with what onProgress throws, and cancels what runs", async () => {
  const fail = ({ done }: BatchProgress): void => {
    if (done > 0) throw new Error("no terminal");
  };
  for (const onProgress of [fail, async (progress: BatchProgress) => await fail(progress)]) {
    await inWorld(models, async ({ client, fake }) => {
      const inputs = [{ n: 0, ms: 100 }, ...numbers(5, 9000)];
      const options = { onProgress };
      const work = Array.fromAsync(client.batch("acme/x", inputs, options));
      await assertRejects(() => work, Error, "no terminal");
      await sleep(1000);
      assertEquals(fake.cancels.length, 5);
    });
  }
});

Deno.test("batch() ends when onProgress throws, or the signal aborts, while it reads its inputs", async () => {
  await inWorld(models, async ({ client, fake }) => {
    const onProgress = ({ running }: BatchProgress): void => {
      if (running > 1) throw new Error("no terminal");
    };
    const work = Array.fromAsync(client.batch("acme/x", numbers(5), { onProgress }));
    await assertRejects(() => work, Error, "no terminal");
    assertEquals(fake.predictions.size, 0);
  });
  await inWorld(models, async ({ client, fake }) => {
    const controller = new AbortController();
    const { signal } = controller;
    const inputs = function* () {
      yield { n: 0 };
      controller.abort(new Error("enough"));
      yield { n: 1 };
    };
    const work = Array.fromAsync(client.batch("acme/x", inputs(), { signal }));
    await assertRejects(() => work, Error, "enough");
    assertEquals(fake.predictions.size, 0);
  });
});

Deno.test("batch() runs equal inputs once if asked, and gives each its result", async () => {
  await inWorld(models, async ({ client, fake }) => {
    const inputs = [{ n: 1, ms: 5 }, { ms: 5, n: 1 }, { n: 2, ms: 5 }, { n: 1, ms: 5 }];
    const results = await Array.fromAsync(
      client.batch("acme/x", inputs, { dedupe: true, ordered: true, concurrency: 2 }),
    );
    assertEquals(results.map((result) => result.status === "fulfilled" && result.value), [
      1,
      1,
      2,
      1,
    ]);
    assertEquals(new Set(results.map(({ prediction }) => prediction?.id)).size, 2);
    assertEquals(fake.predictions.size, 2);
  });
});

Deno.test("batch() wants a key for inputs with files that are to be compared", async () => {
  await inWorld(models, async ({ client, fake }) => {
    const inputs = () => [1, 2, 1].map((n) => ({ n, image: new Blob([String(n)]) }));
    const options = { dedupe: true, ordered: true };
    const [first] = await Array.fromAsync(client.batch("acme/x", inputs(), options));
    assert(first?.status === "rejected");
    assertInstanceOf(first.reason, TypeError);
    assert(/input\.image.*give the batch a `key`/.test(first.reason.message), first.reason.message);
    assertEquals(fake.predictions.size, 0);

    const key = ({ n }: { n?: number }): string => `image ${n}`;
    const results = await Array.fromAsync(client.batch("acme/x", inputs(), { ...options, key }));
    assertEquals(results.map((result) => result.status === "fulfilled" && result.value), [1, 2, 1]);
    assertEquals(fake.predictions.size, 2);
    const [bad] = await Array.fromAsync(
      client.batch("acme/x", inputs(), { ...options, key: () => "" }),
    );
    assert(bad?.status === "rejected" && bad.reason instanceof TypeError);
  });
});

Deno.test("batch() finds the version of a community model once, not once for each input", async () => {
  await inWorld(
    { "acme/own": { run: (_, job) => job.sleep(50) } },
    async ({ client, requests }) => {
      await Array.fromAsync(client.batch("acme/own", numbers(40)));
      const count = (wanted: string): number => requests().filter((it) => it === wanted).length;
      assertEquals(count("POST /models/acme/own/predictions"), 1);
      assertEquals(count("GET /models/acme/own"), 1);
      assertEquals(count("POST /predictions"), 40);
    },
  );
});

Deno.test("batch() asks for no hold, so that ids are known at once, unless told to wait", async () => {
  await inWorld(models, async ({ client, fake, requests }) => {
    await Array.fromAsync(client.batch("acme/x", numbers(4)));
    assertEquals(fake.requests[0]?.headers.prefer, undefined);
    const before = requests().length;
    assert(before <= 4 * 3 + 1, `${before} requests`);
    await Array.fromAsync(client.batch("acme/x", numbers(20), { wait: 10 }));
    assertEquals(requests().slice(before), Array(20).fill("POST /models/acme/x/predictions"));
    assertEquals(fake.requests.at(-1)?.headers.prefer, "wait=10");
  });
});
