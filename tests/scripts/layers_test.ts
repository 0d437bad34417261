import { assertEquals, assertStringIncludes } from "@std/assert";
import { checkLayers } from "../../scripts/layers.ts";

/** What the check says about one file, or "" when it is content. */
function verdict(path: string, text: string): string {
  const offences = checkLayers([{ path, text }]);
  return offences.map((it) => `${it.path}:${it.line} ${it.message}`).join("\n");
}

const CONTENT: [path: string, text: string][] = [
  ["src/errors.ts", 'import type { Duration } from "./duration.ts";'],
  ["src/send.ts", 'import { retry } from "./retry.ts"; await fetch("x");'],
  ["src/sse.ts", 'import { StreamError } from "./errors.ts";'],
  ["src/retry.ts", 'import { retry } from "@std/async/retry";'],
  ["src/run/wait.ts", 'import { delay } from "@std/async/delay";'],
  ["src/resources/models.ts", 'import { encode } from "../files/input.ts";'],
  ["src/resources/models.ts", 'import { PredictionsApi } from "./predictions.ts";'],
  ["src/run/run.ts", 'export * from "../schema/types.ts";'],
  ["mod.ts", 'export * from "./src/client.ts"; export * from "./src/webhooks/mod.ts";'],
  ["src/webhooks/mod.ts", 'import { WebhookError } from "../errors.ts"; import "./sign.ts";'],
  ["src/testing/mod.ts", 'import "../webhooks/mod.ts"; Deno.serve(() => new Response());'],
  ["src/cli/mod.ts", 'import "../client.ts"; import "../testing/mod.ts"; Deno.exit(1);'],
  ["src/runtime.ts", "const token = globalThis.process?.env.TOKEN ?? Deno.env.get('T');"],
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
    '\nimport type { Page } from "./pages.ts";',
    'src/errors.ts:2 imports "./pages.ts": "errors path duration runtime types" is a layer before "pages resource"',
  ],
  ["src/sse.ts", 'export * from "./pages.ts";', "is a layer before"],
  ["src/run/wait.ts", 'await import("../client.ts");', "is a layer before"],
  ["src/run/wait.ts", 'type C = import("../client.ts").Client;', "is a layer before"],
  ["src/client.ts", 'import "../mod.ts";', "is a layer before"],
  ["src/client.ts", 'import "../scripts/test.ts";', "files of src only"],
  ["src/client.ts", 'import "./testing/mod.ts";', "testing never imports client"],
  ["src/client.ts", 'import "./cli/mod.ts";', "nothing imports cli"],
  ["src/run/run.ts", 'import "../webhooks/mod.ts";', "no layer before client imports it"],
  ["src/webhooks/mod.ts", 'import "../send.ts";', "webhooks imports errors, duration and types"],
  ["src/testing/mod.ts", 'import "../client.ts";', "testing never imports client"],
  ["src/testing/mod.ts", 'import "../../mod.ts";', "testing never imports client"],
  ["src/other.ts", "", "src/other.ts:0 has no layer"],
  ["src/send.ts", 'import { retry } from "@std/async/retry";', "only src/retry.ts"],
  ["src/client.ts", 'import { assert } from "@std/assert";', "@std/encoding only"],
  ["src/files/output.ts", 'import "node:fs";', "no node: module"],
  ["src/client.ts", "await fetch(url);", "only src/send.ts uses the platform's fetch"],
  ["src/client.ts", "const f = options.fetch ?? globalThis.fetch;", "only src/send.ts"],
  ["src/client.ts", "const f = options.fetch ?? fetch;", "only src/send.ts"],
  ["src/client.ts", "if (typeof Deno !== 'undefined') x();", "asks where it runs"],
  ["src/client.ts", "declare const process: unknown; use(process);", "asks where it runs"],
  ["src/client.ts", "const b: Buffer = Buffer.from('');", "asks where it runs"],
];

for (const [path, text, message] of OFFENDING) {
  Deno.test(`checkLayers() refuses in ${path}: ${text.trim()}`, () => {
    assertStringIncludes(verdict(path, text), message);
  });
}
