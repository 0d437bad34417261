/** `replicate types`: writes typed models. */

import { createSend } from "../http/send.ts";
import {
  difference,
  generateTypes,
  type ModelSource,
  readSources,
  sourcesOf,
} from "../schema/codegen/mod.ts";
import { parsed } from "../base/text.ts";
import { clientOptions } from "./client.ts";
import type { Session } from "./session.ts";
import { EXIT } from "./usage.ts";
import { checkFile } from "./values.ts";

/** Runs the command. */
export async function run(session: Session): Promise<number> {
  const { io } = session;
  const out = session.option("out");
  const disk = await io.disk();
  const before = out && await disk.readFile(out, "utf8").catch(() => undefined);
  const isCheck = session.flag("check");
  if (isCheck && out === undefined) throw session.wrong("--check needs the file, as --out FILE");
  const text = generateTypes(await sources(session, before ?? ""), {
    registry: session.flag("registry"),
    descriptions: session.flag("descriptions"),
    from: session.option("import"),
  });
  session.bar.stop();
  if (out === undefined) {
    await session.print(text);
  } else if (isCheck) {
    const changes = difference(before ?? "", text);
    if (changes) {
      await session.print(changes);
      await session.note(
        `${out} is not as the models' schemas are: write it again without --check`,
      );
      return EXIT.error;
    }
    await session.note(`${out} is up to date`);
  } else {
    await disk.writeFile(out, text);
    await session.print(`${out}\n`);
  }
  return EXIT.done;
}

async function sources(session: Session, before: string): Promise<ModelSource[]> {
  const { io, args } = session;
  const from = session.option("from");
  if (from !== undefined) {
    const disk = await io.disk();
    await checkFile(disk, "--from ", from, io.env);
    const json = parsed(await disk.readFile(from, "utf8"));
    if (json === undefined) throw session.wrong(`${from} is not JSON`);
    return sourcesOf(json, args);
  }
  const refs = args.length > 0 ? args : refsIn(before);
  if (refs.length === 0) throw session.wrong("name a model, as owner/name");
  session.bar.update({ label: "reading schemas" });
  const send = createSend(await clientOptions(session), {});
  return await readSources(send, refs, { signal: session.signal });
}

/** The models that a generated file has. */
function refsIn(text: string): string[] {
  const made = text.matchAll(/PURE__ \*\/ (?:model|trainer)\(\s*"([^"]+)"/g);
  return [...new Set([...made].map(([, ref]) => ref!))];
}
