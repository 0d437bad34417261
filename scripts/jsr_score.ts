/**
 * Computes the score that JSR will show, by JSR's own rules, as far as they are about the code. The rest
 * is set on jsr.io: a description, and two runtimes that are marked as supported.
 *
 * It asks for more than JSR does: every symbol has a comment, where JSR is content with 80 %.
 *
 * @module
 */

import { type Door, readDoors } from "./doc_nodes.ts";

/** One of JSR's rules. */
interface Rule {
  name: string;
  points: number;
  most: number;
  /** The names that cost points, or would without the tolerance of JSR. */
  lacking: string[];
}

/** The declarations of all doors, and those that have no comment. Nobody sees the body of overloads. */
export function undocumented(doors: readonly Door[]): { total: number; lacking: string[] } {
  const all = doors.flatMap(({ name: door, symbols }) =>
    symbols.flatMap(({ name, declarations }) =>
      declarations.filter((it) => it.kind !== "reference" && it.declarationKind !== "private")
        .filter((it, _, all) => all.length === 1 || !it.def.hasBody)
        .map(({ jsDoc }) => ({
          name: `${door} ${name}`,
          hasDoc: Boolean(jsDoc?.doc || jsDoc?.tags),
        }))
    )
  );
  return { total: all.length, lacking: all.filter((it) => !it.hasDoc).map((it) => it.name) };
}

/** The points for what the doors and the README have. */
export function documentation(doors: readonly Door[], readme: string): Rule[] {
  const { total, lacking } = undocumented(doors);
  const share = total === 0 ? 1 : 1 - lacking.length / total;
  const silent = doors.filter(({ moduleDoc }) => !moduleDoc.doc).map(({ name }) => name);
  return [
    rule("a README", 2, readme === "" ? ["README.md"] : []),
    rule("examples in it", 1, readme.includes("```") ? [] : ["README.md"]),
    rule("module docs in every door", 1, silent),
    {
      name: `docs for ${total} symbols (${(share * 100).toFixed(1)} %)`,
      points: Math.floor(Math.min(share / 0.8, 1) * 5),
      most: 5,
      lacking,
    },
  ];
}

function rule(name: string, most: number, lacking: string[]): Rule {
  return { name, points: lacking.length === 0 ? most : 0, most, lacking };
}

/** Types that JSR would have to work out: `deno publish` names them. */
async function slowTypes(): Promise<string[]> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["publish", "--dry-run", "--allow-dirty", "--no-check"],
    env: { NO_COLOR: "1" },
  }).output();
  return success ? [] : [new TextDecoder().decode(stderr)];
}

/** Provenance comes from a workflow that publishes with an identity of its own. */
async function provenance(): Promise<string[]> {
  const workflow = await Deno.readTextFile(".github/workflows/publish.yml");
  const isProven = /id-token: write/.test(workflow) && /deno\S* publish/.test(workflow);
  return isProven ? [] : [".github/workflows/publish.yml"];
}

if (import.meta.main) {
  const [doors, slow, unproven] = await Promise.all([readDoors(), slowTypes(), provenance()]);
  const rules = [
    ...documentation(doors, await Deno.readTextFile("README.md")),
    rule("no slow types", 5, slow),
    rule("provenance", 1, unproven),
  ];
  for (const { name, points, most } of rules) console.log(`${points}/${most}  ${name}`);
  const sum = (key: "points" | "most"): number => rules.reduce((total, it) => total + it[key], 0);
  console.log(`${sum("points")}/${sum("most")}; 3 more are set on jsr.io`);
  const lacking = rules.flatMap((it) => it.lacking.map((name) => `${it.name}: ${name}`));
  for (const line of lacking) console.error(line);
  if (lacking.length > 0) Deno.exit(1);
}
