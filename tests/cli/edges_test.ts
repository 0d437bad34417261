/** The edges of what can be asked of a command: numbers, words and files that do not fit. */

import { assertEquals, assertMatch } from "@std/assert";
import { FakeReplicate, withFakeTime } from "../../src/testing/mod.ts";
import { inFolder, replicate } from "./world.ts";

async function withFake(test: (fake: FakeReplicate) => Promise<void>): Promise<void> {
  await using fake = new FakeReplicate({
    models: {
      "acme/echo": { schema: { properties: { n: { type: "integer" } } }, run: ({ n }) => n ?? "x" },
      "acme/trainer": {
        schema: {
          Input: { type: "object", properties: {} },
          Output: {},
          TrainingInput: { type: "object", properties: { steps: { type: "integer" } } },
        },
        train: () => ({ weights: "w" }),
      },
      "acme/mine": {},
      "acme/slow": {
        run: async (_, job) => {
          await job.sleep(60_000);
        },
      },
    },
  });
  await test(fake);
}

Deno.test("a wrong word is shown in part where it is long, and without a hint where none is near", async () => {
  const long = "x".repeat(60);
  const shown = `${"x".repeat(40)}...`;
  const cases: [args: string[], said: string][] = [
    [["qqqqqqqqqq"], "Cannot run the command qqqqqqqqqq: there is none of that name\nSee: "],
    [["account", long], `${shown} is one too many\n`],
    [["run", "acme/x", long], `Cannot use ${shown} as an option of the model`],
    [
      ["--qqqqqqqq"],
      "Cannot use --qqqqqqqq: replicate has no such option\nSee: replicate --help\n",
    ],
    [["completion", "qqqqqqqq"], "Cannot use the shell qqqqqqqq: there is none\n"],
    [["models", "search", "a", "--limit", "51"], "--limit is 1 to 50"],
    [["models", "search", "a", "--limit", "0"], "--limit is 1 to 50"],
    [["stream", "h57pag03m5rmy0czx00v1spt08", "a=b"], "takes no options"],
    [
      ["run", "acme/x", "--input", "-", "a=@-"],
      "stdin can be read once only, by --input - or by @-",
    ],
    [["trainings", "create", "0".repeat(64), "--destination", "a/b"], "is no owner/name"],
    [["deployments", "create", "a", "--model", "a/b"], "--hardware is missing\nSee what there is"],
    [["types", "--from", "README.md"], "README.md is not JSON"],
    [
      ["batch", "acme/echo", "-", "--out", "/nowhere/out"],
      "Cannot write /nowhere/out: its folder is",
    ],
  ];
  await withFake(async (fake) => {
    for (const [args, said] of cases) {
      const { code, stderr } = await replicate(args, { fake, stdin: "{}" });
      assertEquals([args, code, stderr.includes(said)], [args, 2, true], stderr);
    }
  });
});

Deno.test("run --input refuses JSON that is no object", () =>
  withFake(async (fake) => {
    const args = ["run", "acme/echo", "--input", "-"];
    const { code, stderr } = await replicate(args, { fake, stdin: "[1]" });
    assertEquals([code, fake.predictions.size], [2, 0]);
    assertMatch(stderr, /Cannot use stdin as the input: it is no JSON object/);
  }));

Deno.test("lists say that they are empty in a terminal, and ask for nothing with --limit 0", () =>
  withFake(async (fake) => {
    const empty = await replicate(["predictions", "list"], { fake, tty: true });
    assertEquals(empty.stdout, "");
    assertMatch(empty.stderr, /There are none\n/);
    const asked = fake.requests.length;
    const none = await replicate(["predictions", "list", "--limit", "0"], { fake });
    assertEquals([none.code, none.stdout, fake.requests.length], [0, "", asked]);
    const some = await replicate(["models", "search", "acme", "--limit", "2"], { fake });
    assertEquals(some.stdout.trim().split("\n").length, 2);
  }));

Deno.test("--json prints the record of what was started, canceled or trained", () =>
  withFake(async (fake) => {
    const started = await replicate(["run", "acme/slow", "--detach", "--json"], { fake });
    const { id } = JSON.parse(started.stdout);
    const canceled = await replicate(["cancel", id, "--json"], { fake });
    assertEquals(JSON.parse(canceled.stdout).status, "canceled");
    assertMatch((await replicate(["cancel", id], { fake })).stdout, /had ended: canceled\n$/);
    const version = fake.version("acme/trainer");
    const create = ["trainings", "create", `acme/trainer:${version}`, "--destination", "acme/mine"];
    const made = await replicate([...create, "steps=4", "--json"], { fake });
    const training = JSON.parse(made.stdout);
    assertEquals([training.version, training.input], [version, { steps: 4 }]);
    const stopped = await replicate(["trainings", "cancel", training.id, "--json"], { fake });
    assertEquals(JSON.parse(stopped.stdout).id, training.id);
  }));

Deno.test("files upload prints the address of each file, an empty one too", () =>
  inFolder((folder) =>
    withFake(async (fake) => {
      await Deno.writeTextFile(`${folder}/a.txt`, "");
      const { code, stdout, stderr } = await replicate(["files", "upload", `${folder}/a.txt`], {
        fake,
      });
      const [id] = fake.files.keys();
      assertEquals([code, stdout], [0, `https://api.replicate.com/v1/files/${id}\n`], stderr);
    })
  ));

Deno.test("request prints text with a line break, and nothing for an empty answer", async () => {
  for (const [text, shown] of [["plain", "plain\n"], ["line\n", "line\n"], ["", ""]]) {
    const fetch = (): Promise<Response> => Promise.resolve(new Response(text));
    const { code, stdout } = await replicate(["request", "GET", "/x"], { fetch });
    assertEquals([code, stdout], [0, shown]);
  }
});

