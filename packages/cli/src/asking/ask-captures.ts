/**
 * Commands that ask the memory of captures, such as `search`: opens the captures, resolves ranges, asks, prints what is found while it is found,
 * says how much could be searched, and turns the answer into an exit status.
 */
import type { Coverage, Memory } from "@memslice/analysis";
import { type MemoryRange, MslError, type Place, type Region, type VerifyProgress } from "@memslice/msl";
import { type Invocation, OPEN_OPTIONS } from "../command.js";
import { placeJson, placeText } from "../documents/place-text.js";
import { ExitStatus, statusOfError } from "../exit-status.js";
import { findingLimit, ROW_LIMIT_OPTION } from "../limit-option.js";
import { HASHING_OPTIONS, type OptionSpec, type OptionValue, threadsOf } from "../options.js";
import type { Detail } from "../terminal/columns.js";
import { membersPieces } from "../terminal/json-pieces.js";
import { counted } from "../terminal/quantity-text.js";
import { safeJson, safeText } from "../terminal/safe-text.js";
import { captureCoverage, coverageJson, coverageOfNone, coverageText } from "./coverage-text.js";
import { forEachQuestioned, MEMORY_OPTIONS } from "./for-each-questioned.js";
import { rangesAsked } from "./memory-words.js";
import type { Questioned } from "./questioned.js";
import { RangeProgress } from "./range-progress.js";

/** Options of every command that asks memory. */
export function askOptions(command: string, finding: string): Readonly<Record<string, OptionSpec>> {
  return {
    range: {
      type: "strings",
      value: "RANGE",
      help: "only these addresses: A-B, A+LENGTH, a module, a type of region; may be given several times",
    },
    count: { type: "boolean", short: "c", help: "print only how many there are" },
    ...MEMORY_OPTIONS,
    threads: HASHING_OPTIONS.threads,
    json: { type: "boolean", help: `one JSON document (msl.${command}/1)` },
    ndjson: { type: "boolean", help: `one JSON object per ${finding} and line, then one with count and coverage` },
    ...OPEN_OPTIONS,
    ...ROW_LIMIT_OPTION,
  };
}

/** The lines of help that all of these commands share. */
export const ASK_DETAILS: readonly Detail[] = [
  "Addresses are hexadecimal (7f00e90e2000, 0x7f00e90e2000), decimal (dec:4096), a module (libc.so.6), a type of region, or one of",
  "them and a length (libc.so.6+0x1000). Lengths are decimal (4096, 64KiB) or hexadecimal (0x1000).",
  "Where regions overlap, the bytes of the preferred one are searched: a captured page before others, then the later time, then the later block. --block N",
  "searches one region alone, with all of its bytes; modules, types of regions and targets of pointers are those of the whole capture.",
  "--limit N ends after N of them in each file. Standard error says how much of memory was searched, and what could not be.",
  "Exit status: 0 something was found, 1 nothing was found and everything was searched, or not authenticated, 4 nothing was found, and not",
  "everything could be searched, or the file was changed meanwhile. Of several files, one is enough for 0; a file that cannot be read takes precedence, with its own",
  "status.",
];

/** What all findings have. */
interface Finding {
  readonly address: bigint;
}

interface AskedRange {
  readonly from: bigint;
  readonly to: bigint;
  readonly limit: number;
  readonly threads: number | "auto";
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: VerifyProgress) => void;
}

/** How the findings in one capture are shown. */
export interface View<F extends Finding> {
  /** The line above the lines of findings. Default: none. */
  readonly heading?: string;
  /** The region that a finding is about, where it is more than an address. Default: the one that memory has the address from. */
  regionOf?(finding: F): Region | undefined;
  /** The lines of a finding. */
  text(finding: F, place: string): string | Promise<string>;
  /** The members of a finding beside those of its place. */
  json(finding: F): object | Promise<object>;
}

export interface Question<F extends Finding> {
  readonly command: string;
  /** The name of the list of findings in the document, which is also the word for findings. */
  readonly list: string;
  /** What is not looked for at all, whatever the coverage; for people. */
  readonly restriction?: string;
  /** Members of the document before the list. */
  readonly head?: object;
  /** The question as it is asked of one capture. */
  of(questioned: Questioned): Asked<F> | Promise<Asked<F>>;
}

/** A question to one capture. */
export interface Asked<F extends Finding> {
  ask(memory: Memory, range: AskedRange): AsyncIterable<readonly F[]> & { readonly coverage: Coverage };
  /** For `--count` without a limit: how many findings there are, where that is faster than to take them. */
  count?(memory: Memory, range: Omit<AskedRange, "limit">): Promise<{ readonly count: number; readonly coverage: Coverage }>;
  readonly view: View<F>;
}

