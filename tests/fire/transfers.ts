/** Callers who send and fetch files. */

import { concatBytes } from "../../src/base/bytes.ts";
import { FileInput } from "../../src/files/file_input.ts";
import type { FileOutput } from "../../src/files/output.ts";
import {
  type Caller,
  dawdle,
  deadlineOf,
  inputOf,
  isTime,
  judge,
  optionsOf,
  refOf,
} from "./callers.ts";
import { bytesOf } from "./random.ts";

/** Sends a file in an input, or fetches the files of an output. */
export async function fileOf(caller: Caller): Promise<void> {
  const { plan, client } = caller;
  const options = { ...optionsOf(caller), interval: 8, wait: 1, ...deadlineOf(caller) };
  if (plan.kind === "upload") {
    const bytes = bytesOf(`${plan.n}.0`);
    const forms = [
      bytes,
      new Blob([bytes], { type: "image/png" }),
      FileInput.fromStream(new Blob([bytes]).stream(), { size: bytes.length, filename: "a.bin" }),
      FileInput.fromBytes(bytes, { encoding: "data-uri" }),
    ];
    const input = { ...inputOf(caller), file: forms[plan.vary % 4] };
    return judge(caller, await client.run(refOf(caller), { ...options, input }));
  }
  const run = client.run(refOf(caller), { ...options, input: inputOf(caller) });
  const files = await run.files();
  const id = (await run.prediction()).id;
  for (const [n, file] of files.entries()) {
    const wanted = bytesOf(`${id}/${n}.bin`);
    const got = await bytesIn(caller, file, n);
    if (got === undefined) return;
    if (!same(got, wanted)) {
      caller.wrong(`file of ${got.length} bytes is not the one of ${wanted.length}`);
    }
  }
}

/** The bytes, by one of the ways; `undefined` for a caller who has left on the way. */
async function bytesIn(
  caller: Caller,
  file: FileOutput,
  n: number,
): Promise<Uint8Array | undefined> {
  const { signal } = caller;
  switch ((caller.plan.vary + n) % 4) {
    case 0:
      return await file.bytes({ signal });
    case 1:
      return new Uint8Array(await (await file.blob({ signal })).arrayBuffer());
  }
  const pieces: Uint8Array[] = [];
  let items = 0;
  // A file that is iterated over knows no signal.
  const isPlain = (caller.plan.vary + n) % 4 === 2 && caller.plan.leave?.how !== "abort";
  const source = isPlain ? file : file.stream({ signal });
  for await (const piece of source) {
    pieces.push(piece);
    if (isTime(caller, ++items, "break")) {
      caller.leftAt = performance.now();
      return undefined;
    }
    await dawdle(caller);
  }
  return concatBytes(pieces);
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
