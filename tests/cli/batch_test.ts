/** `replicate batch`: inputs, results, and a batch that was killed. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { type FakeModel, FakeReplicate } from "../../src/testing/mod.ts";
import { inFolder, replicate } from "./world.ts";

const MODELS: Record<string, FakeModel> = {
  "acme/double": {
    official: true,
    schema: {
      Input: {
        type: "object",
        properties: {
          n: { type: "integer" },
          name: { type: "string" },
          file: { type: "string", format: "uri" },
          key: { type: "string", format: "password" },
        },
        required: ["n"],
      },
      Output: { type: "integer" },
    },
    async run({ n }, job) {
      await job.sleep(10);
      if (n === 13) job.fail("unlucky");
      return Number(n) * 2;
    },
  },
  "acme/slow": {
    official: true,
    async run(_, job) {
      await job.sleep(60_000);
    },
  },
  "acme/painter": {
    official: true,
    run: ({ n }) => new File([`fig ${n}`], "fig.txt", { type: "text/plain" }),
  },
};

interface Line {
  index: number;
  status: string;
  id: string;
  input: Record<string, unknown>;
  output: unknown;
  error?: string;
}

const lines = (text: string): Line[] =>
  text.trim().split("\n").map((line) => JSON.parse(line)).sort((a, b) => a.index - b.index);

async function withFake(test: (fake: FakeReplicate) => Promise<void>): Promise<void> {
  await using fake = new FakeReplicate({ models: MODELS });
  await test(fake);
}

Deno.test("batch reads lines of JSON from stdin or a file, and prints a line for each", () =>
  inFolder((folder) =>
    withFake(async (fake) => {
      const stdin = '{"n":1}\n\n{"n":2}\r\n{"n":3}';
      const piped = await replicate(["batch", "acme/double", "-"], { fake, stdin });
      assertEquals(piped.code, 0, piped.stderr);
      assertEquals(lines(piped.stdout).map((it) => [it.input, it.output, it.status]), [
        [{ n: 1 }, 2, "succeeded"],
        [{ n: 2 }, 4, "succeeded"],
        [{ n: 3 }, 6, "succeeded"],
      ]);
      assertEquals(piped.stderr, "3 done, 0 failed\n");
      await Deno.writeTextFile(`${folder}/in.jsonl`, stdin);
      const out = `${folder}/out.jsonl`;
      const args = ["batch", "acme/double", `${folder}/in.jsonl`, "--out", out, "--ordered"];
      const { code, stdout } = await replicate(args, { fake });
      assertEquals([code, stdout], [0, ""]);
      assertEquals(lines(await Deno.readTextFile(out)).map(({ output }) => output), [2, 4, 6]);
      const again = await replicate(args, { fake });
      assertEquals(again.code, 2);
      assertMatch(again.stderr, /out.jsonl: it exists\nWrite over it: add --force/);
    })
  ));

Deno.test("batch reads CSV by the model's schema, with files and quotes", () =>
  inFolder((folder) =>
    withFake(async (fake) => {
      await Deno.writeTextFile(`${folder}/fig.txt`, "a fig");
      const csv = `\ufeffn,name,file\r\n4,"a ""fig"",\nred",@${folder}/fig.txt\r\n5,,\r\n`;
      await Deno.writeTextFile(`${folder}/in.csv`, csv);
      const args = ["batch", "acme/double", `${folder}/in.csv`, "key=hidden"];
      const { code, stdout, stderr } = await replicate(args, { fake });
      assertEquals(code, 0, stderr);
      assertEquals(lines(stdout).map(({ input, output }) => [input, output]), [
        [{ key: "***", n: 4, name: 'a "fig",\nred', file: `@${folder}/fig.txt` }, 8],
        [{ key: "***", n: 5 }, 10],
      ]);
      const inputs = [...fake.predictions.values()].map(({ input }) => input);
      assertEquals(inputs.find(({ n }) => n === 5), { n: 5, key: "hidden" });
      const piped = await replicate(["batch", "acme/double", "-", "--csv"], {
        fake,
        stdin: "n\n1\n",
      });
      assertEquals(lines(piped.stdout)[0]?.output, 2);
    })
  ));

Deno.test("batch refuses inputs that are wrong before anything runs, with the line", () =>
  inFolder((folder) =>
    withFake(async (fake) => {
      const cases: [name: string, text: string, said: RegExp][] = [
        ["a.jsonl", '{"n":1}\n{"n":', /line 2 of .*a.jsonl: it is not JSON/],
        ["a.jsonl", '{"n":1}\n[2]', /line 2 of .*: it is no JSON object/],
        ["a.jsonl", "n,name\n1,a", /line 1 of .*\nFor CSV, name the file .csv, or add --csv/],
        ["a.jsonl", '{"n":1}\n{"m":2}', /line 2 of .*: there is no option m; n is required\nDid/],
        ["a.jsonl", "", /has no inputs/],
        ["a.csv", "n,n\n1,2", /line 1 of .*: n is there twice/],
        ["a.csv", 'n\n"1', /line 2 of .*: a quote is not closed/],
        ["a.csv", "n\n1,2", /line 2 of .*: it has 2 cells, and there are 1 columns/],
        ["a.csv", "n,file\n1,@nowhere.png", /no such file/],
      ];
      for (const [name, text, said] of cases) {
        await Deno.writeTextFile(`${folder}/${name}`, text);
        const { code, stderr } = await replicate(["batch", "acme/double", `${folder}/${name}`], {
          fake,
        });
        assertEquals(code, 2, stderr);
        assertMatch(stderr, said);
      }
      assertEquals(fake.predictions.size, 0);
      const stdin = '{"n":1}\n{"n":"x"}\n';
      const piped = await replicate(["batch", "acme/double", "-"], { fake, stdin });
      assertEquals([piped.code, lines(piped.stdout)[0]?.output], [2, 2]);
      assertMatch(piped.stderr, /line 2 of stdin: n: Invalid type/);
    })
  ));

Deno.test("batch exits with 3 when some failed, and their lines say why", () =>
  withFake(async (fake) => {
    const stdin = '{"n":1}\n{"n":13}\n';
    const { code, stdout, stderr } = await replicate(["batch", "acme/double", "-"], {
      fake,
      stdin,
    });
    assertEquals([code, stderr], [3, "1 done, 1 failed\n"]);
    const [, failed] = lines(stdout);
    assertEquals(failed?.status, "failed");
    assertMatch(failed?.error ?? "", /unlucky/);
  }));

Deno.test("batch exits with 4 when runs took longer than --timeout", () =>
  withFake(async (fake) => {
    const args = ["batch", "acme/slow", "-", "--timeout", "100ms"];
    const { code, stdout } = await replicate(args, { fake, stdin: "{}\n" });
    assertEquals([code, lines(stdout)[0]?.status, fake.cancels.length], [4, "canceled", 1]);
  }));

Deno.test("batch saves files with --save, and gives their paths", () =>
  inFolder((folder) =>
    withFake(async (fake) => {
      const args = ["batch", "acme/painter", "-", "--save", folder];
      const { stdout } = await replicate(args, { fake, stdin: '{"n":1}\n{"n":2}\n' });
      const [first, second] = lines(stdout);
      assertEquals(first?.output, `${folder}/painter-${first?.id}-1.txt`);
      assertEquals(await Deno.readTextFile(String(second?.output)), "fig 2");
    })
  ));

Deno.test("batch cancels what runs after Ctrl-C, and when nobody reads", () =>
  withFake(async (fake) => {
    let seen = 0;
    const { code, stderr } = await replicate(["batch", "acme/slow", "-", "-c", "2"], {
      fake,
      tty: true,
      stdin: "{}\n{}\n{}\n",
      onOutput(_, call) {
        if (fake.predictions.size === 2 && seen++ === 0) call.signal("SIGINT");
      },
    });
    assertEquals([code, fake.cancels.length], [130, 2]);
    for (const id of fake.cancels) assert(stderr.includes(`Canceled ${id}\n`), stderr);
    const stdin = '{"n":1}\n{"n":2}\n{"n":3}\n';
    const args = ["batch", "acme/double", "-", "-c", "1"];
    const quiet = await replicate(args, { fake, stdin, readers: 1 });
    assertEquals([quiet.code, quiet.stderr], [0, ""]);
    assert(fake.predictions.size < 5);
  }));

Deno.test("batch --store goes on where it was, and creates nothing twice", () =>
  inFolder((folder) =>
    withFake(async (fake) => {
      const args = ["batch", "acme/double", "-", "--store", `${folder}/runs.jsonl`];
      const first = await replicate(args, { fake, stdin: '{"n":1}\n{"n":2}\n' });
      const again = await replicate(args, { fake, stdin: '{"n":1}\n{"n":2}\n{"n":3}\n' });
      assertEquals([first.code, again.code, fake.predictions.size], [0, 0, 3]);
      assertEquals(lines(again.stdout).map(({ output }) => output), [2, 4, 6]);
    })
  ));
