/** The shape of the table of commands, which help, completion and the parser are made from. */

import type { Session } from "./session.ts";

/** An option of a command. */
export interface Option {
  /** The name without its dashes. */
  readonly name: string;
  /** The short form: one letter. */
  readonly short?: string;
  /** The name of its value in help, such as `DIR`. Without one it is a flag. */
  readonly value?: string;
  /** The meaning, in a few words. */
  readonly help: string;
  /** `true` if it can be given more than once. */
  readonly many?: boolean;
  /** The values that it can have. */
  readonly choices?: readonly string[];
  /** The kind of its value, which is checked, and completed. */
  readonly kind?: "file" | "folder" | "count" | "duration";
}

/** A positional argument. */
export interface Argument {
  /** The name in help, such as `owner/name`. */
  readonly name: string;
  readonly optional?: boolean;
  readonly many?: boolean;
  /** The kind of its value, for completion. */
  readonly kind?: "file";
  /** The values that it can have. */
  readonly choices?: readonly string[];
}

/** A command: what it is called with, and the code that runs it. */
export interface Command {
  /** The name, of one word or two. */
  readonly name: string;
  /** The purpose, in one line. */
  readonly summary: string;
  /** More to say, in lines. */
  readonly about?: readonly string[];
  readonly args: readonly Argument[];
  readonly options: readonly Option[];
  /** Calls that show its use. */
  readonly examples: readonly string[];
  /** Loads the code. Only the command that runs is loaded. */
  load(): Promise<CommandCode>;
}

/** The code of a command. */
export interface CommandCode {
  /** Runs the command, and gives the exit code. */
  run(session: Session, commands: readonly Command[]): Promise<number>;
  /** Prints help that needs a request, such as the options of a model. */
  help?(session: Session): Promise<number>;
}

/** The options that every command has. */
export const GLOBAL: readonly Option[] = [
  { name: "offline", help: "run on the embedded fake, with a few demo models: no token, no cost" },
  { name: "token-file", value: "FILE", kind: "file", help: "read the API token from a file" },
  { name: "verbose", help: "show each request, without the token and without inputs" },
  { name: "help", short: "h", help: "show help" },
];

/** The option of commands whose results are for people by default. */
export const JSON_OPTION: Option = {
  name: "json",
  help: "print JSON, one line for each result",
};

/** The options of commands that list. */
export const LIST: readonly Option[] = [
  { name: "limit", value: "N", kind: "count", help: "the most results (default 25)" },
  { name: "all", help: "every result, page after page" },
  JSON_OPTION,
];

/** The options of commands that print the output of a job. */
export const RESULT: readonly Option[] = [
  {
    name: "save",
    short: "s",
    value: "DIR",
    kind: "folder",
    help: "the folder for the files of the output (default: this one)",
  },
  { name: "no-save", help: "print the addresses of files, and download none" },
  { name: "force", short: "f", help: "write over files that exist" },
  { name: "json", help: "print the prediction as JSON; files are saved only with --save" },
];

/** The options by which an input is given. */
export const INPUT: readonly Option[] = [
  {
    name: "input",
    short: "i",
    value: "FILE",
    kind: "file",
    help: "a JSON file with the input, or - for stdin; name=value goes over it",
  },
  { name: "no-check", help: "send the input without a check by the model's schema" },
];
