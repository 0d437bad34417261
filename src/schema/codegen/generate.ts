/** Writes the TypeScript of models from their schemas. */

import { isRecord } from "../../base/record.ts";
import { comment, prose } from "./comment.ts";
import { Compactor } from "./compact.ts";
import { constant } from "./constant.ts";
import { compare, constantNames, unused } from "./names.ts";
import { quoted } from "./print.ts";
import type { ModelSource } from "./source.ts";
import { type FileNames, type Side, TypeWriter } from "./type_writer.ts";

/** Options for {@linkcode generateTypes}. */
export interface GenerateOptions {
  /** The package that the file imports, such as `jsr:@x/replicate`. Default `@x/replicate`. */
  readonly from?: string | undefined;
  /** `true` adds the types to the names too, so that `client.run("owner/name", ...)` is typed. */
  readonly registry?: boolean | undefined;
  /**
   * `true` keeps descriptions and defaults in the schemas, for tools of language models. Default
   * `false`: they are in comments only.
   */
  readonly descriptions?: boolean | undefined;
  /** The command that the head of the file names. Default `deno task types`. */
  readonly command?: string | undefined;
}

/**
 * Writes a module with a typed model for each source. The same sources give the same text in whatever
 * order they and their fields come, laid out as `deno fmt` leaves it.
 *
 * @param sources The models; of several with one name and version, the first counts.
 */
export function generateTypes(
  sources: readonly ModelSource[],
  options: GenerateOptions = {},
): string {
  const { from = "@x/replicate", registry = false, command = "deno task types" } = options;
  const models = distinct(sources);
  const names = constantNames(models);
  const used = new Set([...names, ...OWN_NAMES]);
  const file: FileNames = { used, imports: new Set() };
  // Before any other name is given, so that no model's own names depend on what another one has.
  const writers = models.map((source, index) =>
    new ModelWriter(source, names[index]!, file, options)
  );
  const sections = writers.map((writer) => writer.write());
  const makes = new Set(writers.flatMap(({ makes }) => makes));
  const blocks = registry ? [registryBlock(from, writers)] : [];
  const head = [
    `/**\n * Types of models on Replicate, written by \`${command}\` from their schemas: do not edit.\n *\n` +
    ` * @module\n */`,
    imports(from, file.imports, makes),
  ];
  return [...head.slice(0, 1), ...head.slice(1).filter((it) => it !== ""), ...sections, ...blocks]
    .join("\n\n").replace(" */\n\nimport", " */\nimport") + "\n";
}

/** Names that the file has from elsewhere. */
const OWN_NAMES = ["FileSource", "FileOutput", "SchemaModel", "SchemaTrainer", "ModelRegistry"]
  .concat(["Record", "PromiseLike", "Array", "Object", "String", "Number", "Boolean"]);

/** The models without doubles, in the order of their names. */
function distinct(sources: readonly ModelSource[]): ModelSource[] {
  const byRef = new Map<string, ModelSource>();
  for (const source of sources) {
    if (!byRef.has(refOf(source))) byRef.set(refOf(source), source);
  }
  return [...byRef.values()].sort((a, b) => compare(refOf(a), refOf(b)));
}

function refOf({ owner, name, version }: ModelSource): string {
  return `${owner}/${name}${version === undefined ? "" : `:${version}`}`;
}

function imports(from: string, types: ReadonlySet<string>, makes: ReadonlySet<string>): string {
  const values = ["model", "SchemaModel", "SchemaTrainer", "trainer"]
    .filter((it) => makes.has(it)).map((it) => /^[A-Z]/.test(it) ? `type ${it}` : it);
  const line = (names: readonly string[], path: string, kind = ""): string =>
    names.length === 0 ? "" : `import ${kind}{ ${names.join(", ")} } from ${quoted(path)};`;
  return [
    line([...types].sort(compare), from, "type "),
    line(values, `${from}/schema`),
  ].filter((it) => it !== "").join("\n");
}

function registryBlock(from: string, writers: readonly ModelWriter[]): string {
  const entries = writers.map(({ registered }) => registered).filter((it) => it !== "");
  return `declare module ${quoted(from)} {\n  interface ModelRegistry {\n${
    entries.join("\n")
  }\n  }\n}`;
}

/** The names of what one model has. */
class ModelWriter {
  /** The functions and types of `./schema` that it needs. */
  readonly makes: string[];
  readonly #source: ModelSource;
  readonly #file: FileNames;
  readonly #compactor: Compactor;
  readonly #name: string;
  readonly #prefix: string;
  readonly #types: Readonly<Record<"input" | "output" | "chunk" | "training" | "trained", string>>;
  readonly #trainer: string;
  readonly #isIterator: boolean;
  readonly #canTrain: boolean;
  readonly #canRun: boolean;

