/** The scripts of `msl completion`, run by the shells themselves. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
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
  });

  it("completes options of the command, and common ones", () => {
    expect(complete("search", "--te")).toEqual(["--text"]);
    expect(complete("verify", "x.msl", "--qu")).toEqual(["--quiet"]);
    expect(complete("completion", "")).toEqual(expect.arrayContaining(["bash", "zsh", "fish"]));
  });

  it("leaves the value of an option to the completion of files", () => {
    expect(complete("search", "--patterns-file", "")).toEqual([]);
  });
});

describe.runIf(isInstalled("fish"))("fish", () => {
  it("completes commands and options", () => {
    const script = scriptOf("fish");
    const complete = (line: string) =>
      execFileSync("fish", ["--no-config", "-c", `source '${script}'; complete -C '${line}'`], { encoding: "utf8" });
    expect(complete("msl veri")).toMatch(/^verify\t/);
    expect(complete("msl search --te")).toMatch(/^--text\t/m);
    expect(complete("msl completion z")).toMatch(/^zsh/m);
  });
});

describe.runIf(isInstalled("zsh"))("zsh", () => {
  it("takes the script as a completion of msl", () => {
    const script = scriptOf("zsh");
    const program = `autoload -Uz compinit; compinit -u -d '${scratch}/dump'; source '${script}'; print $_comps[msl]`;
    expect(execFileSync("zsh", ["-f", "-c", program], { encoding: "utf8" })).toBe("_msl\n");
    expect(spawnSync("zsh", ["-n", script]).stderr.toString()).toBe("");
  });
});

it.each([[[]], [["csh"]], [["constructor"]], [["bash", "zsh"]]])("refuses the operands %j", (words) => {
  expect(msl(["completion", ...words]).status).toBe(2);
});
