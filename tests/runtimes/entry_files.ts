/** Runs the matrix of files in a process: Bun and Node. Deno has it among its unit tests. */

import { runMatrix } from "../files/matrix.ts";

const { versions } = (globalThis as unknown as {
  process: { versions: Record<string, string> };
}).process;

runMatrix().then(({ passed, failures }) => {
  const results = [
    { name: `${passed} files in their encodings`, ok: passed > 100 },
    ...failures.map(({ case: name, reason }) => ({ name, ok: false, error: reason })),
  ];
  console.log(JSON.stringify({ version: versions.bun ?? versions.node, results }));
});
