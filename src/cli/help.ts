/** Help, made from the table of commands. */

import { usageOf } from "./arguments.ts";
import { type Command, GLOBAL, type Option } from "./table.ts";

/** The overview of all commands, or of a group of them. */
export function overview(commands: readonly Command[], group?: string): string {
  const shown = group ? commands.filter(({ name }) => name.startsWith(`${group} `)) : commands;
  const width = Math.max(...shown.map(({ name }) => name.length)) + 2;
  const lines = shown.map(({ name, summary }) => `  ${name.padEnd(width)}${summary}`);
  const head = group ? [`Usage: replicate ${group} <command>`] : [
    "Run models on Replicate from the command line.",
    "",
    "Usage: replicate <command> [options]",
  ];
  return [
    ...head,
    "",
    "Commands:",
    ...lines,
    "",
    "Options of every command:",
    ...optionLines(GLOBAL),
    ...(group ? [] : ["      --version          show the version"]),
    ...(group ? [] : [
      "",
      "The token is taken from --token-file, REPLICATE_API_TOKEN, or what `replicate login` keeps.",
      "Results go to stdout, everything else to stderr. NO_COLOR and FORCE_COLOR are obeyed.",
      "Exit codes: 0 done, 1 API or network error, 2 wrong usage or refused input, 3 failed,",
      "4 canceled, aborted or timed out, 130 after Ctrl-C.",
    ]),
    "",
    "`replicate <command> --help` shows the options of a command.",
    ...(group ? [] : ["`replicate run demo/painter prompt=fig --offline` works without a token."]),
    "",
  ].join("\n");
}

/** The help of one command. */
export function commandHelp(command: Command): string {
  const { summary, about = [], options, examples } = command;
  return [
    `${summary}.`,
    "",
    `Usage: ${usageOf(command)} [options]`,
    ...section("", about.map((line) => line && `  ${line}`)),
    ...section("Options:", optionLines(options)),
    ...section("Options of every command:", optionLines(GLOBAL)),
    ...section("Examples:", examples.map((it) => `  ${it}`)),
    "",
  ].join("\n");
}

function section(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  return ["", ...(title ? [title] : []), ...lines];
}

function optionLines(options: readonly Option[]): string[] {
  return options.map(({ name, short, value, help }) => {
    const label = `  ${short ? `-${short}, ` : "    "}--${name}${value ? ` ${value}` : ""}`;
    return `${label.padEnd(24)} ${help}`;
  });
}
