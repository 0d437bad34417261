/** Runs the checks in a process with arguments and a console: Deno, Bun and Node. */

import * as replicate from "@x/replicate";
import * as sinks from "@x/replicate/sinks";
import * as webhooks from "@x/replicate/webhooks";
import { runChecks, type Setup } from "./checks.ts";
import { serve } from "./serve.ts";

interface Process {
  argv: string[];
  versions: Record<string, string>;
}

// Deno has `process` too, but it asks for permission to read what is in it.
const { Deno, process } = globalThis as unknown as {
  Deno?: { args: string[]; version: { deno: string } };
  process: Process;
};
const given: Omit<Setup, "replicate" | "sinks" | "webhooks"> = JSON.parse(
  Deno ? Deno.args[0]! : process.argv[2]!,
);
const version = Deno?.version.deno ?? process.versions.bun ?? process.versions.node;

runChecks({ ...given, replicate, sinks, webhooks, serve }).then((results) => {
  console.log(JSON.stringify({ version, results }));
});
