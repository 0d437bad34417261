/** The model to run, and its input: read from the arguments, and checked before anything is sent. */

import type { Client } from "../client.ts";
import { type DeploymentRef, parseRef } from "../run/ref.ts";
import { inputOf, refusalOf } from "./model_input.ts";
import { findModel, type KnownModel } from "./model_schema.ts";
import { SchemaCache } from "./schema_cache.ts";
import type { Session } from "./session.ts";
import { UsageError } from "./usage.ts";
import { checkFiles, type GivenInput, parseValues, readObject } from "./values.ts";

/** An input as it was written, without a request so far. */
export interface Written {
  readonly base: Readonly<Record<string, unknown>>;
  readonly given: GivenInput;
}

/** The ref of what is to be run. */
export function refOf(session: Session, name: string): string | DeploymentRef {
  const version = session.option("version");
  const text = version === undefined ? name : `${name.split(":")[0]}:${version}`;
  const ref = session.flag("deployment") ? { deployment: text } : text;
  try {
    parseRef(ref);
  } catch {
    throw new UsageError(`Cannot run ${name}: it is no name of a model`, {
      hint: "Give owner/name, owner/name:version, or owner/name with --deployment",
    });
  }
  return ref;
}

/** Reads the input as it was written, and looks whether its files are there. */
export async function readWritten(session: Session, words: readonly string[]): Promise<Written> {
  const given = parseValues(words);
  await checkFiles(session.io, given);
  const path = session.option("input");
  const readsTwice = path === "-" && [...given.values()].flat().some((it) => it.kind === "stdin");
  if (readsTwice) throw session.wrong("stdin can be read once only, by --input - or by @-");
  return { base: path === undefined ? {} : await readObject(session.io, path), given };
}

/** A model, and an input that fits it. */
export interface Prepared extends KnownModel {
  readonly input: Record<string, unknown>;
}

/**
 * Brings an input into the types of the model's schema, and checks it.
 *
 * @throws {UsageError} If it does not fit.
 */
export async function prepare(
  session: Session,
  client: Client,
  ref: string | DeploymentRef,
  { base, given }: Written,
): Promise<Prepared> {
  const { io, signal } = session;
  session.bar.update({ label: "starting" });
  if (session.flag("no-check")) {
    return { ref, shape: undefined, input: await inputOf(io, base, given, undefined) };
  }
  const cache = new SchemaCache(io, session.flag("offline"));
  const kept = typeof ref === "string" ? await cache.read(ref) : undefined;
  if (kept) {
    const input = await inputOf(io, base, given, kept);
    if (!refusalOf(input, kept)) return { ref, shape: kept, input };
    // The model may have another schema by now, which has the last word.
  }
  const known = await findModel(client, ref, signal);
  if (typeof ref === "string" && known.ref === ref && known.shape) {
    await cache.write(ref, known.shape);
  }
  const input = await inputOf(io, base, given, known.shape);
  const refusal = refusalOf(input, known.shape);
  if (refusal) {
    const { label } = parseRef(ref);
    throw new UsageError(`Cannot run ${label}: ${refusal.why}`, {
      hint: refusal.hint,
      see: `run --help ${label}`,
    });
  }
  return { ...known, input };
}
