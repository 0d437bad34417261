/** `replicate run`, `stream`, `wait` and `cancel`, against the fake. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { type FakeModel, FakeReplicate } from "../../src/testing/mod.ts";
import { inFolder, replicate, type Running } from "./world.ts";

const TEXT = {
  type: "array",
  items: { type: "string" },
  "x-cog-array-type": "iterator",
  "x-cog-array-display": "concatenate",
};

const MODELS: Record<string, FakeModel> = {
  "acme/poet": {
    official: true,
    schema: {
      Input: { type: "object", properties: { prompt: { type: "string" } } },
      Output: TEXT,
    },
    async *run({ prompt = "Rain" }, job) {
      yield String(prompt);
      await job.sleep(20);
      yield " taps";
    },
  },
  "acme/echo": {
    schema: {
      Input: {
        type: "object",
        properties: {
          text: { type: "string" },
          n: { type: "integer", maximum: 4 },
          share: { type: "number" },
          loud: { type: "boolean" },
          tags: { type: "array", items: { type: "string" } },
          sizes: { type: "array", items: { type: "integer" } },
          extra: { type: "object" },
          size: { allOf: [{ $ref: "#/components/schemas/size" }] },
        },
      },
      Output: { type: "object" },
      size: { type: "integer", enum: [256, 512] },
    },
    run: (input) => input,
  },
  "acme/painter": {
    official: true,
    schema: {
      Input: { type: "object", properties: {} },
      Output: { type: "array", items: { type: "string", format: "uri" } },
    },
    run: () => ["one", "two"].map((it) => new File([it], `${it}.png`, { type: "image/png" })),
  },
  "acme/reader": {
    official: true,
    schema: {
      Input: { type: "object", properties: { file: { type: "string", format: "uri" } } },
      Output: { type: "string" },
    },
    run: ({ file }, job) => job.file(String(file)).text(),
  },
  "acme/free": { official: true, run: (input) => ({ input }) },
  "acme/picky": { official: true, run: (_, job) => job.fail("CUDA out of memory") },
  "acme/slow": {
    official: true,
    async run(_, job) {
      await job.sleep(60_000);
      return "late";
    },
  },
  "acme/bar": {
    official: true,
    async run(_, job) {
      for (let step = 1; step <= 4; step++) {
        job.progress(step, 4);
        await job.sleep(60);
      }
      return "done";
    },
  },
};

const withFake = async (test: (fake: FakeReplicate) => Promise<void>): Promise<void> => {
  await using fake = new FakeReplicate({ models: MODELS });
  await test(fake);
};

Deno.test("run prints text while it is made, and ends its line", () =>
  withFake(async (fake) => {
    const { code, stdout, stderr } = await replicate(["run", "acme/poet", "prompt=Fog"], { fake });
    assertEquals([code, stdout, stderr], [0, "Fog taps\n", ""]);
  }));

Deno.test("run gives each value the type of the model's schema", () =>
  withFake(async (fake) => {
    const values = [
      "text=4",
      "n=3",
      "share=.5",
      "loud=true",
      'tags=["a"]',
      "sizes=1",
      "sizes=2",
      "extra={}",
      "size=512",
    ];
    const { code, stdout } = await replicate(["run", "acme/echo", ...values], { fake });
    assertEquals(code, 0);
    assertEquals(JSON.parse(stdout), {
      text: "4",
      n: 3,
      share: 0.5,
      loud: true,
      tags: ["a"],
      sizes: [1, 2],
      extra: {},
      size: 512,
    });
    assertEquals(stdout.trim().split("\n").length, 1);
  }));

Deno.test("run takes := as JSON, @@ as @, and --input below its options", () =>
  inFolder((folder) =>
    withFake(async (fake) => {
      await Deno.writeTextFile(`${folder}/in.json`, '{"a":1,"b":2}');
      const args = ["run", "acme/free", "b:=[3]", "c=@@d", "--input", `${folder}/in.json`];
      const { stdout } = await replicate(args, { fake });
      assertEquals(JSON.parse(stdout), { input: { a: 1, b: [3], c: "@d" } });
      const piped = await replicate(["run", "acme/free", "-i", "-"], { fake, stdin: '{"x":1}' });
      assertEquals(JSON.parse(piped.stdout), { input: { x: 1 } });
    })
  ));

Deno.test("run uploads @path and @- for a file, and reads it for an option of text", () =>
  inFolder((folder) =>
    withFake(async (fake) => {
      await Deno.writeTextFile(`${folder}/fig.txt`, "a fig\n");
      const path = `${folder}/fig.txt`;
      const file = await replicate(["run", "acme/reader", `file=@${path}`], { fake });
      assertEquals([file.code, file.stdout], [0, "a fig\n"]);
      const stdin = await replicate(["run", "acme/reader", "file=@-"], { fake, stdin: "plum" });
      assertEquals([stdin.code, stdin.stdout], [0, "plum\n"]);
      const text = await replicate(["run", "acme/poet", `prompt=@${path}`], { fake });
      assertEquals([text.code, text.stdout], [0, "a fig taps\n"]);
    })
  ));

Deno.test("run saves files as {model}-{id}-{n}.{ext}, prints their paths, and writes over none", () =>
  inFolder((folder) =>
    withFake(async (fake) => {
      const args = ["run", "acme/painter", "--save", `${folder}/new`];
      const { code, stdout } = await replicate(args, { fake });
      const [id] = fake.predictions.keys();
      const paths = [1, 2].map((n) => `${folder}/new/painter-${id}-${n}.png`);
      assertEquals([code, stdout], [0, `${paths.join("\n")}\n`]);
      assertEquals(await Deno.readTextFile(paths[1]!), "two");
      const again = ["wait", id!, "--save", `${folder}/new`];
      const refused = await replicate(again, { fake });
      assertEquals(refused.code, 2);
      assertMatch(refused.stderr, /painter-.*-1\.png: it exists\nWrite over it: add --force\n/);
      const forced = await replicate([...again, "--force"], { fake });
      assertEquals([forced.code, forced.stdout], [0, stdout]);
      const left = [...Deno.readDirSync(`${folder}/new`)].map(({ name }) => name);
      assertEquals(left.length, 2);
    })
  ));

Deno.test("run --json prints the prediction, and saves nothing; --no-save prints addresses", () =>
  inFolder((folder) =>
    withFake(async (fake) => {
      const { stdout } = await replicate(["run", "acme/painter", "--json"], { fake });
      const { status, output } = JSON.parse(stdout);
      assertEquals(status, "succeeded");
      const urls = await replicate(["run", "acme/painter", "--no-save"], { fake });
      assertMatch(urls.stdout, /^https:\/\/.*\nhttps:\/\/.*\n$/);
      assertEquals(output.length, 2);
      assertEquals([...Deno.readDirSync(folder)], []);
    })
  ));

Deno.test("run --detach prints the id and leaves it running; wait and cancel take it", () =>
  withFake(async (fake) => {
    const { code, stdout } = await replicate(["run", "acme/slow", "--detach"], { fake });
    const id = stdout.trim();
    assertEquals([code, fake.predictions.get(id)?.terminal], [0, false]);
    const late = await replicate(["wait", id, "--timeout", "50ms"], { fake });
    assertEquals([late.code, fake.cancels.length], [4, 0]);
    const canceled = await replicate(["cancel", id], { fake });
    assertEquals([canceled.code, canceled.stdout], [0, `${id} canceled\n`]);
    const over = await replicate(["wait", id], { fake });
    assertEquals(over.code, 4);
    const twice = await replicate(["cancel", id], { fake });
    assertEquals([twice.code, twice.stdout], [0, `${id} had ended: canceled\n`]);
  }));

Deno.test("wait prints text as text, and gives a terminal none of the codes in it", () =>
  withFake(async (fake) => {
    const { id } = fake.predict("acme/poet", { prompt: "\x1b[31mRed\x07" });
    const piped = await replicate(["wait", id], { fake });
    assertEquals([piped.code, piped.stdout], [0, "\x1b[31mRed\x07 taps\n"]);
    const typed = await replicate(["wait", id], { fake, tty: true });
    assertEquals([typed.code, typed.stdout], [0, "[31mRed taps\n"]);
  }));

Deno.test("run exits with 3 when the prediction failed, and --json prints it all the same", () =>
  withFake(async (fake) => {
    const { code, stdout, stderr } = await replicate(["run", "acme/picky"], { fake });
    assertEquals([code, stdout], [3, ""]);
    assertMatch(stderr, /^replicate: .*failed: CUDA out of memory\nIts logs: .*\n$/);
    const json = await replicate(["run", "acme/picky", "--json"], { fake });
    assertEquals([json.code, JSON.parse(json.stdout).status], [3, "failed"]);
  }));

Deno.test("run exits with 4 after --timeout, once the cancel is confirmed", () =>
  withFake(async (fake) => {
    const args = ["run", "acme/slow", "--timeout", "100ms"];
    const { code, stderr } = await replicate(args, { fake });
    const [id] = fake.predictions.keys();
    assertEquals([code, fake.cancels, fake.predictions.get(id!)?.status], [4, [id], "canceled"]);
    assert(stderr.endsWith(`Canceled ${id}\n`), stderr);
  }));

Deno.test("run exits with 1 when the API answers with an error, or not at all", () =>
  withFake(async (fake) => {
    const missing = await replicate(["run", "acme/none"], { fake });
    assertEquals(missing.code, 1);
    assertMatch(missing.stderr, /404.*\nFind a model: replicate models search TEXT\n/);
    const fetch = () => Promise.reject(new TypeError("fetch failed"));
    const offline = await replicate(["cancel", "abc"], { fetch, env: { REPLICATE_DEBUG: "" } });
    assertEquals(offline.code, 1);
    assertMatch(offline.stderr, /To try it without a network, use --offline\n$/);
  }));

/** Sends Ctrl-C once the fake has a prediction that runs. */
async function interrupted(fake: FakeReplicate, args: string[], times = 1) {
  let running: Running | undefined;
  const call = replicate(args, { fake, tty: true, onOutput: (_, it) => void (running ??= it) });
  while (
    ![...fake.predictions.values()].some(({ status }) => status === "processing") || !running
  ) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await new Promise((resolve) => setTimeout(resolve, 30));
  for (let time = 0; time < times; time++) running.signal("SIGINT");
  return await call;
}

