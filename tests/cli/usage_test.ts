/** Wrong calls: each says what was wrong, the nearest right thing and where help is, and sends nothing. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { FakeReplicate } from "../../src/testing/mod.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { parseCall } from "../../src/cli/arguments.ts";
import { tokenPath } from "../../src/cli/config.ts";
import { nodeModule } from "../../src/cli/node.ts";
import { parseValues } from "../../src/cli/values.ts";
import { columnsOf, fitted, harmless, tableLines } from "../../src/cli/terminal.ts";
import { type CallOptions, inFolder, replicate } from "./world.ts";

/** Calls that are wrong before anything is sent, and what is said of them. */
const WRONG: [args: string[], said: RegExp, options?: CallOptions][] = [
  [["rnu"], /Cannot run the command rnu: .*\nDid you mean run\?\nSee: replicate --help\n$/],
  [["models", "serch"], /Did you mean models search\?\nSee: replicate models --help\n$/],
  [["acme/painter", "prompt=x"], /Did you mean replicate run acme\/painter\?/],
  [["run"], /owner\/name\[:version\] is missing\nUsage: replicate run /],
  [
    ["run", "acme/x", "--sav", "d"],
    /Cannot use --sav.*\nDid you mean --save\?\nSee: .* run --help/,
  ],
  [["run", "acme/x", "--token", "r8_secret"], /others could see it\nSet REPLICATE_API_TOKEN/],
  [["run", "acme/x", "--timeout", "soon"], /not a length of time\nGive a number with a unit/],
  [["run", "acme/x", "--timeout"], /--timeout without a value: give --timeout TIME/],
  [["run", "acme/x", "--json=yes"], /--json has no value/],
  [["run", "acme/x", "-i", "a", "-i", "b"], /--input twice/],
  [["run", "acme"], /acme: it is no name of a model\nGive owner\/name/],
  [["run", "acme/x", "cat"], /as an option of the model.*\nDid you mean prompt="cat"\?/],
  [["run", "acme/x", "n:=a b"], /n:=a b: it is not JSON\nDid you mean n=a b\?/],
  [["run", "acme/x", "image=@deno.jso"], /no such file\nDid you mean image=@deno.json\?/],
  [["run", "acme/x", "image=@src"], /it is a folder/],
  [["run", "acme/x", "--input", "deno.jsn"], /Did you mean --input deno.json\?/],
  [["run", "acme/x", "--input", "README.md"], /it is not JSON/],
  [["run", "acme/x", "a=@-", "b=@-"], /b=@-: stdin can be read once only/],
  [["run", "acme/x", "--input", "-"], /from stdin: it is closed/, { stdin: null }],
  [["run", "acme/x", "--input", "-"], /from stdin: it is empty/],
  [["run", "acme/x", "--save", "deno.json"], /Cannot save files in deno.json: it is a file\nGive/],
  [
    ["run", "acme/x", "--save", "/proc/x"],
    /Cannot save files in \/proc\/x: it cannot be made\nGive/,
  ],
  [["run", "acme/x", "--save", "d", "--no-save"], /cannot be used together/],
  [
    ["run", "acme/x"],
    /^replicate: Cannot run replicate run: there is no API token\nSet REPLICATE_API_TOKEN, or run: replicate login/,
    {
      env: { REPLICATE_API_TOKEN: "", HOME: "/nowhere", XDG_CONFIG_HOME: "" },
    },
  ],
  [["account", "--token-file", "nowhere.txt"], /from nowhere.txt: there is no such file/],
  [["account", "more"], /more is one too many/],
  [["predictions", "list", "--limit", "many"], /Cannot use many for --limit: give a whole number/],
  [["deployments", "create", "a"], /--model is missing/],
  [["deployments", "update", "a/b"], /nothing to change/],
  [["deployments", "get", "b"], /b is no owner\/name/],
  [["trainings", "create", "a/b"], /--destination is missing/],
  [["files", "upload", "nowhere.png"], /no such file/],
  [["request", "GTE", "/account"], /the method GTE.*\nDid you mean GET\?/],
  [["request", "GET", "/account", "a=1"], /a GET has no body/],
  [["request", "GET", "https://example.com"], /no path/],
  [["completion", "bsh"], /Did you mean bash\?/],
  [["webhook", "watch", "--all"], /--forward is missing/],
  [["webhook", "watch", "--forward", "http://localhost"], /ids of predictions, or --all/],
  [
    ["webhook", "watch", "--all", "--forward", "localhost:3"],
    /Did you mean http:\/\/localhost:3\?/,
  ],
  [["webhook", "watch", "--all", "--forward", "http://a", "--events", "end"], /end is no event/],
  [["batch", "acme/x", "nowhere.jsonl"], /no such file/],
  [["types", "--check"], /--check needs the file/],
  [["types"], /name a model/],
];

