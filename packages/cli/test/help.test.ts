/** Help at the width of a terminal, examples that the program takes, suggestions for mistyped words, and docs/cli.md. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { describe, expect, it } from "vitest";
import { cliPage } from "../scripts/cli-page.mjs";
import { COMMON_OPTIONS, type Command, parserOptions } from "../src/command.js";
import { COMMAND_GROUPS } from "../src/command-table.js";
import { completionOf } from "../src/completion.js";
import { blocksOf, commandHelp } from "../src/help.js";
import { closest } from "../src/suggestion.js";
import { columns, wrapped } from "../src/terminal/columns.js";
import { msl } from "./run-msl.js";

const entries = COMMAND_GROUPS.flatMap(({ commands }) => commands);
const commands: readonly Command[] = [...(await Promise.all(entries.map(({ load }) => load()))), completionOf(COMMAND_GROUPS)];

it("docs/cli.md says what the definitions of the commands say; if not: npm run reference", async () => {
  for (const [name, page] of Object.entries(await cliPage())) {
    expect(readFileSync(new URL(`../../../docs/${name}`, import.meta.url), "utf8")).toBe(page);
  }
});

it("each entry of the table loads the command of its name", async () => {
  for (const { name, load } of entries) expect((await load()).name).toBe(name);
});

describe.each(commands.map((command) => [command.name, command] as const))("help of %s", (name, command) => {
  it("has lines of at most 80 columns", () => {
    const { stdout, status } = msl(["help", name], { env: { COLUMNS: "80" } });
    expect(status).toBe(0);
    // A name of an option may be so long that its text has the least width.
    const long = stdout.split("\n").filter((line) => line.length > 80 && !/^ {2}--[\w-]+ [A-Z][\w,.=-]* {2}/.test(line));
    expect(long).toEqual([]);
  });

  it("has examples with options that the command has", () => {
    expect(command.examples.length).toBeGreaterThan(0);
    for (const [line] of command.examples) {
      const [, words = ""] = new RegExp(`\\bmsl ${name}(?: ([^|>)]*))?`).exec(line) ?? [];
      expect(line).toContain(`msl ${name}`);
      const args = [...words.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? "");
      const options = parserOptions({ ...COMMON_OPTIONS, ...command.options });
      expect(() => parseArgs({ args, options, allowPositionals: true })).not.toThrow();
    }
  });
});

it("the names for --limit stand in one page of help, and not in those of the commands", () => {
  const { stdout, status } = msl(["help", "limits"], { env: { COLUMNS: "80" } });
  expect(status).toBe(0);
  expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
  expect(stdout).toMatch(/^ {2}decodeLimit +\S/m);
  for (const command of commands) expect(commandHelp(command, 80)).not.toMatch(/^ {2}decodeLimit\b/m);
});

describe("the layout of help", () => {
  it("keeps every word, and breaks lines between words", () => {
    const text = "one two three four five";
    expect(wrapped(text, 9)).toEqual(["one two", "three", "four five"]);
    expect(wrapped("longer-than-all x", 5)).toEqual(["longer-than-all", "x"]);
    expect(
      columns(
        [
          ["-a", `${text} six`],
          ["--bcd", "x"],
        ],
        31,
      ),
    ).toBe("  -a     one two three four five\n         six\n  --bcd  x");
  });

  it("lines belong to one paragraph up to the line that ends with a full stop or a colon", () => {
    const rows = [["a", "b"]] as const;
    expect(blocksOf(["One", "two.", "Three:", rows, "Four", "five"])).toEqual(["One two.", "Three:", rows, "Four five"]);
  });

  it("a wide terminal has fewer lines, with the same words", () => {
    const [command] = commands;
    if (!command) throw new Error("There is no command");
    const [narrow, wide] = [commandHelp(command, 60), commandHelp(command, 300)];
    expect(narrow.split("\n").length).toBeGreaterThan(wide.split("\n").length);
    expect(narrow.split(/\s+/)).toEqual(wide.split(/\s+/));
  });
});

describe("a mistyped word", () => {
  it.each([
    ["serach", "search"],
    ["verfy", "verify"],
    ["strngs", "strings"],
    ["trancsode", "transcode"],
    ["hexdmp", "hexdump"],
    ["dumpp", "dump"],
  ])("%s is taken for %s", (word, command) => {
    expect(
      closest(
        word,
        commands.map(({ name }) => name),
      ),
    ).toBe(command);
    const { status, stderr } = msl([word]);
    expect([status, stderr]).toEqual([2, `msl: There is no command "${word}"; did you mean ${command}? See: msl help\n`]);
  });

  it.each(["zzz", "", "x", "analyse-everything"])("%j is like no command", (word) => {
    expect(
      closest(
        word,
        commands.map(({ name }) => name),
      ),
    ).toBeUndefined();
  });

  it("an option that does not exist names the closest one", () => {
    expect(msl(["search", "x.msl", "--tetx", "y"]).stderr).toMatch(/'--tetx'; did you mean --text\? See: msl help search\n$/);
    expect(msl(["info", "x.msl", "--zzzzzz"]).stderr).toMatch(/'--zzzzzz'; see: msl help info\n$/);
  });
});
