/** The output of a job: text as it is made, files on the disk, and JSON for the rest. */

import type { Client } from "../client.ts";
import { FileOutput } from "../files/output.ts";
import { endingOf } from "../files/names.ts";
import type { JobRecord } from "../run/reader.ts";
import type { Disk } from "./node.ts";
import type { Session } from "./session.ts";
import { UsageError } from "./usage.ts";

/** `W_OK` of Node: a question whether a file can be written. */
const WRITABLE = 2;

/** Prints text as it comes, with a line break at its end. */
export class TextPrinter {
  readonly #session: Session;
  #last = "";

  /** Prints nothing yet. */
  constructor(session: Session) {
    this.#session = session;
  }

  /** `true` once something was printed. */
  get hasPrinted(): boolean {
    return this.#last !== "";
  }

  /** Prints a piece. */
  async add(text: string): Promise<void> {
    if (text === "") return;
    this.#session.bar.stop();
    this.#last = text;
    await this.#session.print(shownText(this.#session, text));
  }

  /** Ends the last line, so that a prompt comes on a line of its own. */
  async end(): Promise<void> {
    if (this.hasPrinted && !this.#last.endsWith("\n")) await this.#session.print("\n");
  }
}

/**
 * The folder for files, which is made if it is not there: before anything is paid for.
 *
 * @throws {UsageError} If nothing can be written there.
 */
export async function checkFolder(session: Session): Promise<string | undefined> {
  if (session.flag("no-save")) {
    if (session.flag("save")) throw session.wrong("--save and --no-save cannot be used together");
    return undefined;
  }
  if (session.flag("json") && !session.flag("save")) return undefined;
  const folder = session.option("save") ?? ".";
  const disk = await session.io.disk();
  try {
    await disk.mkdir(folder, { recursive: true });
    await disk.access(folder, WRITABLE);
  } catch (error) {
    throw new UsageError(`Cannot save files in ${folder}: ${whyOf(error)}`, {
      hint: "Give another folder with --save DIR, or --no-save",
    });
  }
  return folder;
}

function whyOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  if (code === "EEXIST" || code === "ENOTDIR") return "it is a file";
  return code === "EACCES" || code === "EPERM" || code === "EROFS" || code === "NotCapable"
    ? "it cannot be written"
    : "it cannot be made";
}

/** Prints the output of a job that has succeeded, and saves its files. */
export async function present(
  session: Session,
  client: Client,
  record: JobRecord,
  folder: string | undefined,
): Promise<void> {
  const output = await (await client.resume(record)).output();
  const names = await saveFiles(session, record, output, folder);
  if (session.flag("json")) {
    await session.printJson(record);
    return;
  }
  const shown = replaced(output, names);
  if (shown === null || shown === undefined) return;
  const lines = linesOf(shown, output);
  if (lines) await session.print(lines.map((line) => `${shownText(session, line)}\n`).join(""));
  else await session.printJson(shown);
}

/** Text of a model as it may go to a terminal, which would obey the codes in it. */
function shownText({ io }: Session, text: string): string {
  // deno-lint-ignore no-control-regex
  return io.stdout.isTTY ? text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "") : text;
}

/** An output that is a line of text, or a list of files: a line each. */
function linesOf(shown: unknown, output: unknown): string[] | undefined {
  if (typeof shown === "string") return [shown.replace(/\n$/, "")];
  const isFiles = Array.isArray(output) && output.length > 0 &&
    output.every((item) => item instanceof FileOutput);
  return isFiles ? shown as string[] : undefined;
}

/** The output with the path, or else the address, in the place of each file. */
export function replaced(output: unknown, names: ReadonlyMap<FileOutput, string>): unknown {
  if (output instanceof FileOutput) return names.get(output) ?? output.href;
  if (Array.isArray(output)) return output.map((item) => replaced(item, names));
  if (typeof output !== "object" || output === null) return output;
  return Object.fromEntries(
    Object.entries(output).map(([key, item]) => [key, replaced(item, names)]),
  );
}

/**
 * Saves the files of an output as `{model}-{id}-{n}.{ext}`, and gives their paths.
 *
 * @throws {UsageError} If one exists already; the others are saved all the same.
 */
export async function saveFiles(
  session: Session,
  { model, id }: JobRecord,
  output: unknown,
  folder: string | undefined,
): Promise<Map<FileOutput, string>> {
  const names = new Map<FileOutput, string>();
  const files = filesIn(output);
  if (folder === undefined || files.length === 0) return names;
  const disk = await session.io.disk();
  const name = (model ?? "").split("/").at(-1)?.replace(/[^\w.-]/g, "_") || "output";
  const start = folder === "." ? "" : `${folder.replace(/[/\\]+$/, "") || folder}/`;
  // The fake gives the same ids each time.
  const force = session.flag("force") || session.flag("offline");
  let refused: UsageError | undefined;
  for (const [index, file] of files.entries()) {
    session.bar.update({ label: `saving ${index + 1} of ${files.length}` });
    try {
      const base = `${start}${name}-${id}-${index + 1}`;
      names.set(file, await saveFile(disk, file, base, force, session.signal));
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      refused ??= error;
    }
  }
  session.bar.stop();
  if (refused) {
    for (const path of names.values()) await session.print(`${path}\n`);
    throw refused;
  }
  return names;
}

async function saveFile(
  disk: Disk,
  file: FileOutput,
  base: string,
  force: boolean,
  signal: AbortSignal,
): Promise<string> {
  const [known] = /\.[a-z0-9]{1,8}$/i.exec(file.filename) ?? [];
  if (known !== undefined) await checkFree(disk, base + known, force);
  const part = `${base}.part`;
  await file.save(part, { signal });
  const path = base + (known ?? endingOf(file.contentType ?? ""));
  try {
    await checkFree(disk, path, force);
    await disk.rename(part, path);
  } catch (error) {
    await disk.unlink(part);
    throw error;
  }
  return path;
}

/**
 * Checks that nothing is written over.
 *
 * @throws {UsageError} If the file exists, and may not be written over.
 */
export async function checkFree(disk: Disk, path: string, force: boolean): Promise<void> {
  if (force || !await disk.stat(path).catch(() => undefined)) return;
  throw new UsageError(`Cannot write ${path}: it exists`, { hint: "Write over it: add --force" });
}

function filesIn(output: unknown): FileOutput[] {
  if (output instanceof FileOutput) return [output];
  if (typeof output !== "object" || output === null) return [];
  return Object.values(output).flatMap(filesIn);
}
