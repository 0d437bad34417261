import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { type FakeModel, FakeReplicate, withFakeTime } from "../../src/testing/mod.ts";
import { ask, create } from "./helpers.ts";

/** A prediction of a model at its end. */
async function ended(run: NonNullable<FakeModel["run"]>, input: unknown = {}) {
  await using fake = fakeOf(run);
  return (await create(fake, "acme/x", input, { prefer: "wait" })).json;
}

function fakeOf(run: NonNullable<FakeModel["run"]>): FakeReplicate {
  return new FakeReplicate({ models: { "acme/x": { run } } });
}

Deno.test("FakeReplicate shows what a model throws as its error, text or nothing too", async () => {
  const cases: [thrown: unknown, error: unknown][] = [
    [new Error("CUDA"), "CUDA"],
    [new RangeError(), "RangeError"],
    ["plain text", "plain text"],
    [undefined, "unknown error"],
  ];
  for (const [thrown, error] of cases) {
    const json = await ended(() => {
      throw thrown;
    });
    assertEquals([json.status, json.error], ["failed", error]);
  }
});

Deno.test("FakeReplicate serves bytes and files of outputs, and leaves addresses as they are", async () => {
  await using fake = fakeOf(() => ({
    url: new URL("https://files.test/a"),
    buffer: new Uint8Array([1, 2]).buffer,
    view: new Uint8Array([0, 3, 4]).subarray(1),
    blob: new Blob(["x"], { type: "model/gltf;v=2" }),
    odd: new Blob(["x"], { type: "odd" }),
    none: undefined,
  }));
  const { json } = await create(fake, "acme/x", {}, { prefer: "wait" });
  const output = json.output as Record<string, string>;
  assertEquals([output.url, output.none], ["https://files.test/a", null]);
  for (const [key, bytes] of [["buffer", [1, 2]], ["view", [3, 4]]] as const) {
    const response = await fake.fetch(output[key]!);
    assertEquals(await response.bytes(), new Uint8Array(bytes));
  }
  assertMatch(output.buffer!, /\.bin$/);
  assertMatch(output.blob!, /\.gltf$/);
  assertMatch(output.odd!, /\.bin$/);
});

