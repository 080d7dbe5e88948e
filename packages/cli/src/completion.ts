/** `msl completion`: scripts that complete words of `msl` in bash, zsh and fish, made from the definitions of the commands. */
import { MslError } from "@memslice/msl";
import { COMMON_OPTIONS, type Command } from "./command.js";
import type { CommandGroup } from "./command-table.js";
import { ExitStatus } from "./exit-status.js";
import { LIMIT_HELP } from "./limit-option.js";

type ScriptOf = (commands: readonly Completed[]) => string;

const SHELLS: Readonly<Record<string, ScriptOf>> = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** The command that prints the scripts, for the commands in these groups and itself. */
export function completionOf(groups: readonly CommandGroup[]): Command {
  const command: Command = {
    name: "completion",
    summary: "print a script that completes commands and options in a shell",
    operands: "bash|zsh|fish",
    options: {},
    details: ["The script completes names of commands, options, their values where these are words, and files."],
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
      await output.write(scriptOf(await Promise.all([...commands, command].map(completed))));
      return ExitStatus.Done;
    },
  };
  return command;
}

/** A command with what its options take. */
interface Completed extends Pick<Command, "name" | "summary" | "operands"> {
  readonly options: readonly ShellOption[];
}

interface ShellOption {
  readonly name: string;
  readonly short: string | undefined;
  readonly help: string;
  /** None for an option without a value. */
  readonly value?: "words" | "list" | "file" | "text";
  readonly words: readonly string[];
}

/** Placeholders of values that are paths. */
const PATHS: ReadonlySet<string | undefined> = new Set(["FILE", "FOLDER", "OUT", "PREFIX"]);

async function completed({ name, summary, operands, options }: Command): Promise<Completed> {
  const described = Object.entries({ ...options, ...COMMON_OPTIONS }).map(async ([name, spec]): Promise<ShellOption> => {
    const { short, help } = spec;
    const all = typeof spec.words === "function" ? await spec.words() : (spec.words ?? []);
    // A name with a blank is several words for the scripts.
    const words = all.filter((word) => !word.includes(" "));
    if (spec.type === "boolean") return { name, short, help, words };
    const value = words.length > 0 ? (spec.isList ? "list" : "words") : PATHS.has(spec.value) ? "file" : "text";
    return { name, short, help, value, words };
  });
  return { name, summary, operands, options: await Promise.all(described) };
}

/** An option as it is typed: `--json`, and `-q` if it has a letter. */
function namesOf({ name, short }: ShellOption): string[] {
  return [`--${name}`, ...(short === undefined ? [] : [`-${short}`])];
}

/** The words that operands are chosen from; none where operands are files. */
function operandsOf(command: Completed): string[] {
  return command.operands.includes("|") ? command.operands.split("|") : [];
}

function bashScript(commands: readonly Completed[]): string {
  const names = commands.map(({ name }) => name);
  const cases = commands.map((command) => {
    const words = [...command.options.flatMap(namesOf), ...operandsOf(command)].join(" ");
    const valued = command.options.filter(({ value }) => value !== undefined).flatMap(namesOf);
    return `    ${command.name}) words="${words}"; valued="${valued.join("|")}" ;;`;
  });
  const values = commands.flatMap((command) =>
    command.options
      .filter(({ words }) => words.length > 0)
      .map((option) => {
        const patterns = namesOf(option).map((word) => `"${command.name} ${word}"`);
        return `    ${patterns.join("|")}) words="${option.words.join(" ")}"${option.value === "list" ? "; list=1" : ""} ;;`;
      }),
  );
  return `# Completes msl in bash: source <(msl completion bash)
_msl() {
  local word="\${COMP_WORDS[COMP_CWORD]}" option="\${COMP_WORDS[COMP_CWORD - 1]}" words="" valued="" list="" before=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${[...names, "help"].join(" ")} --help --version" -- "$word"))
    return
  fi
  # bash takes --level=info for three words.
  if [ "$word" = "=" ]; then
    word=""
  elif [ "$option" = "=" ]; then
    option="\${COMP_WORDS[COMP_CWORD - 2]}"
  fi
  case "\${COMP_WORDS[1]}" in
    help) words="${[...names, LIMIT_HELP.name].join(" ")}" ;;
${cases.join("\n")}
  esac
  case "|$valued|" in
    *"|$option|"*)
      words=""
      case "\${COMP_WORDS[1]} $option" in
${values.map((line) => `    ${line}`).join("\n")}
      esac
      # Words of a list have commas between them.
      case "$list$word" in
        1*,*) before="\${word%,*},"; word="\${word##*,}" ;;
      esac
      ;;
  esac
  COMPREPLY=($(compgen -P "$before" -W "$words" -- "$word"))
  case "\${COMPREPLY[0]-}" in
    *=) compopt -o nospace 2> /dev/null ;;
  esac
}
complete -o default -o bashdefault -F _msl msl
`;
}

function zshScript(commands: readonly Completed[]): string {
  const listed = commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`);
  const cases = commands.map((command) => {
    const specs = command.options.flatMap((option) => {
      const text = `[${option.help.replaceAll(/[[\]\\:]/g, "\\$&")}]`;
      // A value follows as the next word, or behind `=`.
      return namesOf(option).map((word) =>
        quoted(`*${word}${option.value && word.startsWith("--") ? "=" : ""}${text}${zshAction(option)}`),
      );
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
        help) commands+=(${quoted(`${LIMIT_HELP.name}:${LIMIT_HELP.summary}`)}); _describe command commands ;;
${cases.join("\n")}
    esac
  fi
}
if [ "$funcstack[1]" = "_msl" ]; then _msl "$@"; else compdef _msl msl; fi
`;
}

function zshAction({ value, words }: ShellOption): string {
  if (value === undefined) return "";
  if (value === "file") return ":value:_files";
  if (value === "text") return ":value: ";
  if (value === "list") return `:value:_values -s , value ${words.join(" ")}`;
  // What ends with = goes on without a blank.
  const isOpen = words.some((word) => word.endsWith("="));
  return isOpen ? `:value:compadd -S "" -- ${words.join(" ")}` : `:value:(${words.join(" ")})`;
}

function fishScript(commands: readonly Completed[]): string {
  const names = commands.map(({ name }) => name);
  const lines = commands.flatMap((command) => {
    const seen = `__fish_seen_subcommand_from ${command.name}`;
    return [
      `complete -c msl -n __fish_use_subcommand -a ${command.name} -d ${quoted(command.summary)}`,
      ...command.options.map((option) =>
        [
          `complete -c msl -n '${seen}' -l ${option.name}`,
          option.short && `-s ${option.short}`,
          fishValue(option),
          `-d ${quoted(option.help)}`,
        ]
          .filter(Boolean)
          .join(" "),
      ),
      ...operandsOf(command).map((word) => `complete -c msl -f -n '${seen}' -a ${word}`),
    ];
  });
  return `# Completes msl in fish: msl completion fish > ~/.config/fish/completions/msl.fish
complete -c msl -n __fish_use_subcommand -a help -d 'show help'
complete -c msl -f -n '__fish_seen_subcommand_from help' -a '${[...names, LIMIT_HELP.name].join(" ")}'
${lines.join("\n")}
`;
}

function fishValue({ value, words }: ShellOption): string {
  if (value === undefined) return "";
  if (value === "file") return "-r -F";
  if (value === "text") return "-x";
  return value === "list" ? `-x -a '(__fish_append , ${words.join(" ")})'` : `-x -a '${words.join(" ")}'`;
}

/** A word in single quotes, as sh, zsh and fish take it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
