import { assertEquals, assertStringIncludes } from "@std/assert";
import { checkLayers } from "../../scripts/layers.ts";

/** What the check says about one file, or "" when it is content. */
function verdict(path: string, text: string): string {
  const offences = checkLayers([{ path, text }]);
  return offences.map((it) => `${it.path}:${it.line} ${it.message}`).join("\n");
}

const CONTENT: [path: string, text: string][] = [
  ["src/errors.ts", 'import type { Duration } from "./base/duration.ts";'],
  ["src/http/send.ts", 'import { retry } from "./retry.ts"; await fetch("x");'],
  ["src/http/sse.ts", 'import { ConnectionError } from "../errors.ts";'],
  ["src/http/retry.ts", 'import { retry } from "@std/async/retry";'],
  ["src/run/wait.ts", 'import { delay } from "@std/async/delay";'],
  ["src/resources/models.ts", 'import { encode } from "../files/encode.ts";'],
  ["src/resources/models.ts", 'import { PredictionsApi } from "./predictions.ts";'],
  ["src/run/run.ts", 'export * from "../schema/types.ts";'],
  ["mod.ts", 'export * from "./src/client.ts"; export * from "./src/webhooks/mod.ts";'],
  ["src/webhooks/mod.ts", 'import { WebhookError } from "../errors.ts"; import "./sign.ts";'],
  ["src/serve/http.ts", 'import { readBounded } from "../webhooks/body.ts";'],
  ["src/testing/mod.ts", 'import "../webhooks/mod.ts"; Deno.serve(() => new Response());'],
  ["src/cli/mod.ts", 'import "../client.ts"; import "../testing/mod.ts"; Deno.exit(1);'],
  ["src/base/runtime.ts", "const token = globalThis.process?.env.TOKEN ?? Deno.env.get('T');"],
  ["src/client.ts", "type Fetch = typeof fetch; const f = (o: { fetch: Fetch }) => o.fetch(u);"],
  ["src/client.ts", "function call(fetch: Fetch): void { fetch(u); }"],
  ["src/client.ts", "const process = (job: Job): void => use(job); process(j);"],
  ["src/client.ts", "// Deno.env and fetch() and Buffer\nconst text = `fetch(${1})`;"],
  ["src/client.ts", "class A { process(): void {} get fetch(): Fetch { return this.process; } }"],
];

for (const [path, text] of CONTENT) {
  Deno.test(`checkLayers() accepts in ${path}: ${text}`, () =>
    assertEquals(verdict(path, text), ""));
}

const OFFENDING: [path: string, text: string, message: string][] = [
  [
    "src/errors.ts",
    '\nimport type { Page } from "./resources/pages.ts";',
    'src/errors.ts:2 imports "./resources/pages.ts": the layer "errors" is before "resources" ' +
    "(LAYERS in scripts/layers.ts)",
  ],
  ["src/http/sse.ts", 'export * from "../files/bytes.ts";', '"http" is before "files"'],
  ["src/base/path.ts", 'import "../errors.ts";', '"base" is before "errors"'],
  ["src/run/wait.ts", 'await import("../client.ts");', '"run" is before "client"'],
  ["src/run/wait.ts", 'type C = import("../client.ts").Client;', '"run" is before "client"'],
  ["src/client.ts", 'import "../mod.ts";', '"client" is before "mod"'],
  ["src/client.ts", 'import "../scripts/test.ts";', "files of src only"],
  ["src/client.ts", 'import "./testing/mod.ts";', "no layer imports the door testing"],
  ["src/client.ts", 'import "./cli/mod.ts";', "no layer imports the door cli"],
  ["src/run/run.ts", 'import "../webhooks/mod.ts";', "no layer imports the door webhooks"],
  ["src/stores/mod.ts", 'import "../webhooks/mod.ts";', "stores imports base, errors and"],
  ["src/webhooks/mod.ts", 'import "../http/send.ts";', "webhooks imports base, errors and"],
  ["src/testing/mod.ts", 'import "../client.ts";', "testing never imports client"],
  ["src/testing/mod.ts", 'import "../../mod.ts";', "testing never imports client"],
  ["src/other.ts", "", 'name "other" in LAYERS or DOORS of scripts/layers.ts'],
  ["src/http/send.ts", 'import { retry } from "@std/async/retry";', "only src/http/retry.ts"],
  ["src/client.ts", 'import { assert } from "@std/assert";', "@std/encoding only"],
  ["src/files/output.ts", 'import "node:fs";', "no node: module"],
  ["src/client.ts", "await fetch(url);", "only src/http/send.ts uses the platform's fetch"],
  ["src/client.ts", "const f = options.fetch ?? globalThis.fetch;", "only src/http/send.ts"],
  ["src/client.ts", "const f = options.fetch ?? fetch;", "only src/http/send.ts"],
  ["src/client.ts", "if (typeof Deno !== 'undefined') x();", "asks where it runs"],
  ["src/client.ts", "declare const process: unknown; use(process);", "asks where it runs"],
  ["src/client.ts", "const b: Buffer = Buffer.from('');", "asks where it runs"],
];

for (const [path, text, message] of OFFENDING) {
  Deno.test(`checkLayers() refuses in ${path}: ${text.trim()}`, () => {
    assertStringIncludes(verdict(path, text), message);
  });
}

Deno.test("checkLayers() names the files of a circle of imports, also of one of types", () => {
  const offences = checkLayers([
    { path: "src/run/a.ts", text: 'import type { B } from "./b.ts";' },
    { path: "src/run/b.ts", text: 'import { c } from "./c.ts";' },
    { path: "src/run/c.ts", text: 'export * from "./a.ts";' },
  ]);
  assertEquals(offences.map(({ message }) => message), [
    "is in a circle of imports: src/run/a.ts > src/run/b.ts > src/run/c.ts > src/run/a.ts",
  ]);
});

Deno.test("checkLayers() refuses a file of more than 300 lines", () => {
  const text = "// one\n".repeat(300);
  assertEquals(verdict("src/base/long.ts", text), "");
  assertStringIncludes(verdict("src/base/long.ts", text + text), "has 600 lines");
});
