/** Issue numbers 13.21 and 14.24: what is released, and by what. */

import { assert, assertEquals, assertMatch } from "@std/assert";

const ROOT = new URL("../../", import.meta.url);
const read = (path: string): Promise<string> => Deno.readTextFile(new URL(path, ROOT));
const REPOSITORY = "https://github.com/x/replicate";

/** The jobs of a workflow, by their names. */
function jobsOf(workflow: string): Map<string, string> {
  const jobs = workflow.slice(workflow.indexOf("\njobs:\n"));
  const parts = jobs.split(/^ {2}(?=[\w-]+:$)/m).slice(1);
  return new Map(parts.map((text) => [text.slice(0, text.indexOf(":")), text]));
}

Deno.test("13.21 the job that can sign builds nothing, and runs fixed versions only", async () => {
  const jobs = jobsOf(await read(".github/workflows/publish.yml"));
  const signing = [...jobs].filter(([, text]) => text.includes("id-token: write"));
  assertEquals(signing.map(([name]) => name), ["publish"]);
  for (const [, text] of signing) {
    const tools = [...text.matchAll(/\bnpx (?:-\S+ )*(\S+)/g)].map(([, tool]) => tool!);
    assert(tools.length > 0);
    for (const tool of tools) assertMatch(tool, /^\w+@\d+\.\d+\.\d+$/);
    assert(!/deno\S* (?:task|run)|npm (?:install|ci|run|i|pack)\b/.test(text));
    assertMatch(text, /actions\/download-artifact@/);
  }
});

Deno.test("13.21 each action of a workflow is pinned by its commit", async () => {
  for await (const { name } of Deno.readDir(new URL(".github/workflows", ROOT))) {
    const text = await read(`.github/workflows/${name}`);
    const actions = [...text.matchAll(/uses: (\S+)/g)].map(([, action]) => action!);
    assert(actions.length > 0);
    for (const action of actions) assertMatch(action, /@[0-9a-f]{40}$/);
  }
});

Deno.test("13.21 the files that are packed are those that were tested last", async () => {
  const test = jobsOf(await read(".github/workflows/publish.yml")).get("test")!;
  const runs = [...test.matchAll(/run: (.+)/g)].map(([, command]) => command!);
  const packed = runs.findIndex((it) => it.startsWith("npm pack"));
  const tested = runs.findIndex((it) => it.endsWith("task test"));
  const built = runs.findLastIndex((it) => /build:npm|release:check/.test(it));
  assert(built < tested && tested < packed, runs.join("\n"));
});

Deno.test("13.21 the notice of what is built in has each package of @std that src imports", async () => {
  const notice = await read("THIRD_PARTY.md");
  const { imports } = JSON.parse(await read("deno.json"));
  const used = new Set<string>();
  const visit = async (folder: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
      if (isDirectory) await visit(`${folder}${name}/`);
      else {
        const imports = /^(?:import .*|\}) from "(@std\/\w+)/gm;
        for (const [, from] of (await read(folder + name)).matchAll(imports)) used.add(from!);
      }
    }
  };
  await visit("src/");
  assert(used.size > 0);
  for (const name of used) {
    assert(imports[name], name);
    assert(notice.includes(`\`${name}\``), `THIRD_PARTY.md lacks ${name}`);
  }
});

Deno.test("14.24 the links of README.md work on both registries", async () => {
  const text = (await read("README.md")).replaceAll(/^```[^]*?^```/gm, "");
  const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link!);
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    "#" + heading!.toLowerCase().replaceAll(/[^\w -]/g, "").replaceAll(" ", "-")
  );
  assert(links.length > 0);
  for (const link of links) {
    const own = `${REPOSITORY}/blob/main/`;
    if (link.startsWith("#")) assert(headings.includes(link), `there is no heading ${link}`);
    else assertMatch(link, /^https:\/\//, "a relative link leads nowhere on JSR");
    if (link.startsWith(own)) await Deno.stat(new URL(link.slice(own.length).split("#")[0]!, ROOT));
  }
});