Deno.test("FakeReplicate draws the progress of nothing to do as done", async () => {
  const { logs } = await ended((_, job) => {
    job.progress(0, 0);
    return 1;
  });
  assertMatch(logs, /^\r100%\|█{10}\| 0\/0 \[.*\n$/);
});

Deno.test("FakeReplicate takes no output, log or version of a job that was canceled", async () => {
  await withFakeTime(async (time) => {
    // It does not look at its signal, and goes on.
    const late = async (_: unknown, job: { log(text: string): void }): Promise<string> => {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      job.log("late\n");
      return "late";
    };
    await using fake = new FakeReplicate({
      models: {
        "acme/x": { run: late, train: late as never },
        "acme/boots": { boot: 500, run: late },
      },
    });
    const path = `/models/acme/x/versions/${fake.version("acme/x")}/trainings`;
    const training = await ask(fake, "POST", path, { destination: "acme/x", input: {} });
    const ids = [
      (await create(fake, "acme/x")).json.id,
      (await create(fake, "acme/boots")).json.id,
    ];
    for (const id of ids) await ask(fake, "POST", `/predictions/${id}/cancel`);
    await ask(fake, "POST", `/trainings/${training.json.id}/cancel`);
    await time.tick(5_000);
    for (const id of ids) {
      const { json } = await ask(fake, "GET", `/predictions/${id}`);
      assertEquals([json.status, json.output ?? null, json.logs], ["canceled", null, ""]);
    }
    assertThrows(() => fake.version("acme/x", 1), RangeError, "Cannot find version 1 of acme/x");
  });
});

Deno.test("FakeReplicate fails a training whose destination was deleted meanwhile", async () => {
  await withFakeTime(async (time) => {
    await using fake = new FakeReplicate({
      models: {
        "acme/trainer": { train: (_, job) => job.sleep(1_000).then(() => ({})) },
        "acme/mine": { versions: 0 },
      },
    });
    const path = `/models/acme/trainer/versions/${fake.version("acme/trainer")}/trainings`;
    const { json } = await ask(fake, "POST", path, { destination: "acme/mine", input: {} });
    assertEquals((await ask(fake, "DELETE", "/models/acme/mine")).status, 204);
    await time.tick(2_000);
    const { status, error } = (await ask(fake, "GET", `/trainings/${json.id}`)).json;
    assertEquals(status, "failed");
    assertMatch(String(error), /Cannot finish the training: the model acme\/mine was deleted/);
  });
});

Deno.test("FakeReplicate says which model is not there, or has no name of one", () => {
  for (const ref of ["acme", "acme/", "/x", "a/b/c"]) {
    assertThrows(
      () => new FakeReplicate({ models: { [ref]: {} } }),
      TypeError,
      `Cannot define the model ${JSON.stringify(ref)}: its name must be "owner/name"`,
    );
  }
  const fake = new FakeReplicate({ models: {} });
  assertThrows(() => fake.predict("acme/none", {}), RangeError, "Cannot find the model acme/none");
  assertThrows(
    () => new FakeReplicate({ models: {}, deployments: { "acme/web": { model: "acme/none" } } }),
    TypeError,
    "Cannot deploy acme/none: there is no such model",
  );
});

Deno.test("FakeReplicate names ten of its models at most when one is not there", async () => {
  const names = Array.from({ length: 30 }, (_, n) => `acme/m${n}`);
  await using fake = new FakeReplicate({ models: Object.fromEntries(names.map((it) => [it, {}])) });
  const { json } = await ask(fake, "GET", "/models/acme/none");
  assertMatch(json.detail, /This FakeReplicate has acme\/m0, .* and \d+ more/);
});

Deno.test("FakeReplicate gives an empty last page when what followed was deleted meanwhile", async () => {
  await using fake = new FakeReplicate({ models: {}, pageSize: 1 });
  for (const name of ["a", "b"]) {
    const form = new FormData();
    form.set("content", new File([name], name));
    await ask(fake, "POST", "/files", form);
  }
  const { next, results } = (await ask(fake, "GET", "/files")).json;
  for (const id of [...fake.files.keys()].filter((it) => it !== results[0]?.id)) {
    await ask(fake, "DELETE", `/files/${id}`);
  }
  const last = (await ask(fake, "GET", next!)).json;
  assertEquals([last.results, last.next], [[], null]);
});

Deno.test("FakeReplicate refuses a cursor that is not one", async () => {
  await using fake = new FakeReplicate({ models: {} });
  for (const cursor of ["%25", "YWZ0ZXI9eA=="]) {
    assertEquals((await ask(fake, "GET", `/predictions?cursor=${cursor}`)).status, 400);
  }
});

Deno.test("FakeReplicate answers a fault with bytes as they are", async () => {
  const body = new Uint8Array([1, 2]);
  await using fake = new FakeReplicate({ models: {}, faults: [{ status: 502, body }] });
  const response = await fake.fetch("https://api.replicate.com/v1/account");
  assertEquals([response.status, await response.bytes()], [502, body]);
});

Deno.test("FakeReplicate gives a file the type that the form names, or that of its content", async () => {
  await using fake = new FakeReplicate({ models: {} });
  const upload = async (fields: Record<string, string>, type?: string) => {
    const form = new FormData();
    form.set("content", new File(["x"], "a.bin", type ? { type } : {}));
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    return (await ask(fake, "POST", "/files", form)).json;
  };
  assertEquals((await upload({ type: "text/csv" }, "text/plain")).content_type, "text/csv");
  assertEquals((await upload({}, "text/plain")).content_type, "text/plain");
  assertEquals((await upload({})).content_type, "application/octet-stream");
  const { id } = await upload({});
  const { status } = await ask(fake, "GET", `/files/${id}/download`);
  assertEquals(status, 404);
});

Deno.test("withFakeTime() refuses a timer without a function", async () => {
  await withFakeTime(async () => {
    const set = setTimeout as unknown as (callback: unknown) => void;
    await assertRejects(
      async () => await set("alert()"),
      TypeError,
      "Cannot set a timer: the callback is not a function",
    );
  });
});
