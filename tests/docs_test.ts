import { assert, assertEquals } from "@std/assert";
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
  assertEquals(
    [...rows.keys()].sort(),
    signatures.sort(),
    "a table of docs/api.md wants a row, or has one too many",
  );
});

Deno.test("docs/api.md names the request of each method as the API's document does", async () => {
  const operations = operationsOf(await readDocument());
  const requests = new Map(operations.map(({ id, method, path }) => [id, `${method} ${path}`]));
  const rows = readRows(await readText("docs/api.md"));
  const listed = [...rows].map(([signature, request]) => [signature.split("(")[0]!, request])
    .filter(([name]) => !UNDOCUMENTED.includes(name!));
  assertEquals(new Map(listed.sort() as [string, string][]), new Map([...requests].sort()));
});

Deno.test("docs/api.md has a heading for each noun, in alphabetical order", async () => {
  const text = await readText("docs/api.md");
  const headings = [...text.matchAll(/^## `(\w+)`$/gm)].map(([, name]) => name);
  const nouns = [...(await readSignatures()).keys()].map((name) => name.split(".")[0]);
  assert(headings.length > 0);
  assertEquals(headings, [...new Set(nouns)].sort());
});
