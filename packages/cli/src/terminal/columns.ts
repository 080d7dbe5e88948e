/** Text in lines of a given width. */
import { displayWidth } from "./display-width.js";
import { STYLE_CODES, type Style } from "./style.js";

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
 * A heading and a text behind it, whose further lines stand below its first one, or indented below a heading of more than half a line: no line has more than `width` columns, unless a word is longer, as a path
 * that users copy may be. One line without a width.
 */
export function hanging(heading: string, text: string, width: number | undefined): string {
  if (width === undefined) return heading + text;
  const indent = displayWidth(heading);
  // A long heading, such as a path, leaves too little room behind it.
  if (indent > width / 2) return wrapped(heading + text, Math.max(width - FURTHER.length, LEAST_RIGHT)).join(`\n${FURTHER}`);
  const [first = "", ...others] = wrapped(text, Math.max(width - indent, LEAST_RIGHT));
  return [heading + first, ...others.map((line) => " ".repeat(indentOf(line, indent, width)) + line)].join("\n");
}

/** Columns before the line: `indent`, or less for a word, as a hash with a comma, that has room further left only. */
function indentOf(line: string, indent: number, width: number): number {
  const room = width - displayWidth(line);
  return room >= FURTHER.length ? Math.min(indent, room) : indent;
}

/** A line about a file: its name in bold, and a text behind it that goes on below as `hanging` has it. */
export function subjectLine(
  name: string,
  text: string,
  { style, width }: { readonly style: Style; readonly width: number | undefined },
): string {
  const line = hanging(`${name}: `, text, width);
  // A long name with blanks may go on below, too.
  return line.startsWith(name) ? style("bold", name) + line.slice(name.length) : line;
}

/** What `flowed` puts between cells, and before further lines. */
const GAP = "  ";
const FURTHER = "    ";

/**
 * Cells behind each other: the line of a finding. Where no line of `width` columns has room for all of them, a cell goes on a further line, and a cell that
 * is wider than a line goes on below: nothing of it is left out, since it is evidence. The last cell keeps blanks at its end, which may be evidence too; those of others
 * are taken for padding. One line without a width. Cells may have the codes of a style.
 */
export function flowed(given: readonly string[], width: number | undefined): string {
  const cells = given.slice(0, given.findLastIndex((cell) => cell !== "") + 1);
  const whole = cells.join(GAP);
  if (width === undefined || shownWidth(whole) <= width) return whole;
  const room = Math.max(width - FURTHER.length, LEAST_RIGHT);
  const lines: string[] = [];
  let line = "";
  for (const [i, cell] of cells.entries()) {
    const text = i === cells.length - 1 ? cell : cell.trimEnd();
    const next = line === "" ? cell : `${line}${GAP}${cell}`;
    if (shownWidth(i === cells.length - 1 ? next : next.trimEnd()) <= (lines.length === 0 ? width : room)) {
      line = next;
      continue;
    }
    if (line !== "") lines.push(line.trimEnd());
    const parts = shownWidth(text) > room ? [...partsOf(text, room)] : [cell];
    lines.push(...parts.slice(0, -1));
    line = parts.at(-1) ?? "";
  }
  return [...lines, line].join(`\n${FURTHER}`);
}

/** The text in parts of at most `width` columns. */
function* partsOf(text: string, width: number): Generator<string, void, undefined> {
  let part = "";
  let taken = 0;
  for (const character of text) {
    const needed = displayWidth(character);
    if (taken + needed > width) {
      yield part;
      part = "";
      taken = 0;
    }
    part += character;
    taken += needed;
  }
  if (part !== "") yield part;
}

/** The codes of a style take no columns. */
function shownWidth(text: string): number {
  return displayWidth(text.replaceAll(STYLE_CODES, ""));
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
