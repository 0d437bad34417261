/**
 * Writes the help of each command into docs/command_line.md, between its two marks; `--check` only looks.
 *
 * @module
 */
import { COMMANDS } from "../src/cli/commands.ts";
import { commandHelp } from "../src/cli/help.ts";

const PATH = new URL("../docs/command_line.md", import.meta.url);
const [START, END] = ["<!-- help -->\n", "<!-- end of help -->\n"];

/** The page with the help of each command as the program prints it. */
export function withHelp(page: string): string {
  const help = COMMANDS.map((command) =>
    `### \`replicate ${command.name}\`\n\n\`\`\`text\n${commandHelp(command)}\`\`\`\n\n`
  );
  const [before = "", rest = ""] = page.split(START);
  const [, after = ""] = rest.split(END);
  return `${before}${START}\n${help.join("")}${END}${after}`;
}

if (import.meta.main) {
  const page = await Deno.readTextFile(PATH);
  const fresh = withHelp(page);
  if (!Deno.args.includes("--check")) await Deno.writeTextFile(PATH, fresh);
  else if (fresh !== page) {
    console.error("docs/command_line.md is out of date: deno run -A scripts/command_line.ts");
    Deno.exit(1);
  }
}
