/** `replicate batch`: runs a model for each of many inputs. */

import type { BatchProgress, BatchResult } from "../batch/types.ts";
import type { Client } from "../client.ts";
import { ReplicateError } from "../errors.ts";
import type { BatchStore } from "../batch/types.ts";
import { batchLine, failureCode, openResults } from "./batch_results.ts";
import { clock } from "./bar.ts";
import { readRows, type Row, type Source } from "./inputs.ts";
import { inputOf, refusalOf } from "./model_input.ts";
import { findModel, type KnownModel } from "./model_schema.ts";
import { checkFolder, checkFree, saveFiles } from "./output.ts";
import type { Session } from "./session.ts";
import { refOf } from "./target.ts";
import { EXIT, UsageError } from "./usage.ts";
import { checkFile, checkFiles, type GivenInput, parseValues } from "./values.ts";

/** The most runs at once, where nobody says. */
const CONCURRENCY = 8;

/** Runs the command. */
export async function run(session: Session): Promise<number> {
  const { io, args: [name = "", path = "", ...words] } = session;
  const ref = refOf(session, name);
  const shared = parseValues(words);
  await checkFiles(io, shared);
  const source = { path, isCsv: session.flag("csv") || /\.csv$/i.test(path) };
  if (path !== "-") await checkFile(await io.disk(), "", path, io.env);
  const folder = session.flag("save") ? await checkFolder(session) : undefined;
  await checkOut(session);
  // Twice over the inputs before anything is paid for: once without a request, once by the schema.
  if (path !== "-") await checkRows(session, source, shared);
  const client = await session.client();
  const known = session.flag("no-check")
    ? { ref, shape: undefined }
    : await findModel(client, ref, session.signal);
  const total = path === "-" ? undefined : await checkRows(session, source, shared, known);
  session.interrupt.says(
    "Interrupted: canceling what runs (Ctrl-C again ends at once)" +
      (session.flag("store") ? "; start it again to go on" : ""),
  );
  return await runAll(session, { client, known, source, shared, folder, total });
}

/** The parts of a batch that runs. */
interface Plan {
  readonly client: Client;
  readonly known: KnownModel;
  readonly source: Source;
  readonly shared: GivenInput;
  readonly folder: string | undefined;
  readonly total: number | undefined;
}

async function runAll(session: Session, plan: Plan): Promise<number> {
  const { client, known, folder, total } = plan;
  const keys = new WeakMap<object, string>();
  const results = await openResults(session);
  const codes = new Set<number>();
  let last: BatchProgress | undefined;
  const timeout = session.duration("timeout");
  const batch = client.batch(known.ref, inputsOf(session, plan, keys), {
    concurrency: session.count("concurrency") || CONCURRENCY,
    ordered: session.flag("ordered"),
    signal: session.signal,
    key: (input) => keys.get(input)!,
    onProgress: (progress) => {
      last = progress;
      showProgress(session, progress, total);
    },
    ...(timeout !== undefined && { timeout: timeout }),
    ...(session.flag("store") && { store: await openStore(session) }),
  });
  try {
    for await (const result of batch) {
      const paths = result.status === "fulfilled"
        ? await saveFiles(session, result.prediction, result.value, folder)
        : new Map();
      if (result.status === "rejected") codes.add(failureCode(result.reason));
      await results.add(batchLine(result as BatchResult, paths, known.shape));
    }
  } catch (error) {
    // An input that is wrong is the mistake of the caller.
    if (error instanceof ReplicateError && error.cause instanceof UsageError) throw error.cause;
    throw error;
  } finally {
    await results.close();
  }
  const { done = 0, failed = 0 } = last ?? {};
  session.bar.stop();
  await session.note(`${done - failed} done, ${failed} failed`);
  return worst(codes);
}

/** The code of a batch: that a run failed says more than that another was canceled. */
function worst(codes: ReadonlySet<number>): number {
  const order = [EXIT.failed, EXIT.error, EXIT.stopped, EXIT.usage];
  return order.find((code) => codes.has(code)) ?? EXIT.done;
}

async function openStore(session: Session): Promise<BatchStore> {
  const { fileStore } = await import("../stores/file.ts");
  return fileStore(session.option("store")!);
}

/** Results are not written over, unless the batch goes on where it was. */
async function checkOut(session: Session): Promise<void> {
  const out = session.option("out");
  const store = session.option("store");
  if (out === undefined) return;
  const disk = await session.io.disk();
  const goesOn = store !== undefined && await disk.stat(store).catch(() => undefined);
  await checkFree(disk, out, session.flag("force") || Boolean(goesOn));
}

async function* inputsOf(
  session: Session,
  { source, shared, known }: Plan,
  keys: WeakMap<object, string>,
): AsyncGenerator<Record<string, unknown>, void, undefined> {
  for await (const row of readRows(session.io, source)) {
    const input = await checkedRow(session, row, source, shared, known);
    keys.set(input, row.text);
    yield input;
  }
}

/** Checks all inputs, and gives their number. */
async function checkRows(
  session: Session,
  source: Source,
  shared: GivenInput,
  known?: KnownModel,
): Promise<number> {
  let count = 0;
  for await (const row of readRows(session.io, source)) {
    count++;
    if (known) await checkedRow(session, row, source, shared, known);
    else await checkFiles(session.io, row.given);
  }
  if (count === 0) throw session.wrong(`${source.path} has no inputs`);
  return count;
}

async function checkedRow(
  session: Session,
  { line, base, given }: Row,
  { path }: Source,
  shared: GivenInput,
  { shape }: KnownModel,
): Promise<Record<string, unknown>> {
  const input = {
    ...await inputOf(session.io, {}, shared, shape),
    ...await inputOf(session.io, base, given, shape),
  };
  const refusal = refusalOf(input, shape);
  if (!refusal) return input;
  const place = `line ${line} of ${path === "-" ? "stdin" : path}`;
  throw new UsageError(`Cannot use ${place}: ${refusal.why}`, { hint: refusal.hint });
}

function showProgress(session: Session, progress: BatchProgress, total?: number): void {
  const { done, failed, rate } = progress;
  const left = total === undefined || rate === 0 ? undefined : (total - done) / rate;
  const parts = [
    total === undefined ? `${done} done` : `${done} of ${total} done`,
    failed > 0 ? `${failed} failed` : "",
    rate > 0 ? `${rate.toFixed(1)}/s` : "",
    left === undefined ? "" : `${clock(Math.ceil(left))} left`,
  ];
  const share = total ? done / total : undefined;
  session.bar.update({ label: parts.filter((it) => it !== "").join(", "), share });
}
