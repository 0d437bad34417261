/** `replicate files`: uploads, lists, shows and deletes files. */

import { FileInput } from "../files/file_input.ts";
import type { FileObject } from "../resources/files.ts";
import { type Columns, moment, printList } from "./listing.ts";
import type { Session } from "./session.ts";
import { EXIT } from "./usage.ts";
import { checkFile, expanded } from "./values.ts";

const FILES: Columns<FileObject> = {
  id: ({ id }) => id,
  bytes: ({ size }) => size,
  created: ({ created_at }) => moment(created_at),
  name: ({ name }) => name,
};

/** Runs the command. */
export async function run(session: Session): Promise<number> {
  const { signal, args } = session;
  if (session.command.name === "files upload") return await upload(session);
  const { files } = await session.client();
  switch (session.command.name) {
    case "files list":
      return await printList(session, files.list({ signal }), FILES);
    case "files get":
      await session.printJson(await files.get(args[0]!, { signal }));
      return EXIT.done;
  }
  for (const id of args) {
    await files.delete(id, { signal });
    await session.print(`${id} deleted\n`);
  }
  return EXIT.done;
}

async function upload(session: Session): Promise<number> {
  const { io, signal, args } = session;
  const disk = await io.disk();
  for (const path of args) await checkFile(disk, "", path, io.env);
  const { files } = await session.client();
  for (const path of args) {
    const file = await files.create(FileInput.fromPath(expanded(path, io.env)), {
      signal,
      onUpload: ({ filename, loaded, total }) =>
        session.bar.update({ label: filename, share: total > 0 ? loaded / total : undefined }),
    });
    session.bar.stop();
    if (session.flag("json")) await session.printJson(file);
    else await session.print(`${file.urls.get}\n`);
  }
  return EXIT.done;
}
