/** All commands, in the order of the overview. */

import { JOB_COMMANDS } from "./job_commands.ts";
import { NOUN_COMMANDS } from "./noun_commands.ts";
import { TOOL_COMMANDS } from "./tool_commands.ts";
import type { Command } from "./table.ts";

/** All commands. */
export const COMMANDS: readonly Command[] = [
  ...JOB_COMMANDS,
  ...NOUN_COMMANDS,
  ...TOOL_COMMANDS,
];
