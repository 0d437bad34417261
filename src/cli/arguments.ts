/** The arguments: which command they name, and with which options. */

import { nearest } from "../base/text.ts";
import { toMs } from "../base/duration.ts";
import type { ArgToken, ParseArgs } from "./node.ts";
import { type Command, GLOBAL, type Option } from "./table.ts";
import { unknownName, UsageError } from "./usage.ts";

/** A call of the program, taken apart. */
export interface Call {
  /** The command; `undefined` if none is named. */
  readonly command: Command | undefined;
  /** The group that is named in the place of a command, as in `replicate models`. */
  readonly group: string | undefined;
  readonly args: readonly string[];
  /** The options by name: their values, and `""` for each flag. */
  readonly options: ReadonlyMap<string, readonly string[]>;
}

/** An option as it was given. */
interface Given {
  readonly raw: string;
  readonly name: string;
  readonly value: string | undefined;
}

/** Takes the arguments apart, without a check of what the command needs. */
export function parseCall(
  args: readonly string[],
  commands: readonly Command[],
  parse: ParseArgs,
): Call {
  const all = [...GLOBAL, ...commands.flatMap(({ options }) => options)];
  const config: Parameters<ParseArgs>[0]["options"] = {};
  for (const { name, short, value } of all) {
    config[name] = { type: value ? "string" : "boolean", ...(short && { short }) };
  }
  const { tokens } = parse({
    args,
    options: config,
    strict: false,
    tokens: true,
    allowPositionals: true,
  });
  const words = tokens.flatMap((it) => it.kind === "positional" ? [it.value] : []);
  const { command, used, group } = findCommand(words, commands);
  try {
    return { command, group, args: words.slice(used), options: optionsOf(tokens, command) };
  } catch (error) {
    if (error instanceof UsageError && command) error.see ??= `${command.name} --help`;
    throw error;
  }
}

function findCommand(
  words: readonly string[],
  commands: readonly Command[],
): { command: Command | undefined; used: number; group?: string | undefined } {
  const [first, second] = words;
  if (first === undefined) return { command: undefined, used: 0, group: undefined };
  const one = commands.find(({ name }) => name === first);
  if (one) return { command: one, used: 1, group: undefined };
  const two = commands.find(({ name }) => name === `${first} ${second}`);
  if (two) return { command: two, used: 2, group: undefined };
  const inGroup = commands.filter(({ name }) => name.startsWith(`${first} `));
  if (inGroup.length === 0) {
    const names = commands.flatMap(({ name }) => [name, name.split(" ")[0]!]);
    // A group is as good as a command, as its own help says what is in it.
    throw unknownCommand(first, [...new Set(names)]);
  }
  if (second === undefined) return { command: undefined, used: 1, group: first };
  throw unknownCommand(`${first} ${second}`, inGroup.map(({ name }) => name), first);
}

function unknownCommand(name: string, known: readonly string[], group?: string): UsageError {
  const looksLikeModel = /^[^\s/]+\/[^\s/]+$/.test(name);
  if (looksLikeModel) {
    return new UsageError(`Cannot run the command ${name}: there is none of that name`, {
      hint: `Did you mean replicate run ${name}?`,
    });
  }
  const like = nearest(name, known);
  return new UsageError(`Cannot run the command ${name}: there is none of that name`, {
    hint: like === undefined ? undefined : `Did you mean ${like}?`,
    see: group === undefined ? undefined : `${group} --help`,
  });
}

function optionsOf(
  tokens: readonly ArgToken[],
  command: Command | undefined,
): Map<string, string[]> {
  const known = [...GLOBAL, ...(command?.options ?? [])];
  const result = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const given = { raw: token.rawName, name: token.name, value: token.value };
    // With a command, it is the version of a model.
    if (!command && given.name === "version") {
      result.set("version", [""]);
      continue;
    }
    const option = known.find(({ name, short }) => name === given.name || short === given.name);
    if (!option) throw unknownOption(given, known, command);
    const value = checked(option, given);
    const before = result.get(option.name);
    if (before && option.value && !option.many) {
      throw new UsageError(`Cannot use --${option.name} twice: give it once`);
    }
    result.set(option.name, [...(before ?? []), value]);
  }
  return result;
}

function unknownOption(
  { raw, name }: Given,
  known: readonly Option[],
  command: Command | undefined,
): UsageError {
  const label = command ? `replicate ${command.name}` : "replicate";
  if (/^(?:token|api-token|api-key|auth)$/.test(name)) {
    return new UsageError(`Cannot take a token as an argument: others could see it`, {
      hint: "Set REPLICATE_API_TOKEN, give --token-file FILE, or run: replicate login",
    });
  }
  const error = unknownName(
    `the option`,
    raw,
    known.map((it) => `--${it.name}`),
  );
  return new UsageError(`Cannot use ${raw}: ${label} has no such option`, { hint: error.hint });
}

/** The value of an option, checked as far as its kind tells. */
function checked(option: Option, { raw, value }: Given): string {
  if (!option.value) {
    if (value === undefined) return "";
    throw new UsageError(`Cannot use ${raw}=${value}: ${raw} has no value`);
  }
  if (value === undefined || value === "") {
    throw new UsageError(`Cannot use ${raw} without a value: give ${raw} ${option.value}`);
  }
  if (option.choices && !option.choices.includes(value)) {
    throw unknownName(`${raw}`, value, option.choices);
  }
  if (option.kind === "count" && !/^\d{1,9}$/.test(value)) {
    throw new UsageError(`Cannot use ${value} for ${raw}: give a whole number`);
  }
  if (option.kind === "duration") checkDuration(value, raw);
  return value;
}

function checkDuration(value: string, raw: string): void {
  try {
    toMs(value as `${number}s`, raw, 1);
  } catch {
    throw new UsageError(`Cannot use ${value} for ${raw}: it is not a length of time`, {
      hint: "Give a number with a unit, such as 90s, 5m or 1h",
    });
  }
}

/** Checks that a command has the arguments that it needs, and no more. */
export function checkArguments({ name, args }: Command, given: readonly string[]): void {
  const least = args.filter(({ optional }) => !optional).length;
  const missing = args[given.length];
  if (given.length < least && missing) {
    throw new UsageError(`Cannot run replicate ${name}: ${missing.name} is missing`, {
      hint: `Usage: ${usageOf({ name, args })}`,
    });
  }
  const isOpen = args.at(-1)?.many === true;
  if (!isOpen && given.length > args.length) {
    throw new UsageError(
      `Cannot run replicate ${name}: ${shownArg(given[args.length]!)} is one too many`,
      {
        hint: `Usage: ${usageOf({ name, args })}`,
      },
    );
  }
  args.forEach(({ choices, name }, index) => {
    const value = given[index];
    if (
      choices && value !== undefined && !choices.includes(value.toUpperCase()) &&
      !choices.includes(value)
    ) {
      throw unknownName(`the ${name}`, value, choices);
    }
  });
}

function shownArg(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}

/** The line that shows how a command is called. */
export function usageOf({ name, args }: Pick<Command, "name" | "args">): string {
  const parts = args.map((it) => {
    const text = `<${it.choices && it.choices.length <= 3 ? it.choices.join("|") : it.name}>` +
      (it.many ? " ..." : "");
    return it.optional ? `[${text}]` : text;
  });
  return ["replicate", name, ...parts].join(" ");
}
