/**
 * Blocks of code in Markdown pages. A block `ts` or `js` is a program, and `sh` are commands. A block `text` that follows one of them, with nothing
 * between but blank lines, is its output.
 */
export interface CodeBlock {
  readonly language: string;
  readonly code: string;
  /** The heading above it. */
  readonly heading: string;
  /** Number of its first line in the page, from 1. */
  readonly line: number;
  /** What it prints, as the page says; undefined if the page does not say it. */
  readonly output: string | undefined;
}

const PROGRAMS = ["ts", "js"];
const COMMANDS = ["sh"];

export function isProgram({ language }: CodeBlock): boolean {
  return PROGRAMS.includes(language);
}

/** Commands that a test can run: those of `msl`. Commands of npm install or build something, and are checked by their words. */
export function isCommand({ language, code }: CodeBlock): boolean {
  return COMMANDS.includes(language) && /^msl /m.test(code);
}

export function blocksOf(page: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let heading = "";
  let end = 0;
  for (const match of page.matchAll(/^#+ (.+)$|^```(\w*)\n([\s\S]*?)^```$/gm)) {
    const [whole, title, language = "", code = ""] = match;
    if (title === undefined) {
      const before = blocks.at(-1);
      const follows = before !== undefined && page.slice(end, match.index).trim() === "";
      const printed = [...PROGRAMS, ...COMMANDS].includes(before?.language ?? "");
      if (before && follows && printed && language === "text") blocks[blocks.length - 1] = { ...before, output: code };
      else blocks.push({ language, code, heading, line: page.slice(0, match.index).split("\n").length, output: undefined });
      end = match.index + whole.length;
    } else heading = title;
  }
  return blocks;
}