Deno.test("a wrong call says so in three lines at most, exits with 2, and sends nothing", async () => {
  await using fake = new FakeReplicate({ models: {} });
  for (const [args, said, options] of WRONG) {
    const { code, stdout, stderr } = await replicate(args, { fake, ...options });
    const call = args.join(" ");
    assertEquals([call, code, stdout], [call, 2, ""], stderr);
    assertMatch(stderr, said);
    assert(stderr.trimEnd().split("\n").length <= 3, stderr);
    assert(stderr.startsWith("replicate: Cannot ") && !stderr.includes("r8_secret"), stderr);
  }
  assertEquals(fake.requests.length, 0);
});

Deno.test("an input that does not fit is refused with the nearest name, and nothing is created", async () => {
  await using fake = new FakeReplicate({
    models: {
      "acme/x": {
        official: true,
        schema: {
          properties: {
            prompt: { type: "string" },
            n: { type: "integer", maximum: 4 },
            size: { type: "string", enum: ["small", "large"] },
          },
          required: ["prompt"],
        },
      },
    },
  });
  const cases: [string[], RegExp][] = [
    [["promt=a"], /there is no option promt; prompt is required\nDid you mean prompt\?\n/],
    [["prompt=a", "n=many"], /n: Invalid type. Expected: integer, given: string\n/],
    [["prompt=a", "n=9"], /n: Must be less than or equal to 4\nSee: .*run --help acme\/x\n/],
    [["prompt=a", "size=smal"], /size must be one of .*\nDid you mean small\?\n/],
    [["prompt=a", "prompt=b"], /Cannot use prompt twice: it is no list\n/],
    [["prompt=a", "zzzzzzzz=1"], /no option zzzzzzzz\nIts options: prompt, n, size\n/],
  ];
  for (const [values, said] of cases) {
    const { code, stderr } = await replicate(["run", "acme/x", ...values], { fake });
    assertEquals(code, 2, stderr);
    assertMatch(stderr, said);
  }
  assertEquals(fake.predictions.size, 0);
  const sent = await replicate(["run", "acme/x", "promt=a", "--no-check"], { fake });
  assertEquals(sent.code, 1, sent.stderr);
});

Deno.test("login keeps a token that the API takes, readable by its owner only", () =>
  inFolder(async (folder) => {
    await using fake = new FakeReplicate({ models: {}, token: "r8_good" });
    const env = { REPLICATE_API_TOKEN: "", XDG_CONFIG_HOME: folder };
    const refused = await replicate(["login"], { fake, env, stdin: "r8_bad\n" });
    assertEquals([refused.code, [...Deno.readDirSync(folder)].length], [1, 0]);
    for (const tty of [false, true]) {
      const { code, stdout, stderr } = await replicate(["login"], {
        fake,
        env,
        tty,
        stdin: "r8_good\n",
      });
      assertEquals(code, 0, stderr);
      assert(!(stdout + stderr).includes("r8_good"));
    }
    const path = `${folder}/replicate/token`;
    assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
    const { code } = await replicate(["account"], { fake, env });
    assertEquals(code, 0);
    await Deno.writeTextFile(`${folder}/other`, "r8_bad");
    const other = await replicate(["account", "--token-file", `${folder}/other`], { fake, env });
    assertEquals(other.code, 1);
    assertMatch(other.stderr, /401/);
  }));

Deno.test("the schema of an official model is asked for once in ten minutes, and before a refusal", () =>
  inFolder(async (folder) => {
    let name = "prompt";
    const schema = () => ({ properties: { [name]: { type: "string" } } });
    const model = { official: true, run: () => "done" };
    const call = async (fake: FakeReplicate, ...values: string[]): Promise<number[]> => {
      const env = { XDG_CACHE_HOME: folder };
      const { code } = await replicate(["run", "acme/x", ...values], { fake, env, stdin: "fig" });
      return [code, fake.requestsOf("models.get").length];
    };
    await using first = new FakeReplicate({ models: { "acme/x": { ...model, schema: schema() } } });
    assertEquals(await call(first, "prompt=a"), [0, 1]);
    assertEquals(await call(first, "prompt=a"), [0, 1]);
    assertEquals(await call(first, "promt=a"), [2, 2]);
    name = "text";
    await using next = new FakeReplicate({ models: { "acme/x": { ...model, schema: schema() } } });
    assertEquals(await call(next, "text=@-"), [0, 1]);
    const path = `${folder}/replicate/schemas/acme%2Fx.json`;
    assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
    await Deno.writeTextFile(path, "{");
    assertEquals(await call(next, "text=a"), [0, 2]);
  }));

