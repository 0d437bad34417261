/**
 * The pages of the site: one for each document, with a title, a name and a place in the sidebar. A
 * document that nobody has put into the order comes last in its group, so that none is left out.
 *
 * @module
 */

import { titleOf } from "./markdown.ts";

/** The address of the site. */
export const SITE_URL = "https://x.github.io/replicate/";

/** The groups of the sidebar. */
export const GROUPS = [
  "Start",
  "Guides",
  "Features",
  "In production",
  "Reference",
  "Project",
] as const;

/** A group of the sidebar. */
export type Group = typeof GROUPS[number];

/** A page of the site. */
export interface Page {
  /** The file it is made of, such as `docs/errors.md`. */
  path: string;
  /** The last part of its address, such as `errors`. */
  name: string;
  title: string;
  group: Group;
  markdown: string;
}

/** The documents of `docs/` in their order. */
const ORDER: Record<Group, string[]> = {
  "Start": ["first_run", "moving_over"],
  "Guides": [
    "inputs_and_files",
    "outputs",
    "keeping_outputs",
    "streams",
    "progress_and_cancelling",
    "deadlines_and_retries",
    "errors",
    "many_at_once",
    "cost",
    "fallback",
    "webhooks",
    "pages_and_tickets",
    "typed_models",
    "testing",
    "record_and_replay",
  ],
  "Features": [
    "command_line",
    "frameworks",
    "ai_sdk",
    "tracing",
    "trainings_and_deployments",
    "durable",
    "cog",
  ],
  "In production": ["deploying", "debugging", "security", "gateways"],
  "Reference": ["options", "api", "small_bundles", "benchmarks"],
  "Project": ["architecture"],
};

/** Documents outside of `docs/` that are pages, and the names of the pages. */
const OTHERS: [path: string, name: string, group: Group][] = [
  ["README.md", "index", "Start"],
  ["examples/README.md", "examples", "Start"],
  ["CHANGELOG.md", "changelog", "Project"],
  ["CONTRIBUTING.md", "contributing", "Project"],
];

/** Names that the address of something else begins with: `/api` is the reference that `deno doc` makes. */
const RENAMED: Record<string, string> = { api: "operations" };

/** Every page, in the order of the sidebar. The first is the home page. */
export function pagesOf(): Page[] {
  const others = OTHERS.map(([path, name, group]) => pageOf(path, name, group));
  const names = [...Deno.readDirSync("docs")].map(({ name }) => name)
    .filter((name) => name.endsWith(".md")).map((name) => name.slice(0, -3)).sort();
  const known = Object.values(ORDER).flat();
  const documents = [
    ...known.filter((it) => names.includes(it)),
    ...names.filter((it) => !known.includes(it)),
  ];
  const docs = documents.map((name) => {
    const group = GROUPS.find((it) => ORDER[it].includes(name)) ?? "Features";
    return pageOf(`docs/${name}.md`, RENAMED[name] ?? name, group);
  });
  const [home, ...rest] = others;
  const all = [...docs, ...rest];
  return [home!, ...GROUPS.flatMap((group) => all.filter((it) => it.group === group))];
}

function pageOf(path: string, name: string, group: Group): Page {
  const markdown = Deno.readTextFileSync(path);
  return { path, name, title: titleOf(markdown), group, markdown };
}
