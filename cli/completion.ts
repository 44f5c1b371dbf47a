import type { Command, Option } from "commander";

/** One command of the tree as a shell completes it. */
interface Node {
  /** Its words from the program's name: `chequecard card info`. */
  readonly path: string;
  readonly children: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly Option[];
  /** Words that may stand as an argument, where they are known. */
  readonly choices: readonly string[];
}

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** The tree below a command, every node with the options that may stand there. */
function nodesOf(command: Command, above = "", inherited: readonly Option[] = []): Node[] {
  const path = `${above} ${command.name()}`.trim();
  const children = command.createHelp().visibleCommands(command);
  const options = command.createHelp().visibleOptions(command);
  const global = above === "" ? command.options.filter(({ long }) => long !== "--version") : inherited;
  const own: Node = {
    path,
    children: children.map((child) => ({ name: child.name(), description: child.description() })),
    options: [...options, ...inherited],
    choices: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
  };
  const below = children.filter((child) => child.name() !== "help");
  return [own, ...below.flatMap((child) => nodesOf(child, path, global))];
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const flags = ({ short, long }: Option): string[] => [short, long].filter((flag) => flag !== undefined);
const takesValue = ({ required, optional }: Option): boolean => required || optional;

/** Cases of a shell's `case`: paths of the commands below the first. */
const pathCases = (nodes: readonly Node[]): string =>
  nodes
    .slice(1)
    .map(({ path }) => quoted(path))
    .join("|");

/** One `case` for each option with a value: `choose` where the values are known, `files` otherwise. */
function valueCases(
  nodes: readonly Node[],
  choose: (values: readonly string[]) => string,
  files: string,
): string[] {
  return nodes.flatMap(({ path, options }) =>
    options.filter(takesValue).map((option) => {
      const pattern = flags(option)
        .map((flag) => quoted(`${path} ${flag}`))
        .join("|");
      return `    ${pattern}) ${option.argChoices ? choose(option.argChoices) : files}; return ;;`;
    }),
  );
}

function bash(name: string, nodes: readonly Node[]): string {
  const words = nodes.map(({ path, children, options, choices }) => {
    const list = [...children.map((child) => child.name), ...choices, ...options.flatMap(flags)];
    return `    ${quoted(path)}) words=${quoted(list.join(" "))} ;;`;
  });
  return `# bash completion of ${name}: source it, or put it into bash's folder of completions.
_${name}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} path=${name} words= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path \${COMP_WORDS[i]}" in
      ${pathCases(nodes)}) path="$path \${COMP_WORDS[i]}" ;;
    esac
  done
  COMPREPLY=()
  case "$path \${COMP_WORDS[COMP_CWORD-1]}" in
${valueCases(nodes, (values) => `COMPREPLY=($(compgen -W ${quoted(values.join(" "))} -- "$cur"))`, ":").join("\n")}
  esac
  case "$path" in
${words.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _${name} ${name}
`;
}

function zsh(name: string, nodes: readonly Node[]): string {
  const described = (word: string, text: string): string => quoted(`${word}:${text.replaceAll(":", "\\:")}`);
  const lists = nodes.map(({ path, children, options, choices }) => {
    const words = choices.map(quoted);
    const commands = [...children.map((child) => described(child.name, child.description)), ...words];
    const known = options.flatMap((option) =>
      flags(option).map((flag) => described(flag, option.description)),
    );
    return `    ${quoted(path)}) commands=(${commands.join(" ")}); options=(${known.join(" ")}) ;;`;
  });
  return `#compdef ${name}
# zsh completion of ${name}: put it as _${name} into a folder of $fpath, or source it after compinit.
_${name}() {
  local at=${name} i
  local -a commands options
  for ((i = 2; i < CURRENT; i++)); do
    case "$at \${words[i]}" in
      ${pathCases(nodes)}) at="$at \${words[i]}" ;;
    esac
  done
  case "$at \${words[CURRENT-1]}" in
${valueCases(nodes, (values) => `compadd -- ${values.map(quoted).join(" ")}`, "_files").join("\n")}
  esac
  case "$at" in
${lists.join("\n")}
  esac
  (( $#commands )) && _describe command commands
  [[ $PREFIX == -* ]] && _describe option options
  (( $#commands )) || _files
}
if [[ $funcstack[1] == _${name} ]]; then _${name} "$@"; else compdef _${name} ${name}; fi
`;
}

function fish(name: string, nodes: readonly Node[]): string {
  const fishQuoted = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const lines = nodes.flatMap(({ path, children, options, choices }) => {
    const here = `complete -c ${name} -n ${fishQuoted(`test (__${name}_path) = "${path}"`)}`;
    return [
      ...children.map(
        (child) => `${here} -f -a ${fishQuoted(child.name)} -d ${fishQuoted(child.description)}`,
      ),
      ...choices.map((choice) => `${here} -f -a ${fishQuoted(choice)}`),
      ...options.map((option) => {
        const short = option.short ? ` -s ${option.short.slice(1)}` : "";
        const long = option.long ? ` -l ${option.long.slice(2)}` : "";
        const choices = option.argChoices ? ` -x -a ${fishQuoted(option.argChoices.join(" "))}` : " -r";
        return `${here}${short}${long}${takesValue(option) ? choices : ""} -d ${fishQuoted(option.description)}`;
      }),
    ];
  });
  const cases = nodes.slice(1).map(({ path }) => fishQuoted(path));
  return `# fish completion of ${name}: put it as ${name}.fish into ~/.config/fish/completions.
function __${name}_path
    set -l path ${name}
    for word in (commandline -opc)[2..-1]
        switch "$path $word"
            case ${cases.join(" ")}
                set path "$path $word"
        end
    end
    echo $path
end
${lines.join("\n")}
`;
}

const WRITERS: Readonly<Record<Shell, (name: string, nodes: readonly Node[]) => string>> = {
  bash,
  zsh,
  fish,
};

/** A shell's completion script for the whole tree of commands. */
export const completionScript = (program: Command, shell: Shell): string =>
  WRITERS[shell](program.name(), nodesOf(program));