Deno.test("run cancels after Ctrl-C, says so once that is confirmed, and exits with 130", () =>
  withFake(async (fake) => {
    const { code, stderr, exits } = await interrupted(fake, ["run", "acme/slow"]);
    const [id] = fake.predictions.keys();
    assertEquals([code, fake.cancels, exits], [130, [id], []]);
    assertMatch(stderr, new RegExp(`Interrupted: canceling .*\nCanceled ${id}\n$`));
  }));

Deno.test("run ends at once after a second Ctrl-C, and prints the id", () =>
  withFake(async (fake) => {
    fake.fault({ match: { path: /cancel$/ }, delay: 300 });
    const { stderr, exits } = await interrupted(fake, ["run", "acme/slow"], 2);
    const [id] = fake.predictions.keys();
    assertEquals(exits, [130]);
    assert(stderr.includes(`${id} may still run; cancel it: replicate cancel ${id}\n`), stderr);
  }));

Deno.test("run cancels what was about to be created when Ctrl-C came", () =>
  withFake(async (fake) => {
    fake.fault({ match: { method: "POST", path: /predictions$/ }, delay: 200 });
    let running: Running | undefined;
    const onOutput = (_: string, call: Running) => void (running ??= call);
    const call = replicate(["run", "acme/slow"], { fake, tty: true, onOutput });
    while (!fake.requests.some(({ method }) => method === "POST")) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    // The answer with its id is still to come.
    running?.signal("SIGINT");
    const { code, stderr, exits } = await call;
    const [id] = fake.predictions.keys();
    assertEquals([code, fake.cancels, exits], [130, [id], []], stderr);
    assertMatch(stderr, new RegExp(`Interrupted: .*\nCanceled ${id}\n$`));
  }));

