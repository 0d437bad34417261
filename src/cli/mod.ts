/**
 * The command line: run models, follow them, and manage an account, from a terminal or a script.
 *
 * ```sh
 * deno run -A jsr:@x/replicate/cli run demo/painter prompt="a fig" --offline
 * npx @x/replicate run demo/painter prompt="a fig" --offline
 * ```
 *
 * The page docs/command_line.md has its commands, options and exit codes, and ten recipes.
 *
 * @module
 */

import { start } from "./program.ts";

export { replicate } from "./program.ts";

// The package for npm has a file of its own for this, as Node 20 does not tell which file is main.
if ((import.meta as { main?: boolean }).main) {
  await start();
}
