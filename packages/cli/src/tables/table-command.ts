/** Commands that print a table of what is in a capture: opens captures, sorts rows, prints them, and says what could not be read. */
import { type Capture, MslError } from "@memslice/msl";
import { sortInSlices, TimeSlice } from "@memslice/msl/work";
import { type Command, type Invocation, OPEN_OPTIONS, openOptions } from "../command.js";
import { ExitStatus } from "../exit-status.js";
import { forEachCapture } from "../for-each-file.js";
import { noteInvalidBlock } from "../invalid-block-note.js";
import { findingLimit, ROW_LIMIT_OPTION } from "../limit-option.js";
import type { OptionSpec, Options } from "../options.js";
import type { Detail } from "../terminal/columns.js";
import { counted } from "../terminal/quantity-text.js";
import { safeText } from "../terminal/safe-text.js";
import { withCapture } from "../with-capture.js";
import type { Column, Table, TableContent } from "./column.js";
import { csvLine } from "./csv.js";
import { csvHeading, csvTexts, jsonTexts, ndjsonTexts } from "./table-document.js";
import { headingOf, shownColumns, tableLines, verticalLines } from "./table-text.js";

export type ReadTable<R> = (capture: Capture, signal: AbortSignal) => Promise<TableContent<R>>;

interface TableCommand<R> {
  readonly table: Table<R>;
  readonly summary: string;
  readonly options?: Readonly<Record<string, OptionSpec>>;
  readonly details: readonly Detail[];
  readonly examples: Command["examples"];
  readonly read: ReadTable<R>;
}

export function tableCommand<R>({ table, summary, options, details, examples, read }: TableCommand<R>): Command {
  return {
    name: table.name,
    summary,
    operands: "FILE...",
    options: { ...options, ...tableOptions(table) },
    details: [...details, ...tableDetails(table)],
    examples,
    run: (invocation) => showTables(table, read, invocation),
  };
}

export function tableOptions<R>({ name, columns }: Table<R>): Readonly<Record<string, OptionSpec>> {
  const names = columns.map((column) => column.name);
  return {
    sort: { type: "string", value: "COLUMN", words: names, help: `sort by ${names.join(", ")}` },
    reverse: { type: "boolean", short: "r", help: "in reverse order" },
    count: { type: "boolean", short: "c", help: "print only how many there are" },
    csv: { type: "boolean", help: "comma-separated values, with a line of headings" },
    json: { type: "boolean", help: `one JSON document (msl.${name}/1)` },
    ndjson: { type: "boolean", help: "one JSON object per row and line, then one with count and problems" },
    ...OPEN_OPTIONS,
    ...ROW_LIMIT_OPTION,
  };
}

export function tableDetails<R>({ list }: Table<R>): readonly Detail[] {
  return [
    `--limit N prints the first N ${list} of each file. On a terminal, the widest columns of names are shortened to its width, with … in the`,
    "middle; -v, a pipe, --csv and --json have names in full. CSV of several files has the columns file and error, too. In CSV, an apostrophe",
    "stands before a text that a spreadsheet would compute (=, +, -, @ first).",
    `Exit status: 0 done, 1 not authenticated, 4 ${list} may be missing: a block cannot be read, the header announces blocks that the capture does not have, or it has no End-of-Capture.`,
  ];
}

/** Prints the table of each file, and returns the exit status. Throws `usage`. */
export async function showTables<R>(table: Table<R>, read: ReadTable<R>, invocation: Invocation): Promise<ExitStatus> {
  const { options, output, files } = invocation;
  const isCsv = options["csv"] === true;
  if (isCsv && output.format !== "text") throw new MslError("usage", "--csv excludes --json and --ndjson");
  const sorting = sortingOf(table, options);
  let needsHeading = isCsv;
  return forEachCapture(table.name, invocation, async (file, input) => {
    if (needsHeading) await output.write(csvHeading(table, files.length > 1));
    needsHeading = false;
    try {
      return await withCapture(file, input, invocation, openOptions(invocation), async (capture) => {
        noteInvalidBlock(file, capture, output);
        const content = await read(capture, invocation.signal);
        const problems = [...content.problems, ...withoutEnd(capture)];
        await new TablePrinter(file, table, invocation).print(await sorted(content.rows, sorting, invocation), problems);
        return problems.length > 0 ? ExitStatus.Incomplete : ExitStatus.Done;
      });
    } catch (error) {
      if (isCsv && files.length > 1 && error instanceof MslError) {
        await output.line(csvLine([file, ...table.columns.map(() => ""), error.message]));
      }
      throw error;
    }
  });
}