/** Findings that are placed and printed at once. */
const PORTION = 256;

/** Asks the question of each file, and returns the exit status. */
export async function askCaptures<F extends Finding>(question: Question<F>, invocation: Invocation): Promise<ExitStatus> {
  let found = 0;
  let incomplete = 0;
  const status = await forEachQuestioned(
    question.command,
    invocation,
    async (file, questioned) => {
      const asking = new Asking(file, questioned, question, invocation);
      let answer: Answer;
      try {
        answer = await asking.run();
      } catch (failure) {
        if (!(failure instanceof MslError)) throw failure;
        const error = await invocation.output.explained(failure);
        await asking.fail(error);
        return statusOfError(error);
      }
      // Entropy has a row for a region without a byte that was searched.
      if (answer.count > 0 && answer.searched > 0n) found++;
      if (!answer.complete) incomplete++;
      return ExitStatus.Done;
    },
    { [ExitStatus.Done]: "searched" },
  );
  // A file that could not be searched, or an interruption.
  if (status !== ExitStatus.Done) return status;
  if (found > 0) return ExitStatus.Done;
  return incomplete > 0 ? ExitStatus.Incomplete : ExitStatus.Finding;
}

interface Answer {
  readonly count: number;
  readonly searched: bigint;
  readonly complete: boolean;
}

/** Asks one capture, and prints what it answers. */
class Asking<F extends Finding> {
  readonly #file: string;
  readonly #capture: Questioned;
  readonly #question: Question<F>;
  readonly #invocation: Invocation;
  readonly #threads: number | "auto";
  readonly #coverages: Coverage[] = [];
  readonly #progress: RangeProgress;
  #count = 0;
  /** The list of findings in a JSON document has begun. */
  #isInList = false;
  #hasBegun = false;

  constructor(file: string, capture: Questioned, question: Question<F>, invocation: Invocation) {
    this.#file = file;
    this.#capture = capture;
    this.#question = question;
    this.#invocation = invocation;
    this.#threads = threadsOf(invocation.options["threads"]);
    this.#progress = new RangeProgress(file, invocation.output.quiet);
  }

