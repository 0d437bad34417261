import { assertEquals } from "@std/assert";
import { checkLinks } from "../../scripts/links.ts";
import { headingsOf, linksOf, slugOf } from "../../scripts/markdown.ts";

const FILES: Record<string, string> = {
  "README.md": "# Home\n## Tests\n",
  "docs/errors.md": "# Errors\n## `AuthError`\n## Twice\n## Twice\n",
  "docs": "",
  "src/mod.ts": "",
};
const problems = (path: string, markdown: string): string[] =>
  checkLinks(path, markdown, (it) => FILES[it]).map(({ line, message }) => `${line} ${message}`);

Deno.test("checkLinks() finds the file and the heading that a link names, from where it stands", () => {
  const good = [
    "[a](errors.md) [b](errors.md#autherror) [c](../README.md#tests) [d](../src/mod.ts) [e](.)",
    "[f](errors.md#twice-1)",
    "[g](https://github.com/x/replicate/blob/main/docs/errors.md#twice)",
    "[h](https://x.github.io/replicate/errors#autherror)",
  ];
  assertEquals(problems("docs/a.md", good.join("\n")), []);
  assertEquals(problems("docs/a.md", "# A\n\n[a](error.md)\n[b](errors.md#auth)"), [
    "3 error.md leads to no file",
    "4 errors.md#auth leads to no heading of docs/errors.md",
  ]);
  assertEquals(problems("README.md", "[a](https://x.github.io/replicate/errors#budget)"), [
    "1 https://x.github.io/replicate/errors#budget leads to no heading of docs/errors.md",
  ]);
});

Deno.test("checkLinks() looks at links within the document, and not at other hosts and code", () => {
  FILES["a.md"] = "# A\n[a](#a) [b](#b)";
  assertEquals(problems("a.md", FILES["a.md"]), ["2 #b leads to no heading of a.md"]);
  const foreign = "[a](https://example.com/x.md) <mailto:a@example.com> `[b](x.md)`\n";
  assertEquals(problems("README.md", `${foreign}\`\`\`md\n[c](x.md)\n\`\`\`\n`), []);
});

Deno.test("linksOf() finds each form of link, with its line", () => {
  const text = '[a](one.md "A title")\n![b](two.svg)\n[c]: three.md\n<img src="four.png">\n';
  assertEquals(linksOf(text), [
    { target: "one.md", line: 1 },
    { target: "two.svg", line: 2 },
    { target: "three.md", line: 3 },
    { target: "four.png", line: 4 },
  ]);
});

Deno.test("headingsOf() names headings as GitHub does, and leaves code out", () => {
  const text = "# `run` & co.\n\n```sh\n# no heading\n```\n\n## 1. A token\n## 1. A token\n";
  assertEquals(headingsOf(text).map(({ anchor }) => anchor), [
    "run--co",
    "1-a-token",
    "1-a-token-1",
  ]);
  assertEquals(slugOf("See [the guide](x.md): `a_b` (é)"), "see-the-guide-a_b-é");
});
