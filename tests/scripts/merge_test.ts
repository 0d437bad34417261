import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { merge } from "../../scripts/merge.ts";

const MODULES = {
  "mod.js": [
    'import { Base } from "./src/base.js";',
    'export { send } from "./src/send.js";',
    "export class Front extends Base {}\n",
  ].join("\n"),
  "src/send.js": [
    'import { Base } from "./base.js";',
    'import { pause } from "./pause.js";',
    "export function send() {\n  return [Base, pause];\n}\n",
  ].join("\n"),
  "src/pause.js": "export function pause() {}\n",
  "src/base.js": "/** Doc. */\nexport class Base {}\n",
  "src/pattern.js": [
    "/**\n * Doc.\n */",
    "// Why it is so.",
    "const SIZE = 64 * 1024 - 1;",
    'const PATTERN = new RegExp(`${String.fromCharCode(27)}+`, "g");',
    'const KNOWN = /* @__PURE__ */ new Set(["a"]);',
    "const BYTES = new TextEncoder().encode('a');",
    "/** Short. */ const SHORT = 1;",
    "/** Doc. */",
    "const TEXT = `\n/** a */\n${SHORT}\n  /**\n * b */\n`;",
    "export function pattern() {\n  return [SIZE, PATTERN, KNOWN, BYTES, new Set(), TEXT];\n}\n",
  ].join("\n"),
  "src/a/mod.js": [
    'import { Base } from "../base.js";',
    'export { pattern } from "../pattern.js";',
    "export class A extends Base {}\n",
  ].join("\n"),
  "src/b/mod.js": 'export * from "../pattern.js";\n',
};

/** The merged modules, by path. */
async function merged(): Promise<{ dir: string; files: Record<string, string> }> {
  const dir = await Deno.makeTempDir();
  for (const [path, text] of Object.entries(MODULES)) {
    await Deno.mkdir(`${dir}/from/${path}`.replace(/\/[^/]+$/, ""), { recursive: true });
    await Deno.writeTextFile(`${dir}/from/${path}`, text);
  }
  const doors = ["mod.js", "src/a/mod.js", "src/b/mod.js"];
  const apart = "src/send.js";
  await merge({ from: `${dir}/from`, doors, apart, esm: `${dir}/esm`, script: `${dir}/script` });
  const files: Record<string, string> = {};
  for (const folder of ["esm", "script"]) {
    for (const path of [...doors, "shared.js", "side_doors.js", "send.js"]) {
      files[`${folder}/${path}`] = await Deno.readTextFile(`${dir}/${folder}/${path}`);
    }
  }
  return { dir, files };
}

Deno.test("merge() puts what doors have in common into one file, and leaves what is one's own", async () => {
  const { dir, files } = await merged();
  for (const [path, text] of Object.entries(files)) {
    assertEquals(text.includes("class Base"), path.endsWith("/shared.js"), path);
    assertEquals(text.includes("function pattern"), path.endsWith("/side_doors.js"), path);
    assertEquals(text.includes("function pause"), path.endsWith("/send.js"), path);
  }
  assert(
    !files["esm/mod.js"]!.includes("side_doors"),
    "the front door loads no more than it needs",
  );
  const [{ Front }, { A }] = await Promise.all([
    import(`file://${dir}/esm/mod.js`),
    import(`file://${dir}/esm/src/a/mod.js`),
  ]);
  assertEquals(Object.getPrototypeOf(A), Object.getPrototypeOf(Front));
  await Deno.remove(dir, { recursive: true });
});

Deno.test("merge() keeps comments in the code, and leaves doc comments out", async () => {
  const { dir, files } = await merged();
  for (const [path, text] of Object.entries(files)) {
    assertEquals(text.includes("Doc."), false, path);
    assertEquals(text.includes("// Why it is so."), path.endsWith("/side_doors.js"), path);
  }
  await Deno.remove(dir, { recursive: true });
});

Deno.test("merge() keeps what is beside a doc comment, and what looks like one in a template", async () => {
  const { dir } = await merged();
  const { pattern } = await import(`file://${dir}/esm/src/b/mod.js`);
  assertEquals(pattern().at(-1), "\n/** a */\n1\n  /**\n * b */\n");
  await Deno.remove(dir, { recursive: true });
});

Deno.test("merge() shows bundlers that constants have no effects", async () => {
  const { dir, files } = await merged();
  const text = files["esm/side_doors.js"]!;
  const lines = [
    "const SIZE = 65535;",
    'const PATTERN = /* @__PURE__ */ new RegExp(`${/* @__PURE__ */ String.fromCharCode(27)}+`, "g");',
    'const KNOWN = /* @__PURE__ */ new Set(["a"]);',
    "const BYTES = /* @__PURE__ */ new TextEncoder().encode('a');",
    "return [SIZE, PATTERN, KNOWN, BYTES, new Set(), TEXT];",
  ];
  for (const line of lines) assertStringIncludes(text, line);
  await Deno.remove(dir, { recursive: true });
});

Deno.test("merge() writes CommonJS with names that Node finds without running it", async () => {
  const { dir, files } = await merged();
  assertStringIncludes(files["script/src/a/mod.js"]!, "exports.A = A;");
  assertStringIncludes(files["script/src/b/mod.js"]!, "exports.pattern = side_doors.pattern;");
  assertStringIncludes(files["script/mod.js"]!, "require('./shared.js')");
  await Deno.remove(dir, { recursive: true });
});