Deno.test("wait lets what runs go on after Ctrl-C", () =>
  withFake(async (fake) => {
    const { id } = fake.predict("acme/slow", {});
    const { code, stderr } = await interrupted(fake, ["wait", id]);
    assertEquals([code, fake.cancels], [130, []]);
    assert(stderr.includes(`Interrupted: ${id} goes on\n`), stderr);
  }));

Deno.test("run cancels, and ends quietly, when nobody reads its output any more", () =>
  withFake(async (fake) => {
    const { code, stdout, stderr } = await replicate(["run", "acme/poet"], { fake, readers: 1 });
    assertEquals([code, stdout, stderr, fake.cancels.length], [0, "Rain", "", 1]);
  }));

Deno.test("stream prints text, or a line of JSON for each event, of a model or a prediction", () =>
  withFake(async (fake) => {
    const text = await replicate(["stream", "acme/poet"], { fake });
    assertEquals([text.code, text.stdout], [0, "Rain taps\n"]);
    const json = await replicate(["stream", "acme/poet", "--json"], { fake });
    const events = json.stdout.trim().split("\n").map((line) => JSON.parse(line));
    assertEquals(events.map(({ event }) => event), ["output", "output", "done"]);
    const [id] = fake.predictions.keys();
    const again = await replicate(["stream", id!], { fake });
    assertEquals([again.code, again.stdout, fake.cancels], [0, "Rain taps\n", []]);
  }));

