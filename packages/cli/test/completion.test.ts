/** The scripts of `msl completion`, run by the shells themselves. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { msl } from "./run-msl.js";

const scratch = mkdtempSync(join(tmpdir(), "msl-completion-"));
afterAll(() => rmSync(scratch, { recursive: true }));

/** The script of a shell in a file. */
function scriptOf(shell: string): string {
  const { status, stdout } = msl(["completion", shell]);
  expect(status).toBe(0);
  const path = join(scratch, `msl.${shell}`);
  writeFileSync(path, stdout);
  return path;
}

/** Whether the shell is installed. In CI a missing shell is an error. */
function isInstalled(shell: string): boolean {
  if (spawnSync(shell, ["-c", "true"]).status === 0) return true;
  if (process.env["CI"]) throw new Error(`${shell} is not installed: .ci/run installs it`);
  return false;
}

describe("bash", () => {
  const script = scriptOf("bash");
  const complete = (...words: string[]) => {
    const program = `source '${script}'; COMP_WORDS=(msl "$@"); COMP_CWORD=$#; _msl; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync("bash", ["-c", program, "bash", ...words], { encoding: "utf8" })
      .split("\n")
      .filter(Boolean);
  };

  it("completes names of commands", () => {
    expect(complete("s")).toEqual(expect.arrayContaining(["search", "strings"]));
    expect(complete("veri")).toEqual(["verify"]);
    expect(complete("help", "trans")).toEqual(["transcode"]);
    expect(complete("help", "lim")).toEqual(["limits"]);
  });

  it("completes options of the command, and common ones", () => {
    expect(complete("search", "--te")).toEqual(["--text"]);
    expect(complete("verify", "x.msl", "--qu")).toEqual(["--quiet"]);
    expect(complete("completion", "")).toEqual(expect.arrayContaining(["bash", "zsh", "fish"]));
  });

  it.each(VALUES)("completes the value of an option: %s", (line, expected) => {
    expect(complete(...line.split(" ")).sort()).toEqual(expected);
  });

  it("completes the words of a list, and a value behind =", () => {
    expect(complete("strings", "x.msl", "--encoding", "ascii,utf-16b")).toEqual(["ascii,utf-16be"]);
    expect(complete("verify", "x.msl", "--color", "=", "al")).toEqual(["always"]);
    expect(complete("verify", "x.msl", "--color", "=").sort()).toEqual(["always", "auto", "never"]);
  });

  it("leaves the value of an option to the completion of files", () => {
    expect(complete("search", "--patterns-file", "")).toEqual([]);
  });
});

/** The last words of lines, and what the shells make of them. */
const VALUES: readonly (readonly [line: string, completed: readonly string[]])[] = [
  ["verify x.msl --digest ", ["blake3", "sha256"]],
  ["verify x.msl --digest b", ["blake3"]],
  ["lint x.msl --level ", ["error", "info", "warning"]],
  ["lint --explain REG-SH", ["REG-SHORTDATA"]],
  ["keys x.msl --find --kind ch", ["chacha20"]],
  ["maps x.msl --sort st", ["start"]],
  ["export x.msl --to ", ["elf-core", "key-log", "minidump", "raw"]],
  ["info x.msl --color al", ["always"]],
  ["strings x.msl --encoding utf-16b", ["utf-16be"]],
  ["info x.msl --limit windowL", ["windowLimit="]],
  ["compare a.msl b.msl --align m", ["module"]],
];

describe.runIf(isInstalled("fish"))("fish", () => {
  const complete = (line: string) => {
    const program = `source '${join(scratch, "msl.fish")}'; complete -C '${line}'`;
    return execFileSync("fish", ["--no-config", "-c", program], { encoding: "utf8" });
  };
  const words = (line: string) =>
    complete(line)
      .split("\n")
      .filter(Boolean)
      .map((text) => text.split("\t")[0]);

  beforeAll(() => {
    scriptOf("fish");
  });

  it("completes commands and options", () => {
    expect(complete("msl veri")).toMatch(/^verify\t/);
    expect(complete("msl search --te")).toMatch(/^--text\t/m);
    expect(complete("msl completion z")).toMatch(/^zsh/m);
  });

  it.each(VALUES)("completes the value of an option: %s", (line, expected) => {
    expect(words(`msl ${line}`).sort()).toEqual(expected);
  });

  it("completes the words of a list, and a value behind =", () => {
    expect(words("msl strings x.msl --encoding ascii,utf-16b")).toEqual(["ascii,utf-16be"]);
    expect(words("msl verify x.msl --color=al")).toEqual(["--color=always"]);
  });
});

describe.runIf(isInstalled("zsh"))("zsh", () => {
  it("takes the script as a completion of msl", () => {
    const script = scriptOf("zsh");
    const program = `autoload -Uz compinit; compinit -u -d '${scratch}/dump'; source '${script}'; print $_comps[msl]`;
    expect(execFileSync("zsh", ["-f", "-c", program], { encoding: "utf8" })).toBe("_msl\n");
    expect(spawnSync("zsh", ["-n", script]).stderr.toString()).toBe("");
  });

  /** What the editor of an interactive zsh offers at the end of each line: `compadd` tells it to a file, too. */
  const offered = (lines: readonly string[]) => {
    const [script, dump, found] = [scriptOf("zsh"), join(scratch, "editor-dump"), join(scratch, "found")];
    const program = String.raw`
zmodload zsh/zpty
zpty -b editor zsh -f -i
until-told() { until grep -qs "$1" '${found}'; do zpty -r -t editor said || sleep 0.05; done }
zpty -w editor "autoload -Uz compinit; compinit -u -d '${dump}'; source '${script}'; unsetopt beep"
zpty -w editor "offer() { compadd() { builtin compadd -O all \"\$@\"; print -r -- \$all >> '${found}'; builtin compadd \"\$@\" }"
zpty -w editor "print -r -- '#' >> '${found}'; _main_complete; unfunction compadd }; zle -C offer complete-word offer; bindkey '^P' offer"
zpty -w editor "finish() { print -r -- END >> '${found}' }; zle -N finish; bindkey '^O' finish"
# The terminal would take keys for its own before the editor of lines reads them.
zpty -w editor "zle-line-init() { print -r -- READY >> '${found}' }; zle -N zle-line-init"
until-told READY
for line in "$@"; do zpty -w -n editor "$line"$'\C-P\C-U'; done
zpty -w -n editor $'\C-O'
until-told END
zpty -d editor
cat '${found}'`;
    const { stdout } = spawnSync("zsh", ["-f", "-c", program, "zsh", ...lines], { encoding: "utf8", timeout: 60_000 });
    const answers = stdout.split("#").slice(1);
    return answers.map((text) => [...new Set(text.split(/\s+/))].filter((word) => word !== "" && word !== "END").sort());
  };

  it("completes values of options, words of a list, and a value behind =", () => {
    const lines: typeof VALUES = [
      ...VALUES,
      ["strings x.msl --encoding ascii,utf-16b", ["utf-16be"]],
      ["verify x.msl --color=al", ["always"]],
    ];
    expect(offered(lines.map(([line]) => `msl ${line}`))).toEqual(lines.map(([, words]) => words));
  });
});

it.each([[[]], [["csh"]], [["constructor"]], [["bash", "zsh"]]])("refuses the operands %j", (words) => {
  expect(msl(["completion", ...words]).status).toBe(2);
});