  async run(): Promise<Answer> {
    const { output, signal, options } = this.#invocation;
    const ranges = await rangesAsked(options["range"], this.#capture, signal);
    const asked = await this.#question.of(this.#capture);
    const showsFindings = options["count"] !== true;
    await this.#begin(showsFindings);
    await this.#progress.begin(this.#capture.memory, ranges, signal);
    try {
      if (asked.count && !showsFindings && findingLimit(options) === Number.POSITIVE_INFINITY) await this.#countIn(asked, ranges);
      else
        for await (const findings of this.#findings(asked, ranges)) {
          if (showsFindings) await this.#show(asked.view, findings);
          await output.goesOn(signal);
        }
    } finally {
      this.#progress.clear();
    }
    const coverage = await captureCoverage(this.#capture, ranges, this.#coverages, signal);
    await output.requireUnchanged();
    const totals = { count: this.#count, coverage: coverageJson(coverage) };
    if (output.format === "text") {
      if (!showsFindings) await output.line(`${this.#severalFiles ? `${safeText(this.#file)}: ` : ""}${this.#count}`);
      if (output.open)
        output.note(
          `${this.#file}: ${counted(this.#count, this.#question.list)}; ${coverageText(coverage)}${this.#restrictionText()}`,
        );
    } else if (output.format === "ndjson") await output.json({ ...this.#head, ...totals }, signal);
    else await this.#end(totals);
    return { count: this.#count, searched: coverage.searched, complete: coverage.complete };
  }

  /** Reports an error, in the document if that has begun. */
  async fail(error: MslError): Promise<void> {
    const { output } = this.#invocation;
    if (this.#hasBegun) await this.#end({ count: this.#count, ...output.complaint(this.#file, error) });
    else await output.failure(this.#question.command, this.#file, error);
  }

  /** Ends the JSON document with these members. */
  async #end(members: object): Promise<void> {
    await this.#invocation.output.write(`${this.#isInList ? "\n]," : ","}${safeJson(members).slice(1)}\n`);
  }

  #restrictionText(): string {
    const { restriction } = this.#question;
    return restriction === undefined ? "" : `; ${restriction}`;
  }

  get #severalFiles(): boolean {
    return this.#invocation.files.length > 1;
  }

  get #head(): object {
    return { schema: `msl.${this.#question.command}/1`, file: this.#file };
  }

  async #begin(showsFindings: boolean): Promise<void> {
    const { output, signal } = this.#invocation;
    const { list, head } = this.#question;
    if (output.format === "text" && showsFindings && this.#severalFiles) await output.line(`${safeText(this.#file)}:`);
    if (output.format !== "json") return;
    await output.texts(membersPieces({ ...this.#head, ...head }), signal);
    this.#hasBegun = true;
    if (!showsFindings) return;
    await output.write(`,"${list}":[`);
    this.#isInList = true;
  }

  async #countIn({ count }: Asked<F>, ranges: readonly MemoryRange[]): Promise<void> {
    const { signal } = this.#invocation;
    for (const { start, end } of ranges) {
      const bounds = { from: start, to: end, threads: this.#threads, signal, ...this.#progress.option() };
      const counted = await count?.(this.#capture.memory, bounds);
      if (!counted) continue;
      this.#count += counted.count;
      this.#coverages.push(counted.coverage);
      this.#progress.rangeEnded(counted.coverage.searched);
    }
  }

  /** Findings of all ranges, in portions. */
  async *#findings(asked: Asked<F>, ranges: readonly MemoryRange[]): AsyncGenerator<readonly F[], void, undefined> {
    const { signal, options } = this.#invocation;
    const { memory } = this.#capture;
    const limit = findingLimit(options);
    const threads = this.#threads;
    for (const { start, end } of ranges) {
      if (this.#count >= limit) {
        this.#coverages.push(await coverageOfNone(memory, { start, end }, signal));
        continue;
      }
      const answer = asked.ask(memory, {
        from: start,
        to: end,
        limit: limit - this.#count,
        threads,
        signal,
        ...this.#progress.option(),
      });
      for await (const findings of answer) {
        for (let at = 0; at < findings.length; at += PORTION) {
          const portion = findings.slice(at, at + PORTION);
          this.#count += portion.length;
          yield portion;
          if (!this.#invocation.output.open) break;
        }
        if (!this.#invocation.output.open) break;
      }
      this.#coverages.push(answer.coverage);
      this.#progress.rangeEnded(answer.coverage.searched);
    }
  }

  #shown: ((findings: readonly F[]) => Promise<string>) | undefined;

  async #show(view: View<F>, findings: readonly F[]): Promise<void> {
    this.#progress.clear();
    if (!this.#shown) {
      this.#shown = await this.#shower(view);
      const { output } = this.#invocation;
      if (output.format === "text" && view.heading !== undefined) await output.line(output.style("bold", view.heading));
    }
    await this.#invocation.output.write(await this.#shown(findings));
  }

  async #shower(view: View<F>): Promise<(findings: readonly F[]) => Promise<string>> {
    const { output, signal } = this.#invocation;
    const { Places } = await import("@memslice/analysis");
    const places = Places.of(this.#capture, signal);
    const head = safeJson(this.#head).slice(0, -1);
    const texts = {
      text: async (finding: F, place: Place) => `${await view.text(finding, placeText(place))}\n`,
      ndjson: async (finding: F, place: Place) => `${head},${safeJson(await rowOf(view, finding, place)).slice(1)}\n`,
      json: async (finding: F, place: Place) => `${this.#separator()}${safeJson(await rowOf(view, finding, place))}`,
    };
    const textOf = texts[output.format];
    return async (shown) => {
      const located = await places.at(shown.map(({ address }) => address));
      let text = "";
      for (const [i, finding] of shown.entries()) {
        const region = view.regionOf?.(finding);
        text += await textOf(finding, { address: finding.address, ...located[i], ...(region && { region }) });
      }
      return text;
    };
  }

  #isFirst = true;

  #separator(): string {
    const separator = this.#isFirst ? "\n" : ",\n";
    this.#isFirst = false;
    return separator;
  }
}

async function rowOf<F extends Finding>(view: View<F>, finding: F, place: Place): Promise<object> {
  const { region } = place;
  return { ...placeJson(place), ...(region && { regionType: region.head.regionTypeName }), ...(await view.json(finding)) };
}

/** A whole number in a range. Throws `usage`. */
export function numberOption(option: string, value: OptionValue, from: number, to: number): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (/^[0-9]{1,9}$/.test(String(value)) && number >= from && number <= to) return number;
  throw new MslError("usage", `--${option} takes a number from ${from} to ${to}, not ${JSON.stringify(value)}`);
}