  constructor(source: ModelSource, name: string, file: FileNames, options: GenerateOptions) {
    const { schemas } = source;
    this.#source = source;
    this.#file = file;
    this.#name = name;
    this.#compactor = new Compactor(schemas, options);
    this.#canTrain = isRecord(schemas.TrainingInput);
    this.#canRun = !this.#canTrain || isRecord(schemas.Input);
    const output = this.#compactor.merged(schemas.Output);
    this.#isIterator = output["x-cog-array-type"] === "iterator";
    this.#prefix = name.charAt(0).toUpperCase() + name.slice(1);
    const take = (suffix: string, isThere: boolean): string =>
      isThere ? unused(this.#prefix + suffix, file.used) : "";
    this.#types = {
      input: take("Input", this.#canRun),
      output: take("Output", this.#canRun),
      chunk: take("Chunk", this.#canRun && this.#isIterator),
      training: take("TrainingInput", this.#canTrain),
      trained: take("TrainingOutput", this.#canTrain),
    };
    this.#trainer = this.#canTrain ? unused(`${name}Trainer`, file.used) : "";
    this.makes = [
      ...(this.#canRun ? ["model", "SchemaModel"] : []),
      ...(this.#canTrain ? ["trainer", "SchemaTrainer"] : []),
    ];
  }

  /** The entry for the names of models; empty for one that only trains. */
  get registered(): string {
    const { input, output, chunk } = this.#types;
    if (!this.#canRun) return "";
    const fields = { input, output, ...(chunk && { chunk }) };
    const rows = Object.entries(fields).map(([key, type]) => `      ${key}: ${type};\n`).join("");
    return `    ${quoted(refOf(this.#source))}: {\n${rows}    };`;
  }

  /** The section of the model. */
  write(): string {
    return [
      ...(this.#canRun ? this.#writeModel() : []),
      ...(this.#canTrain ? this.#writeTrainer() : []),
    ].join("\n\n");
  }

  #writeModel(): string[] {
    const { Input, Output } = this.#source.schemas;
    const { input, output, chunk } = this.#types;
    const ref = refOf(this.#source);
    const outputs = this.#writer("output");
    const parts = [
      this.#declareInput(input, Input, `The input of \`${ref}\`.`),
      outputs.declare(output, Output, [`The output of \`${ref}\`.`], reasonFor(Output, "output")),
    ];
    if (chunk !== "") {
      const type = outputs.itemType(Output, output);
      parts.push(
        `/** One piece of the output of \`${ref}\`, as it is streamed. */\nexport type ${chunk} = ${type};`,
      );
    }
    const types = [input, output, ...(chunk && [chunk])];
    const shown = isRecord(Output) ? this.#compactor.compact(Output) : {};
    const schema = {
      input: this.#compactor.compact(Input),
      ...(Object.keys(shown).length > 0 && { output: shown }),
    };
    const page = `https://replicate.com/${this.#source.owner}/${this.#source.name}`;
    const doc = comment([prose(this.#source.description), `See ${page}.`], 0);
    const value = {
      name: this.#name,
      make: "model",
      type: "SchemaModel",
      types,
      ref,
      schema,
    } as const;
    return [...parts, doc + constant(value)];
  }

  #writeTrainer(): string[] {
    const { TrainingInput, TrainingOutput } = this.#source.schemas;
    const { training, trained } = this.#types;
    const ref = refOf(this.#source);
    const schema = { input: this.#compactor.compact(TrainingInput) };
    const value = {
      name: this.#trainer,
      make: "trainer",
      type: "SchemaTrainer",
      types: [training, trained],
      ref,
      schema,
    } as const;
    return [
      this.#declareInput(training, TrainingInput, `The input of a training with \`${ref}\`.`),
      this.#writer("wire").declare(
        trained,
        TrainingOutput,
        [`The output of a training with \`${ref}\`, as the API sends it.`],
        reasonFor(TrainingOutput, "output of trainings"),
      ),
      comment([`The trainer \`${ref}\`, for \`client.trainings.create\`.`], 0) + constant(value),
    ];
  }

  #declareInput(name: string, schema: unknown, about: string): string {
    const { properties } = this.#compactor.merged(schema);
    if (isRecord(properties) && Object.keys(properties).length > 0) {
      return this.#writer("input").declare(name, schema, [about]);
    }
    const why = isRecord(schema)
      ? "The schema names no fields."
      : "The schema has no `Input`, so that nothing is known of it.";
    return `${comment([about, why], 0)}export type ${name} = Record<string, unknown>;`;
  }

  #writer(side: Side): TypeWriter {
    return new TypeWriter(
      side,
      this.#compactor,
      { ref: refOf(this.#source), prefix: this.#prefix },
      this.#file,
    );
  }
}

function reasonFor(schema: unknown, what: string): string {
  return isRecord(schema) ? "" : `The schema says nothing of the ${what}.`;
}
