import { assert, assertStringIncludes } from "@std/assert";
import { drawTerminal } from "../../scripts/demo_picture.ts";

Deno.test("drawTerminal() escapes markup, keeps spaces, and breaks long lines", () => {
  const picture = drawTerminal("$ say <b>\n  two  spaces\n12345678901", "A & B", 10);
  assertStringIncludes(picture, "<title>A &amp; B</title>");
  assertStringIncludes(picture, "say &lt;b&gt;");
  assertStringIncludes(picture, "\u00a0\u00a0two\u00a0\u00a0");
  assertStringIncludes(picture, ">1234567890<");
  assertStringIncludes(picture, ">1<");
});

Deno.test("docs/demo.svg shows what the demo prints", async () => {
  const picture = await Deno.readTextFile(new URL("../../docs/demo.svg", import.meta.url));
  const demo = await Deno.readTextFile(new URL("../../examples/demo.ts", import.meta.url));
  const titles = [...demo.matchAll(/"(?:\\n)?(\d\. [^"]+)"/g)].map(([, title]) => title!);
  assert(titles.length >= 5, "the demo has no titles");
  for (const title of titles) assertStringIncludes(picture, title);
});