/** A sentence if the capture has no End-of-Capture. */
export function withoutEnd({ end }: Pick<Capture, "end">): string[] {
  if (end.eocIndex !== null) return [];
  return [
    end.salvaged > 0
      ? "The capture has no End-of-Capture before its damage, and none behind it with a FileHash that holds: blocks may be missing"
      : "The capture has no End-of-Capture: what follows its end is missing",
  ];
}

/** Sentences about blocks that a list of all blocks may lack. */
export function missingBlocks({ end, gaps }: Pick<Capture, "end" | "gaps">): string[] {
  const lost = gaps.reduce((sum, { length }) => sum + length, 0);
  return [...withoutEnd({ end }), ...(lost > 0 ? [`${counted(lost, "bytes")} between blocks belong to no block`] : [])];
}

class TablePrinter<R> {
  readonly #file: string;
  readonly #table: Table<R>;
  readonly #invocation: Invocation;

  constructor(file: string, table: Table<R>, invocation: Invocation) {
    this.#file = file;
    this.#table = table;
    this.#invocation = invocation;
  }

  async print(all: readonly R[], problems: readonly string[]): Promise<void> {
    const { options, output, signal, files } = this.#invocation;
    const limit = findingLimit(options);
    const rows = options["count"] === true ? undefined : all.length > limit ? all.slice(0, limit) : all;
    // All rows were read: nothing is shown that may be made of bytes from before and after a change.
    await output.requireUnchanged();
    const content = { table: this.#table, file: this.#file, rows, count: all.length, problems };
    if (output.format === "json") return output.texts(jsonTexts(content), signal);
    if (output.format === "ndjson") return output.texts(ndjsonTexts(content), signal);
    const severalFiles = files.length > 1;
    if (rows === undefined) await output.line(`${severalFiles ? `${safeText(this.#file)}: ` : ""}${all.length}`);
    else if (options["csv"] === true) {
      await output.texts(csvTexts(this.#table, rows, severalFiles ? this.#file : undefined), signal);
    } else await this.#text(rows, severalFiles);
    if (rows && rows.length < all.length) {
      output.note(`${this.#file}: ${rows.length} of ${all.length} ${this.#table.list}, at the limit`);
    }
    for (const problem of problems) output.note(`${this.#file}: ${problem}`);
  }

  async #text(rows: readonly R[], severalFiles: boolean): Promise<void> {
    const { output, signal } = this.#invocation;
    if (severalFiles) await output.line(`${safeText(this.#file)}:`);
    if (rows.length === 0) return output.note(`${this.#file}: no ${this.#table.list}`);
    const columns = shownColumns(this.#table.columns, rows);
    if (this.#table.vertical === true) return output.texts(ended(verticalLines(columns, rows, output.width)), signal);
    const lines = tableLines(columns, rows, output.lineWidth);
    await output.line(output.style("bold", lines.next().value ?? ""));
    await output.texts(ended(lines), signal);
  }
}

function* ended(lines: Iterable<string>): Generator<string, void, undefined> {
  for (const line of lines) yield `${line}\n`;
}

interface Sorting<R> {
  readonly column: Column<R> | undefined;
  readonly reverse: boolean;
}

function sortingOf<R>({ columns }: Table<R>, options: Options): Sorting<R> {
  const reverse = options["reverse"] === true;
  const name = options["sort"];
  if (name === undefined) return { column: undefined, reverse };
  const column = columns.find((one) => one.name === name || headingOf(one) === name);
  if (column) return { column, reverse };
  const names = columns.map((one) => one.name).join(", ");
  throw new MslError("usage", `--sort takes one of ${names}, not ${JSON.stringify(name)}`);
}

/** Rows without a value come last. Equal rows keep their order. */
async function sorted<R>(rows: readonly R[], { column, reverse }: Sorting<R>, { signal }: Invocation): Promise<readonly R[]> {
  if (!column) return reverse ? rows.toReversed() : rows;
  const cells = rows.map(column.value);
  const before = (a: number, b: number) => {
    const [x, y] = [cells[a], cells[b]];
    if (x === undefined || y === undefined) return x !== undefined && y === undefined;
    return reverse ? y < x : x < y;
  };
  const order = await sortInSlices(Uint32Array.from(rows.keys()), before, new TimeSlice(signal));
  return Array.from(order, (i) => rows[i]).filter((row) => row !== undefined);
}
