import { assert, assertEquals } from "@std/assert";
import type { Declaration, Door } from "../../scripts/doc_nodes.ts";
import { headText, membersOf, readDoors } from "../../scripts/doc_nodes.ts";
import { documentation } from "../../scripts/jsr_score.ts";
import { firstSentence, llmsFull, llmsIndex } from "../../scripts/llms.ts";
import { type Page, pagesOf } from "../../scripts/pages.ts";
import { sitePage } from "../../scripts/site_page.ts";

const page = (path: string, name: string, markdown: string): Page => ({
  path,
  name,
  title: name,
  group: "Guides",
  markdown,
});

Deno.test("pagesOf() has each document of docs/ once, also those that nobody has put in order", () => {
  const files = [...Deno.readDirSync("docs")].map(({ name }) => `docs/${name}`);
  const documents = files.filter((it) => it.endsWith(".md"));
  const paths = pagesOf().map(({ path }) => path);
  assertEquals(paths.filter((it) => it.startsWith("docs/")).sort(), documents.sort());
  assertEquals(paths[0], "README.md");
  const names = pagesOf().map(({ name }) => name);
  assertEquals([...new Set(names)], names);
  // That is where `deno doc` writes.
  assert(!names.includes("api"));
  assert(pagesOf().every(({ title }) => title !== ""));
});

Deno.test("sitePage() leads links to pages, and those to other files to GitHub", () => {
  const pages = [
    page("README.md", "index", ""),
    page("docs/api.md", "operations", ""),
    page("examples/README.md", "examples", ""),
  ];
  const guide = (text: string): string => sitePage(page("docs/a.md", "a", text), pages);
  assertEquals(guide("[a](api.md#files)"), "[a](/operations#files)");
  assertEquals(guide("[a](../README.md#tests)"), "[a](/#tests)");
  assertEquals(guide("[a](../examples)"), "[a](/examples)");
  const own = "https://github.com/x/replicate/blob/main/";
  assertEquals(guide(`[a](${own}docs/api.md)`), "[a](/operations)");
  assertEquals(guide("[a](../src/client.ts)"), `[a](${own}src/client.ts)`);
  assertEquals(
    guide("[a](../examples/demo)"),
    "[a](https://github.com/x/replicate/tree/main/examples/demo)",
  );
  assertEquals(guide("![a](demo.svg)"), "![a](/demo.svg)");
  assertEquals(guide("[a](#b) [c](https://example.com/)"), "[a](#b) [c](https://example.com/)");
});

Deno.test("sitePage() makes tabs of a table of commands, and cleans blocks of code", () => {
  const table = "| Runtime | Command |\n| ------- | ------- |\n| Deno | `deno add x` |\n" +
    "| Node, Workers | `npx jsr add x`, or `npm i x` |\n";
  const text = sitePage(
    page("docs/a.md", "a", `${table}\n\`\`\`ts ignore typed\nlet x;\n\`\`\`\n`),
    [],
  );
  assert(text.includes("::: code-group\n\n```sh [Deno]\ndeno add x\n```\n"), text);
  assert(text.includes("```sh [Node, Workers]\nnpx jsr add x\n# or\nnpm i x\n```\n"), text);
  assert(text.includes("\n```ts\nlet x;\n"), text);
});

Deno.test("sitePage() makes the README's title and first paragraph the head of the home page", () => {
  const text = sitePage(
    page("README.md", "index", "# Name\n\nA [client](x)\nfor it.\n\n## Try\n"),
    [],
  );
  assert(text.includes('name: "Name"') && text.includes('tagline: "A client for it."'), text);
  assert(!text.includes("# Name") && text.includes("\n## Try\n"), text);
});

Deno.test("llmsIndex() lists every page and door, and llmsFull() has every symbol with its type", async () => {
  const [pages, doors] = [pagesOf(), await readDoors()];
  const index = llmsIndex(pages, doors);
  for (const { name } of pages) assert(index.includes(`/${name}.md): `), name);
  for (const { name } of doors) assert(index.includes(`- \`${name}\`: `), name);
  const full = llmsFull(pages, doors);
  for (const { markdown } of pages) assert(full.includes(markdown.trim()));
  for (const { symbols } of doors) {
    for (const { name, declarations } of symbols) {
      if (declarations.every(({ kind }) => kind === "reference")) continue;
      assert(new RegExp(`^(class|interface|type|const|function) ${name}\\b`, "m").test(full), name);
    }
  }
  assert(full.includes('  configure(patch: Pick<ClientOptions, "retry" | "timeout">): this; // '));
  assert(full.includes("interface BatchStore {\n  get(key: string): unknown; // The value"));
});

Deno.test("firstSentence() ends at the first full stop that ends a sentence", () => {
  assertEquals(firstSentence("Runs v1.2 of\n{@linkcode run}. And more."), "Runs v1.2 of `run`.");
  assertEquals(firstSentence("Webhooks: verify"), "Webhooks.");
});

Deno.test("headText() and membersOf() word what deno doc says as TypeScript", () => {
  const string = { kind: "keyword", repr: "string" };
  const def = {
    typeParams: [{ name: "T", constraint: string }],
    params: [{
      kind: "identifier",
      name: "a",
      optional: true,
      tsType: { kind: "array", value: string },
    }],
    returnType: { kind: "union", value: [string, { kind: "keyword", repr: "null" }] },
  };
  const declaration: Declaration = { kind: "function", declarationKind: "export", def };
  assertEquals(
    headText("f", declaration),
    "function f<T extends string>(a?: string[]): string | null",
  );
  const properties = [{ name: "id", readonly: true, tsType: string }];
  assertEquals(membersOf({ properties }).map(({ text }) => text), ["readonly id: string"]);
});

Deno.test("documentation() takes points for what has no comment, as JSR does", () => {
  const symbol = (name: string, doc?: string): Door["symbols"][number] => ({
    name,
    declarations: [{
      kind: "variable",
      declarationKind: "export",
      ...(doc && { jsDoc: { doc } }),
      def: {},
    }],
  });
  const door = (doc: string, ...symbols: Door["symbols"]): Door => ({
    name: "@x/y",
    moduleDoc: { doc },
    symbols,
  });
  const points = (doors: Door[], readme: string): number[] =>
    documentation(doors, readme).map((it) => it.points);
  assertEquals(points([door("A door.", symbol("a", "It is."))], "```"), [2, 1, 1, 5]);
  assertEquals(points([door("", symbol("a", "It is."), symbol("b"))], ""), [0, 0, 0, 3]);
  const [, , , symbols] = documentation([door("", symbol("a", "It is."), symbol("b"))], "");
  assertEquals(symbols?.lacking, ["@x/y b"]);
});
