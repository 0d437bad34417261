/** The inputs of a batch: lines of JSON, or CSV. They are read piece by piece. */

import { isRecord } from "../base/record.ts";
import type { Io } from "./io.ts";
import { UsageError } from "./usage.ts";
import { expanded, type GivenInput, textValue } from "./values.ts";

/** The bytes that are read at once. */
const CHUNK = 64 * 1024;

/** One input as it was written. */
export interface Row {
  /** The number of its first line, from 1. */
  readonly line: number;
  /** The text, by which it is known again after a restart. */
  readonly text: string;
  readonly base: Readonly<Record<string, unknown>>;
  readonly given: GivenInput;
}

/** The place that inputs are read from. */
export interface Source {
  /** The path, or `-`. */
  readonly path: string;
  readonly isCsv: boolean;
}

/** The inputs of a file or of stdin. */
export async function* readRows(io: Io, source: Source): AsyncGenerator<Row, void, undefined> {
  const text = decoded(source.path === "-" ? io.stdin.bytes() : fileBytes(io, source.path));
  if (source.isCsv) yield* csvInputs(text, source.path);
  else yield* jsonInputs(text, source.path);
}

async function* fileBytes(io: Io, path: string): AsyncGenerator<Uint8Array, void, undefined> {
  const file = await (await io.disk()).open(expanded(path, io.env), "r");
  try {
    for (;;) {
      const buffer = new Uint8Array(CHUNK);
      const { bytesRead } = await file.read(buffer, 0, CHUNK, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

async function* decoded(
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  try {
    for await (const piece of bytes) yield decoder.decode(piece, { stream: true });
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError("Cannot read the inputs: stdin is closed, or the file cannot be read");
  }
  yield decoder.decode();
}

async function* jsonInputs(
  pieces: AsyncIterable<string>,
  path: string,
): AsyncGenerator<Row, void, undefined> {
  let rest = "";
  let line = 0;
  const take = function* (text: string): Generator<Row> {
    line++;
    if (text.trim() !== "") yield jsonRow(text, line, path);
  };
  for await (const piece of pieces) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop()!;
    for (const text of lines) yield* take(text);
  }
  yield* take(rest);
}

function jsonRow(text: string, line: number, path: string): Row {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UsageError(`Cannot use line ${line} of ${nameOf(path)}: it is not JSON`, {
      hint: /^[^{]*,/.test(text) && line === 1
        ? "For CSV, name the file .csv, or add --csv"
        : undefined,
    });
  }
  if (!isRecord(value)) {
    throw new UsageError(`Cannot use line ${line} of ${nameOf(path)}: it is no JSON object`);
  }
  return { line, text: text.trim(), base: value, given: new Map() };
}

function nameOf(path: string): string {
  return path === "-" ? "stdin" : path;
}

async function* csvInputs(
  pieces: AsyncIterable<string>,
  path: string,
): AsyncGenerator<Row, void, undefined> {
  let names: readonly string[] | undefined;
  for await (const { cells, line } of csvRecords(pieces, path)) {
    if (cells.length === 1 && cells[0] === "") continue;
    if (!names) {
      names = cells.map((cell) => cell.trim());
      const [twice] = names.filter((name, at) => name === "" || names!.indexOf(name) !== at);
      if (twice === undefined) continue;
      const why = twice === "" ? "a column has no name" : `${twice} is there twice`;
      throw new UsageError(`Cannot use line ${line} of ${nameOf(path)}: ${why}`);
    }
    if (cells.length > names.length) {
      throw new UsageError(
        `Cannot use line ${line} of ${nameOf(path)}: it has ${cells.length} cells, and there are ` +
          `${names.length} columns`,
      );
    }
    // An empty cell is an option that is not given.
    const given = new Map(
      names.flatMap((name, at) => cells[at] ? [[name, [textValue(cells[at])]] as const] : []),
    );
    yield { line, text: JSON.stringify(cells), base: {}, given };
  }
}

/** The records of CSV by RFC 4180: a cell in quotes may have commas, line breaks and `""` in it. */
async function* csvRecords(
  pieces: AsyncIterable<string>,
  path: string,
): AsyncGenerator<{ cells: string[]; line: number }, void, undefined> {
  let cells: string[] = [];
  let cell = "";
  let state: "start" | "plain" | "quoted" | "quote" = "start";
  let [line, start] = [1, 1];
  let isFirst = true;
  const endCell = (): void => {
    cells.push(cell);
    cell = "";
    state = "start";
  };
  for await (const piece of pieces) {
    for (const sign of piece) {
      if (isFirst && sign === "\ufeff") continue;
      isFirst = false;
      if (sign === "\n") line++;
      if (state === "quoted") {
        if (sign === '"') state = "quote";
        else cell += sign;
      } else if (sign === '"' && (state === "quote" || state === "start")) {
        if (state === "quote") cell += sign;
        state = "quoted";
      } else if (sign === ",") endCell();
      else if (sign === "\n") {
        endCell();
        yield { cells, line: start };
        [cells, start] = [[], line];
      } else if (sign !== "\r") {
        cell += sign;
        state = "plain";
      }
    }
  }
  if (state === "quoted") {
    throw new UsageError(`Cannot use line ${start} of ${nameOf(path)}: a quote is not closed`);
  }
  if (cells.length === 0 && cell === "") return;
  endCell();
  yield { cells, line: start };
}
