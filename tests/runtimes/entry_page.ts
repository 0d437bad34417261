/** Runs the checks in a page, and sends the results to where it came from. */

import * as replicate from "@x/replicate";
import * as sinks from "@x/replicate/sinks";
import * as webhooks from "@x/replicate/webhooks";
import { runChecks } from "./checks.ts";

const { document } = globalThis as unknown as { document: { title: string } };
const given = JSON.parse(document.title);

runChecks({ ...given, replicate, sinks, webhooks }).then((results) =>
  fetch("/__results", { method: "POST", body: JSON.stringify({ results }) })
);
