/** The page about the command line: its help, its recipes, and the completion for shells. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { withHelp } from "../../scripts/command_line.ts";
import { bash, fish, zsh } from "../../src/cli/completion.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { commandHelp, overview } from "../../src/cli/help.ts";
import { offlineFake } from "../../src/cli/offline.ts";
import { inFolder, replicate } from "./world.ts";

const ROOT = new URL("../../", import.meta.url);
const page = await Deno.readTextFile(new URL("docs/command_line.md", ROOT));

Deno.test("docs/command_line.md has the help of each command", () => {
  const hint = "write it again: deno run -A scripts/command_line.ts";
  assertEquals(page === withHelp(page), true, hint);
  for (const { name } of COMMANDS) assert(page.includes(`\`replicate ${name}\``), name);
});

Deno.test("replicate --help and each command's --help print the table, within 100 columns", async () => {
  const top = await replicate(["--help"]);
  assertEquals([top.code, top.stdout, top.stderr], [0, overview(COMMANDS), ""]);
  assertEquals((await replicate([])).stdout, top.stdout);
  const group = await replicate(["models"]);
  assertMatch(group.stdout, /^Usage: replicate models <command>\n/);
  assertMatch((await replicate(["--version"])).stdout, /^\d+\.\d+\.\d+\n$/);
  for (const command of COMMANDS) {
    const { code, stdout } = await replicate([...command.name.split(" "), "-h"]);
    assertEquals([code, stdout], [0, commandHelp(command)]);
    for (const line of [...stdout.split("\n"), ...top.stdout.split("\n")]) {
      assert(line.length <= 100, line);
    }
  }
});

Deno.test("each command of the table can be loaded", async () => {
  for (const { name, load } of COMMANDS) assertEquals(typeof (await load()).run, "function", name);
});

/** The recipes of the page, as lines of a shell. */
function recipes(): string[] {
  const [, section = ""] = page.split(/^## Ten recipes$/m);
  const [own = ""] = section.split(/^## /m);
  return [...own.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, code]) => code!);
}

Deno.test("the ten recipes of docs/command_line.md run", () =>
  inFolder(async (folder) => {
    assertEquals(recipes().length, 10);
    await using fake = offlineFake();
    const local = { hostname: "127.0.0.1", port: 0, onListen() {} };
    const api = Deno.serve(local, (request) => fake.handle(request));
    let posted = 0;
    const hook = Deno.serve(local, async (request) => {
      await request.text();
      posted++;
      return new Response();
    });
    const program = `"${Deno.execPath()}" run -A --quiet --no-check --config ` +
      `"${new URL("deno.json", ROOT).pathname}" "${new URL("src/cli/mod.ts", ROOT).pathname}"`;
    const script = recipes().join("\n")
      .replaceAll("http://localhost:3000", `http://127.0.0.1:${hook.addr.port}`);
    const { success, stdout, stderr } = await new Deno.Command("bash", {
      args: ["-c", `set -eo pipefail\nreplicate() { ${program} "$@"; }\n${script}`],
      cwd: folder,
      env: {
        REPLICATE_BASE_URL: `http://127.0.0.1:${api.addr.port}/v1`,
        REPLICATE_API_TOKEN: "r8_test",
        HOME: folder,
      },
      stdin: "null",
    }).output();
    const [out, err] = [stdout, stderr].map((it) => new TextDecoder().decode(it));
    assert(success, `${out}\n${err}`);
    assertEquals(posted > 0, true);
    assertMatch(await Deno.readTextFile(`${folder}/poem.txt`), /the garden drinks the light/);
    assertEquals([...Deno.readDirSync(`${folder}/pictures`)].length, 5);
    const done = (await Deno.readTextFile(`${folder}/lines_done.jsonl`)).trim().split("\n");
    assertEquals(done.length, 20);
    const created = [...fake.predictions.values()].filter(({ input }) =>
      String(input.prompt).startsWith("line ")
    );
    assertEquals(created.length, 20);
    await Promise.all([api.shutdown(), hook.shutdown()]);
  }));

Deno.test("the completion for bash proposes commands, options, choices and files", async () => {
  const complete = async (line: string): Promise<string[]> => {
    const words = line.split(" ");
    const script = `${bash(COMMANDS)}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}
_replicate; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = await new Deno.Command("bash", {
      args: ["--norc", "-c", script],
      cwd: ROOT,
    }).output();
    assertEquals(new TextDecoder().decode(stderr), "");
    return new TextDecoder().decode(stdout).trim().split("\n");
  };
  assertEquals(await complete("replicate pre"), ["predictions"]);
  assertEquals(await complete("replicate models s"), ["search", "schema"]);
  assertEquals(await complete("replicate run acme/x --det"), ["--detach"]);
  assertEquals(await complete("replicate webhook listen --for"), ["--forward"]);
  assertEquals(await complete("replicate completion f"), ["fish"]);
  assertEquals(await complete("replicate run acme/x image=x --input deno."), ["deno.json"]);
  assertEquals(await complete("replicate batch acme/x deno."), ["deno.json"]);
});

Deno.test("the completions for zsh and fish name every command and option", () => {
  const texts = { zsh: zsh(COMMANDS), fish: fish(COMMANDS) };
  for (const { name, options } of COMMANDS) {
    for (const word of name.split(" ")) {
      for (const text of Object.values(texts)) assert(text.includes(word), word);
    }
    for (const option of options) {
      assert(texts.zsh.includes(`--${option.name}[`), option.name);
      assert(texts.fish.includes(`-l ${option.name} `), option.name);
    }
  }
});
