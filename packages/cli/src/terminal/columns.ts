/** Text in lines of a given width. */
import { displayWidth } from "./display-width.js";

export type Row = readonly [left: string, right: string];

/** A line of a paragraph, or a table of two columns. */
export type Detail = string | readonly Row[];

/** The least width of a right column; on a narrower terminal, lines are longer than it. */
const LEAST_RIGHT = 24;

/** Formats rows as two columns; the left one is as wide as its longest entry. Lines of the right one have `width` columns at most, with the left one. */
export function columns(rows: readonly Row[], width: number): string {
  const left = Math.max(...rows.map(([text]) => text.length)) + 4;
  const right = Math.max(width - left, LEAST_RIGHT);
  return rows.map(([name, text]) => `  ${name}`.padEnd(left) + wrapped(text, right).join(`\n${" ".repeat(left)}`)).join("\n");
}

/**
 * A heading and a text behind it, whose further lines stand below its first one: no line has more than `width` columns, unless a word is longer, as a path
 * that users copy may be. One line without a width.
 */
export function hanging(heading: string, text: string, width: number | undefined): string {
  if (width === undefined) return heading + text;
  const indent = displayWidth(heading);
  return heading + wrapped(text, Math.max(width - indent, LEAST_RIGHT)).join(`\n${" ".repeat(indent)}`);
}

/** The words of the text in lines of at most `width` columns; a longer word has a line of its own. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && displayWidth(line) + 1 + displayWidth(word) > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
