import { assertEquals, assertStringIncludes } from "@std/assert";
import { checkProse } from "../../scripts/prose.ts";

const HEAD = '/** Waits for a job. */\nimport { x } from "./x.ts";\n';

/** The complaint about one file, or "" when there is none. */
function verdict(text: string, path = "src/run/wait.ts"): string {
  return checkProse([{ path, text }])
    .map((it) => `${it.path}:${it.line} ${it.message}`).join("\n");
}

const CONTENT: [about: string, text: string, path?: string][] = [
  ["a head before the imports", HEAD],
  ["a head after a shebang", `#!/usr/bin/env deno\n${HEAD}`],
  ["a head and an empty line", "/** Runs. */\n\nconst a = 1;\nconst b = 2;"],
  ["a head before re-exports", '/** The door. */\nexport * from "./x.ts";'],
  ["the comment of the only declaration", "/** Seconds. */\nexport type Seconds = number;"],
  ["a head before the first of two", "/** Units. */\n\n/** One. */\ntype A = 1;\ntype B = 2;"],
  ["a word that is not at the start", `${HEAD}/** Text that says what it is. */\ntype A = 1;`],
  ["a longer word", `${HEAD}/** Whatever the server sends. */\ntype A = 1;`],
  ["a plain comment", `${HEAD}// What is to be done is this.\ntype A = 1;`],
  ["the same in a text", `${HEAD}const a = "/** What */";`],
  ["a message", `${HEAD}throw new TypeError("Cannot use 1 as size: give a number");`],
  ["a message of two parts", `${HEAD}throw new Error("Cannot use it: " + why);`],
  ["a message with a value", HEAD + "throw new Error(`Cannot ${action}: ${why}`);"],
  ["a message of another place", `${HEAD}throw new ApiError(messageOf(it), "Ends.");`],
  ["the reason of a webhook", `${HEAD}throw new WebhookError("body", "it was read before");`],
  ["an exception", `${HEAD}throw new TypeError("fetch failed");`, "src/testing/faults.ts"],
];

for (const [about, text, path] of CONTENT) {
  Deno.test(`checkProse() accepts ${about}`, () => assertEquals(verdict(text, path), ""));
}

const OFFENDING: [about: string, text: string, message: string][] = [
  ["a file without a head", 'import "./x.ts";\n/** One. */\ntype A = 1;', ":0 has no head"],
  ["a plain comment as head", `// Waits.\n${HEAD}`, ":0 has no head"],
  [
    "the comment of the first of two as head",
    "/** One. */\ntype A = 1;\ntype B = 2;",
    ":0 has no head",
  ],
  ["a hanging head", HEAD.replace("Waits", "What waits"), ':1 a doc comment begins with "What"'],
  [
    "a hanging clause",
    `${HEAD}/** How long it is. */\ntype A = 1;`,
    ":3 a doc comment begins with",
  ],
  ["it on the next line", `${HEAD}/**\n * Whether\n * it is. */\ntype A = 1;`, '"Whether"'],
  [
    "it in a class",
    `${HEAD}class A {\n  /** Of use. */\n  b = 1;\n}`,
    ':4 a doc comment begins with "Of"',
  ],
  ["it in a tag", `${HEAD}/**\n * Waits.\n * @param a What it is.\n */\ntype A = 1;`, '"What"'],
  ["it after a type", `${HEAD}/** @throws {RangeError} As it is. */\ntype A = 1;`, '"As"'],
  [
    "a message of another form",
    `${HEAD}throw new Error("There is no file");`,
    'begins with "Cannot "',
  ],
  [
    "a template of another form",
    HEAD + "throw new Error(`${name} is wrong`);",
    'begins with "Cannot "',
  ],
  [
    "one of two messages",
    `${HEAD}throw new Error(a ? "Cannot a: b" : "No");`,
    'begins with "Cannot "',
  ],
  ["an error of a module", `${HEAD}throw new errors.ApiError("No");`, 'begins with "Cannot "'],
  ["a full stop", `${HEAD}throw new Error("Cannot a: b.");`, "without a full stop"],
  ["a contraction", `${HEAD}throw new Error("Cannot a: it isn't b");`, 'such as "isn\'t"'],
  [
    "a reason with a capital",
    `${HEAD}throw new WatchError("a", "No ticket");`,
    'begins with "Cannot "',
  ],
];

for (const [about, text, message] of OFFENDING) {
  Deno.test(`checkProse() refuses ${about}`, () => assertStringIncludes(verdict(text), message));
}