Deno.test("types prints to stdout without --out, from a file with --from, and checks a file that is not there", () =>
  inFolder((folder) =>
    withFake(async (fake) => {
      const printed = await replicate(["types", "acme/echo"], { fake });
      assertMatch(printed.stdout, /n\?: number/);
      const out = `${folder}/none.ts`;
      const missing = await replicate(["types", "acme/echo", "--check", "--out", out], { fake });
      assertEquals(missing.code, 1);
      assertMatch(missing.stderr, /none\.ts is not as the models' schemas are/);
      const model = await replicate(["models", "get", "acme/echo"], { fake });
      await Deno.writeTextFile(`${folder}/model.json`, model.stdout);
      const from = await replicate(["types", "--from", `${folder}/model.json`], {});
      assertEquals(from.code, 0, from.stderr);
      assertMatch(from.stdout, /n\?: number/);
    })
  ));

Deno.test("batch reads CSV with empty lines, and refuses columns without a name or there twice", () =>
  withFake(async (fake) => {
    const args = ["batch", "acme/echo", "-", "--csv"];
    const blank = await replicate(args, { fake, stdin: "\nn\n\n1\n\n2" });
    assertEquals([blank.code, blank.stderr], [0, "2 done, 0 failed\n"]);
    const twice = await replicate(args, { fake, stdin: "n,n\n1,2\n" });
    assertMatch(twice.stderr, /Cannot use line 1 of stdin: n is there twice/);
    const unnamed = await replicate(args, { fake, stdin: "n,\n1,2\n" });
    assertMatch(unnamed.stderr, /Cannot use line 1 of stdin: a column has no name/);
    assertEquals([twice.code, unnamed.code], [2, 2]);
  }));

Deno.test("batch says that stdin is closed, and does not ask for a schema with --no-check", () =>
  withFake(async (fake) => {
    const closed = await replicate(["batch", "acme/echo", "-"], { fake, stdin: null });
    assertEquals(closed.code, 2);
    assertMatch(closed.stderr, /Cannot read the inputs: stdin is closed/);
    const args = ["batch", `acme/echo:${fake.version("acme/echo")}`, "-", "--no-check"];
    const { code, stdout } = await replicate(args, { fake, stdin: '{"n":5}' });
    assertEquals([code, JSON.parse(stdout).output], [0, 5]);
    assertEquals(fake.requestsOf("models.versions.get").length, 0);
  }));

Deno.test("run --verbose tells the attempts of a request that is sent again", () =>
  withFake(async (fake) => {
    fake.fault({ match: { method: "GET", path: "/account" }, status: 503, retryAfter: 0 });
    const { code, stderr } = await replicate(["account", "--verbose"], { fake });
    assertEquals(code, 0, stderr);
    assertMatch(stderr, /GET \/account {2}attempt 2 {2}response 200/);
  }));

Deno.test("run says that a cancel is not confirmed, and where to look", () =>
  withFakeTime(() =>
    withFake(async (fake) => {
      fake.fault({ match: { path: /cancel$/ }, status: 422, times: Infinity });
      const { code, stderr } = await replicate(["run", "acme/slow", "--timeout", "50ms"], { fake });
      const [id] = fake.predictions.keys();
      assertEquals(code, 4);
      assertMatch(stderr, new RegExp(`The cancel of ${id} is not confirmed; see: .*get ${id}\n`));
    })
  ));

Deno.test("run listens to Ctrl-C alone on Windows", () =>
  withFake(async (fake) => {
    const heard: string[] = [];
    const onSignal = (name: string) => {
      heard.push(name);
      return () => {};
    };
    const { code } = await replicate(["run", "acme/echo"], {
      fake,
      io: { platform: "win32", onSignal },
    });
    assertEquals([code, new Set(heard)], [0, new Set(["SIGINT"])]);
  }));

Deno.test("wait goes on where the schema of the model may not be read", () =>
  withFake(async (fake) => {
    fake.fault({ match: { method: "GET", path: /^\/models\// }, status: 403, times: Infinity });
    const { id } = fake.predict("acme/echo", {});
    const { code, stdout, stderr } = await replicate(["wait", id], { fake });
    assertEquals([code, stdout], [0, "x\n"], stderr);
  }));

Deno.test("run exits with 1 where a version may not be read, and sends nothing", () =>
  withFake(async (fake) => {
    fake.fault({ match: { method: "GET", path: /\/versions\// }, status: 403, times: Infinity });
    const ref = `acme/echo:${fake.version("acme/echo")}`;
    const { code, stderr } = await replicate(["run", ref], { fake });
    assertEquals([code, fake.predictions.size], [1, 0]);
    assertMatch(stderr, /403/);
  }));

Deno.test("run goes on where the schemas cannot be kept", () =>
  inFolder(async (folder) => {
    await using fake = new FakeReplicate({
      models: { "acme/official": { official: true, run: () => "done" } },
    });
    await Deno.writeTextFile(`${folder}/replicate`, "in the way");
    const env = { XDG_CACHE_HOME: folder };
    const { code, stdout } = await replicate(["run", "acme/official"], { fake, env });
    assertEquals([code, stdout], [0, "done\n"]);
  }));

Deno.test("run --offline paints a fig where no fruit is named", () =>
  inFolder((folder) =>
    withFakeTime(async () => {
      const args = ["run", "demo/painter", "prompt=a car", "--offline", "--save", folder];
      const { code, stdout, stderr } = await replicate(args);
      assertEquals(code, 0, stderr);
      assertMatch(await Deno.readTextFile(stdout.trim()), /^<svg/);
    })
  ));