Deno.test("tokenPath() is under the platform's folder for settings", () => {
  const of = (platform: string, env: Record<string, string>) => tokenPath({ platform, env });
  assertEquals(of("linux", { HOME: "/h" }), "/h/.config/replicate/token");
  assertEquals(of("linux", { HOME: "/h", XDG_CONFIG_HOME: "/c" }), "/c/replicate/token");
  assertEquals(of("linux", { HOME: "/h", XDG_CONFIG_HOME: "c" }), "/h/.config/replicate/token");
  assertEquals(
    of("darwin", { HOME: "/h" }),
    "/h/Library/Application Support/replicate/token",
  );
  assertEquals(of("win32", { APPDATA: "C:\\a" }), "C:\\a/replicate/token");
  assertEquals(of("linux", {}), undefined);
});

Deno.test("parseValues() tells text, JSON, files and stdin", () => {
  const values = parseValues(["a=b=c", "d:=[1]", "e=@f", "g=@-", "h=@@i", "j=", "k:l=m", "n=\n"]);
  assertEquals(Object.fromEntries(values), {
    a: [{ kind: "text", text: "b=c" }],
    d: [{ kind: "json", value: [1] }],
    e: [{ kind: "file", path: "f" }],
    g: [{ kind: "stdin" }],
    h: [{ kind: "text", text: "@i" }],
    j: [{ kind: "text", text: "" }],
    "k:l": [{ kind: "text", text: "m" }],
    n: [{ kind: "text", text: "\n" }],
  });
});

Deno.test("the table of commands has one meaning for each option, and no option twice", async () => {
  const meaning = new Map<string, string>();
  for (const { name, options, args } of COMMANDS) {
    const names = options.map((it) => it.name);
    assertEquals(names.length, new Set(names).size, name);
    for (const { name: option, value, short } of options) {
      const kind = `${value ? "value" : "flag"} ${short ?? "-"}`;
      const shared = option === "version" ? kind : meaning.get(option) ?? kind;
      assertEquals(`${name} --${option} ${kind}`, `${name} --${option} ${shared}`);
      meaning.set(option, kind);
    }
    assert(
      args.every(({ optional }, at) => !optional || at >= args.findIndex((it) => it.optional)),
    );
  }
  const { parseArgs } = await nodeModule("util");
  const call = parseCall(["--offline", "run", "a/b", "k=v", "--", "--x"], COMMANDS, parseArgs);
  assertEquals([call.command?.name, call.args], ["run", ["a/b", "k=v", "--x"]]);
});

Deno.test("text of others fits the terminal, and gives it no orders", () => {
  assertEquals(harmless("a\x1b[31m\nb\x07"), "a[31m b");
  assertEquals([columnsOf("fig"), columnsOf("無花果"), columnsOf("e\u0301")], [3, 6, 1]);
  assertEquals([fitted("abcdef", 4), fitted("無花果", 5), fitted("abc", 3)], [
    "abc…",
    "無花…",
    "abc",
  ]);
  assertEquals(tableLines([["id", "n"], ["long", "text"]], 8), ["id    n", "long  t…"]);
});

Deno.test("FORCE_COLOR, NO_COLOR and the terminal decide on colours", async () => {
  const colour = async (tty: boolean, env: Record<string, string>): Promise<boolean> => {
    const args = ["run", "--help", "demo/painter", "--offline"];
    return (await replicate(args, { tty, env })).stdout.includes("\x1b");
  };
  assertEquals(await colour(false, {}), false);
  assertEquals(await colour(true, {}), true);
  assertEquals(await colour(true, { NO_COLOR: "1" }), false);
  assertEquals(await colour(true, { TERM: "dumb" }), false);
  assertEquals(await colour(false, { FORCE_COLOR: "1" }), true);
  assertEquals(await colour(true, { FORCE_COLOR: "0" }), false);
});
