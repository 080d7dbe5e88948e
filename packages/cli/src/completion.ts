/** `msl completion`: scripts that complete words of `msl` in bash, zsh and fish, made from the definitions of the commands. */
import { MslError } from "@memslice/msl";
import { COMMON_OPTIONS, type Command } from "./command.js";
import type { CommandGroup } from "./command-table.js";
import { ExitStatus } from "./exit-status.js";

type ScriptOf = (commands: readonly Command[]) => string;

const SHELLS: Readonly<Record<string, ScriptOf>> = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** The command that prints the scripts, for the commands in these groups and itself. */
export function completionOf(groups: readonly CommandGroup[]): Command {
  const command: Command = {
    name: "completion",
    summary: "print a script that completes commands and options in a shell",
    operands: "bash|zsh|fish",
    options: {},
    details: ["The script completes names of commands, options and files."],
    examples: [
      ["source <(msl completion bash)", "For this bash; in ~/.bashrc for all of them."],
      ["msl completion zsh > ~/.zfunc/_msl", "For zsh, if fpath has ~/.zfunc."],
      ["msl completion fish > ~/.config/fish/completions/msl.fish", "For fish."],
    ],
    run: async ({ files, output }) => {
      const [shell = "", ...others] = files;
      const scriptOf = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
      if (!scriptOf || others.length > 0) {
        throw new MslError("usage", `msl completion needs one of ${Object.keys(SHELLS).join(", ")}; see: msl help completion`);
      }
      const commands = await Promise.all(groups.flatMap((group) => group.commands.map(({ load }) => load())));
      await output.write(scriptOf([...commands, command]));
      return ExitStatus.Done;
    },
  };
  return command;
}

interface ShellOption {
  readonly name: string;
  readonly short: string | undefined;
  readonly help: string;
  readonly takesValue: boolean;
}

function optionsOf(command: Command): ShellOption[] {
  return Object.entries({ ...command.options, ...COMMON_OPTIONS }).map(([name, { short, help, type }]) => ({
    ...{ name, short, help, takesValue: type !== "boolean" },
  }));
}

/** The words that operands are chosen from; none where operands are files. */
function operandsOf(command: Command): string[] {
  return command.operands.includes("|") ? command.operands.split("|") : [];
}

/** All options as words, such as `--json` and `-q`. */
function optionWords(command: Command): string[] {
  return optionsOf(command).flatMap(({ name, short }) => [`--${name}`, ...(short === undefined ? [] : [`-${short}`])]);
}

function bashScript(commands: readonly Command[]): string {
  const names = commands.map(({ name }) => name);
  const cases = commands.map((command) => {
    const words = [...optionWords(command), ...operandsOf(command)].join(" ");
    const valued = optionsOf(command).filter(({ takesValue }) => takesValue);
    const patterns = valued.map(({ name, short }) => [`--${name}`, ...(short === undefined ? [] : [`-${short}`])].join("|"));
    return `    ${command.name}) words="${words}"; valued="${patterns.join("|")}" ;;`;
  });
  return `# Completes msl in bash: source <(msl completion bash)
_msl() {
  local word="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD - 1]}" words="" valued=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${[...names, "help"].join(" ")} --help --version" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
    help) words="${names.join(" ")}" ;;
${cases.join("\n")}
  esac
  case "|$valued|" in
    *"|$previous|"*) COMPREPLY=() ;;
    *) COMPREPLY=($(compgen -W "$words" -- "$word")) ;;
  esac
}
complete -o default -o bashdefault -F _msl msl
`;
}

function zshScript(commands: readonly Command[]): string {
  const listed = commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`);
  const cases = commands.map((command) => {
    const specs = optionsOf(command).flatMap(({ name, short, help, takesValue }) => {
      const text = `[${help.replaceAll(/[[\]\\:]/g, "\\$&")}]`;
      const value = takesValue ? ":value:_files" : "";
      return [`--${name}`, ...(short === undefined ? [] : [`-${short}`])].map((word) => quoted(`*${word}${text}${value}`));
    });
    const chosen = operandsOf(command);
    const operands = chosen.length > 0 ? `*:word:(${chosen.join(" ")})` : "*:file:_files";
    return `        ${command.name}) _arguments ${specs.join(" ")} ${quoted(operands)} ;;`;
  });
  return `#compdef msl
# Completes msl in zsh: msl completion zsh > _msl, in a folder of fpath
_msl() {
  local -a commands
  commands=(
${listed.join("\n")}
    'help:show help'
  )
  if (( CURRENT == 2 )); then
    _describe command commands
  else
    case "$words[2]" in
        help) _describe command commands ;;
${cases.join("\n")}
    esac
  fi
}
if [ "$funcstack[1]" = "_msl" ]; then _msl "$@"; else compdef _msl msl; fi
`;
}

function fishScript(commands: readonly Command[]): string {
  const names = commands.map(({ name }) => name);
  const lines = commands.flatMap((command) => {
    const seen = `__fish_seen_subcommand_from ${command.name}`;
    return [
      `complete -c msl -n __fish_use_subcommand -a ${command.name} -d ${quoted(command.summary)}`,
      ...optionsOf(command).map(({ name, short, help, takesValue }) =>
        [`complete -c msl -n '${seen}' -l ${name}`, short && `-s ${short}`, takesValue && "-r", `-d ${quoted(help)}`]
          .filter(Boolean)
          .join(" "),
      ),
      ...operandsOf(command).map((word) => `complete -c msl -f -n '${seen}' -a ${word}`),
    ];
  });
  return `# Completes msl in fish: msl completion fish > ~/.config/fish/completions/msl.fish
complete -c msl -n __fish_use_subcommand -a help -d 'show help'
complete -c msl -f -n '__fish_seen_subcommand_from help' -a '${names.join(" ")}'
${lines.join("\n")}
`;
}

/** A word in single quotes, as sh, zsh and fish take it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
