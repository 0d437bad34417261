/** `replicate completion`: completion for shells, made from the table of commands. */

import type { Session } from "./session.ts";
import { type Command, GLOBAL, type Option } from "./table.ts";
import { EXIT } from "./usage.ts";

/** Runs the command. */
export async function run(session: Session, commands: readonly Command[]): Promise<number> {
  const [shell = ""] = session.args;
  const scripts: Readonly<Record<string, (table: readonly Command[]) => string>> = {
    bash,
    zsh,
    fish,
  };
  await session.print(scripts[shell]!(commands));
  return EXIT.done;
}

/** The first words of commands, each once. */
function heads(commands: readonly Command[]): string[] {
  return [...new Set(commands.map(({ name }) => name.split(" ")[0]!))];
}

/** The second words of the commands in a group. */
function subs(commands: readonly Command[], head: string): string[] {
  return commands.flatMap(({ name }) => {
    const [first, second] = name.split(" ");
    return first === head && second ? [second] : [];
  });
}

const all = (command: Command): readonly Option[] => [...command.options, ...GLOBAL];
const long = (options: readonly Option[]): string[] => options.map(({ name }) => `--${name}`);

/** The completion for bash. */
export function bash(commands: readonly Command[]): string {
  const groups = heads(commands).filter((head) => subs(commands, head).length > 0);
  const cases = commands.map((command) => {
    const words = [...long(all(command)), ...command.args.flatMap(({ choices = [] }) => choices)];
    return `    "${command.name}") words="${words.join(" ")}" ;;`;
  });
  const valued = [...new Set([...commands.flatMap(all)].filter(({ kind }) => kind === "file"))];
  const folders = [...new Set(commands.flatMap(all).filter(({ kind }) => kind === "folder"))];
  return `# bash completion for replicate
_replicate() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}"
  local word command="" words=""
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in
      -*) ;;
      *)
        if [ -z "$command" ]; then command="$word"
        else
          case "$command" in ${groups.join("|")}) command="$command $word" ;; esac
          break
        fi ;;
    esac
  done
  case "$prev" in
    ${patterns(valued)}) COMPREPLY=($(compgen -f -- "$cur")); return ;;
    ${patterns(folders)}) COMPREPLY=($(compgen -d -- "$cur")); return ;;
  esac
  case "$cur" in
    @*) COMPREPLY=($(compgen -P @ -f -- "\${cur#@}")); return ;;
  esac
  case "$command" in
    "") words="${heads(commands).join(" ")} ${long(GLOBAL).join(" ")} --version" ;;
${groups.map((it) => `    "${it}") words="${subs(commands, it).join(" ")} --help" ;;`).join("\n")}
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  [ \${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$cur"))
}
complete -o filenames -F _replicate replicate
`;
}

function patterns(options: readonly Option[]): string {
  const names = options.flatMap((
    { name, short },
  ) => [`--${name}`, ...(short ? [`-${short}`] : [])]);
  return [...new Set(names)].join("|");
}

/** The completion for zsh. */
export function zsh(commands: readonly Command[]): string {
  const groups = heads(commands).filter((head) => subs(commands, head).length > 0);
  const tops = heads(commands).map((head) => {
    const command = commands.find(({ name }) => name === head);
    return `    ${quoted(`${head}:${command?.summary ?? `commands about ${head}`}`)}`;
  });
  const cases = commands.map((command) =>
    `    ${quoted(command.name)}) _arguments -S ${zshOptions(command)} '*:argument:_files' ;;`
  );
  const subCases = groups.map((head) => {
    const entries = commands.filter(({ name }) => name.startsWith(`${head} `))
      .map(({ name, summary }) => quoted(`${name.split(" ")[1]}:${summary}`));
    return `    ${head}) local -a list=(${entries.join(" ")}); _describe command list ;;`;
  });
  return `#compdef replicate
# zsh completion for replicate
_replicate() {
  local -a top=(
${tops.join("\n")}
  )
  local command="\${words[2]}"
  if (( CURRENT == 2 )); then _describe command top; return; fi
  case "$command" in
    ${groups.join("|")})
      if (( CURRENT == 3 )); then
        case "$command" in
${subCases.join("\n")}
        esac
        return
      fi
      command="$command \${words[3]}" ;;
  esac
  case "$command" in
${cases.join("\n")}
  esac
}
compdef _replicate replicate
`;
}

function zshOptions(command: Command): string {
  return all(command).map(({ name, value, help, kind }) => {
    const action = kind === "folder" ? "_files -/" : kind === "file" ? "_files" : "";
    const text = help.replace(/[[\]:]/g, " ");
    return quoted(`--${name}[${text}]${value ? `:${value}:${action}` : ""}`);
  }).join(" ");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The completion for fish. */
export function fish(commands: readonly Command[]): string {
  const lines = ["# fish completion for replicate", "complete -c replicate -f"];
  for (const head of heads(commands)) {
    const command = commands.find(({ name }) => name === head);
    const about = command?.summary ?? `Commands about ${head}`;
    lines.push(`complete -c replicate -n __fish_use_subcommand -a ${head} -d ${fishText(about)}`);
  }
  for (const command of commands) {
    const [head, second] = command.name.split(" ");
    const seen = `__fish_seen_subcommand_from ${head}`;
    if (second) {
      lines.push(
        `complete -c replicate -n '${seen}' -a ${second} -d ${fishText(command.summary)}`,
      );
    }
    const where = second ? `${seen}; and __fish_seen_subcommand_from ${second}` : seen;
    for (const { name, short, value, help } of all(command)) {
      const flags = `-l ${name}${short ? ` -s ${short}` : ""}${value ? " -r -F" : ""}`;
      lines.push(`complete -c replicate -n '${where}' ${flags} -d ${fishText(help)}`);
    }
    if (command.args.some(({ kind }) => kind === "file")) {
      lines.push(`complete -c replicate -n '${where}' -F`);
    }
  }
  return `${lines.join("\n")}\n`;
}

function fishText(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