Deno.test("run draws a bar in a terminal that fits it, and takes it away", () =>
  withFake(async (fake) => {
    let seen = "";
    let isNarrow = false;
    const { stderr, stdout } = await replicate(["run", "acme/bar"], {
      fake,
      tty: true,
      columns: 40,
      onOutput(text, call) {
        seen += text;
        if (!isNarrow && seen.includes("%")) {
          isNarrow = true;
          call.resize(20);
        }
      },
    });
    assertEquals(stdout, "done\n");
    assertMatch(stderr, /█+░*.*\d+%/);
    assert(stderr.endsWith("\r\x1b[K"), JSON.stringify(stderr));
    // deno-lint-ignore no-control-regex
    for (const line of stderr.split(/\r\x1b\[K/)) assert(line.length < 40, line);
  }));

Deno.test("run writes no escape codes into pipes", () =>
  withFake(async (fake) => {
    const { stdout, stderr } = await replicate(["run", "acme/bar"], { fake });
    assertEquals([stdout, stderr], ["done\n", ""]);
  }));

Deno.test("run --web opens the page, and --verbose shows requests without the token or inputs", () =>
  withFake(async (fake) => {
    const args = ["run", "acme/poet", "prompt=secret-prompt", "--web", "--verbose"];
    const { opened, stderr } = await replicate(args, { fake });
    const [id] = fake.predictions.keys();
    assertEquals(opened, [`https://replicate.com/p/${id}`]);
    assertMatch(stderr, /POST \/models\/acme\/poet\/predictions {2}response 201/);
    assert(!/r8_test|secret-prompt/.test(stderr), stderr);
  }));

Deno.test("run --help owner/name shows the options of that model", () =>
  withFake(async (fake) => {
    const { code, stdout } = await replicate(["run", "--help", "acme/echo"], { fake });
    assertEquals(code, 0);
    assertMatch(stdout, /n {2}integer, at most 4\n/);
    assertMatch(stdout, /size {2}256 \| 512\n/);
  }));
