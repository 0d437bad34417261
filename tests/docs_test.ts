import { assert, assertEquals } from "@std/assert";
import { LAYERS } from "../scripts/layers.ts";
import { membersOf } from "./interfaces.ts";
import { operationsOf, readDocument, UNDOCUMENTED } from "./openapi/document.ts";
import { readSignatures } from "./resources/signatures.ts";

const ROOT = new URL("../", import.meta.url);
const readText = (path: string): Promise<string> => Deno.readTextFile(new URL(path, ROOT));

/** The rows of the tables: signatures to requests. */
function readRows(markdown: string): Map<string, string> {
  const rows = markdown.matchAll(/^\| `([^`]+)` +\| `([^`]+)` +\|$/gm);
  return new Map([...rows].map(([, signature, request]) => [
    signature!.replaceAll("\\|", "|"),
    request!,
  ]));
}

Deno.test("docs/api.md lists every method with its signature as it is in the code", async () => {
  const rows = readRows(await readText("docs/api.md"));
  const signatures = [...await readSignatures()].map(([name, text]) => name + text);
  const rowsOnly = [...rows.keys()].filter((it) => !signatures.includes(it));
  const codeOnly = signatures.filter((it) => !rows.has(it));
  assertEquals(rowsOnly, [], "docs/api.md has these rows, and the code has no such methods");
  assertEquals(codeOnly, [], "docs/api.md lacks these rows");
});

Deno.test("docs/api.md names the request of each method as the API's document does", async () => {
  const operations = operationsOf(await readDocument());
  const requests = new Map(operations.map(({ id, method, path }) => [id, `${method} ${path}`]));
  const rows = readRows(await readText("docs/api.md"));
  const listed = [...rows].map(([signature, request]) => [signature.split("(")[0]!, request])
    .filter(([name]) => !UNDOCUMENTED.includes(name!));
  const wrong = listed.filter(([name, request]) => requests.get(name!) !== request);
  assertEquals(wrong, [], "docs/api.md has another request than the API's document here");
  assertEquals(listed.length, requests.size, "docs/api.md lacks rows of operations");
});

Deno.test("docs/api.md has a heading for each noun, in alphabetical order", async () => {
  const text = await readText("docs/api.md");
  const headings = [...text.matchAll(/^## `(\w+)`$/gm)].map(([, name]) => name);
  const nouns = [...(await readSignatures()).keys()].map((name) => name.split(".")[0]);
  assert(headings.length > 0);
  assertEquals(headings, [...new Set(nouns)].sort());
});

/** The interfaces whose members are rows of a table, for users to look up. */
const LISTED: [path: string, name: string][] = [
  ["src/http/options.ts", "ClientOptions"],
  ["src/http/options.ts", "RetryOptions"],
  ["src/http/options.ts", "TimeoutOptions"],
  ["src/http/options.ts", "LimiterOptions"],
  ["src/http/types.ts", "Parts"],
  ["src/batch/types.ts", "BatchOptions"],
  ["src/run/options.ts", "RunOptions"],
];

Deno.test("README.md or docs/ have a row for each option and each part", async () => {
  const folder = [...Deno.readDirSync(new URL("docs/", ROOT))].map(({ name }) => `docs/${name}`);
  const texts = await Promise.all(["README.md", ...folder].map(readText));
  const cells = texts.flatMap((text) => [...text.matchAll(/^\| *(`[^|]*?) *\|/gm)]);
  const listed = new Set(cells.flatMap(([, cell]) => cell!.match(/(?<=`)\w+(?=`)/g) ?? []));
  const missing: string[] = [];
  for (const [path, name] of LISTED) {
    for (const member of await membersOf(path, name)) {
      if (!listed.has(member)) missing.push(`${name}.${member} of ${path}`);
    }
  }
  assertEquals(missing, [], "the tables of README.md and docs/ lack a row for these");
});

Deno.test("CONTRIBUTING.md has the layers in their order, and names paths that are there", async () => {
  const text = await readText("CONTRIBUTING.md");
  assert(
    text.includes(LAYERS.join(" < ")),
    "CONTRIBUTING.md lacks the layers of scripts/layers.ts",
  );
  const paths = [...text.matchAll(/`([\w./-]+(?:\/|\.(?:ts|md|json)))`/g)].map(([, path]) => path!);
  // These are made by a build or a setup.
  const made = /^(npm-modules|\.offline)\//;
  const missing = paths.filter((path) => path.includes("/") && !made.test(path) && !exists(path));
  assertEquals([...new Set(missing)], [], "CONTRIBUTING.md names these paths");
});

function exists(path: string): boolean {
  try {
    return Boolean(Deno.statSync(new URL(path, ROOT)));
  } catch {
    return false;
  }
}
