/** Where a command writes: data on standard output, everything else on standard error. */
import type { MslError } from "@memslice/msl";
import { messageForUser, systemReason } from "./error-message.js";
import { ExitStatus, gravest } from "./exit-status.js";
import type { StandardOutput } from "./streams/standard-output.js";
import { jsonPieces, membersPieces } from "./terminal/json-pieces.js";
import { safeText } from "./terminal/safe-text.js";
import { type ColorChoice, type Style, styleFor } from "./terminal/style.js";
import { inTurns, Turns } from "./turns.js";

export type Format = "text" | "json" | "ndjson";

export interface OutputOptions {
  readonly format: Format;
  readonly color: ColorChoice;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/** What texts are written for and to. */
export interface Channel {
  readonly style: Style;
  readonly verbose: boolean;
  write(text: string): Promise<void>;
  json(document: unknown, signal: AbortSignal): Promise<void>;
}

/** A list that is the last property of a document. */
interface JsonList<T> {
  readonly name: string;
  readonly entries: Iterable<T>;
  readonly jsonOf: (entry: T) => unknown;
  readonly signal: AbortSignal;
}

/** Characters that are written together. */
const PORTION = 64 * 1024;

export class Output implements Channel {
  readonly format: Format;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly style: Style;
  readonly #errorStyle: Style;
  readonly #data: StandardOutput;
  #lossTold = false;
  readonly #turns = new Turns();

  constructor(data: StandardOutput, options: OutputOptions) {
    this.#data = data;
    this.format = options.format;
    this.quiet = options.quiet;
    this.verbose = options.verbose;
    this.style = styleFor(process.stdout, options.color);
    this.#errorStyle = styleFor(process.stderr, options.color);
  }

  /** False once data is lost: commands whose work is what they print then stop, and further files are not begun. */
  get open(): boolean {
    return this.#data.loss === undefined;
  }

  /**
   * Whether to go on with a list. A file takes data without ever letting other work run: here signals get their turn. Throws `aborted`.
   */
  async goesOn(signal: AbortSignal | undefined): Promise<boolean> {
    await this.#turns.give(signal);
    return this.open;
  }

  /** What the loss of data alone says to the caller of the process. */
  get lossStatus(): ExitStatus {
    const { loss } = this.#data;
    if (!loss) return ExitStatus.Done;
    return loss.kind === "reader-gone" ? ExitStatus.CutOff : ExitStatus.Usage;
  }

  /**
   * The status of the process, given that of its work. What was found by work whose data was lost is still true; that nothing was found is
   * not all that has to be said.
   */
  endStatus(work: ExitStatus): ExitStatus {
    const { loss } = this.#data;
    if (loss?.kind === "reader-gone") return work === ExitStatus.Done ? ExitStatus.CutOff : work;
    return gravest(work, this.lossStatus);
  }

  /** Writes data; waits while the reader of a pipe is slower than we are. Does nothing once data was lost. */
  async write(data: string | Uint8Array): Promise<void> {
    await this.#data.write(data);
    const { loss } = this.#data;
    if (loss?.kind !== "failed" || this.#lossTold) return;
    this.#lossTold = true;
    this.#complain(`standard output cannot be written: ${systemReason(loss.error)}`);
  }

  async line(text: string): Promise<void> {
    await this.write(`${text}\n`);
  }

  /** Texts that a capture decides the number of. Throws `aborted` between portions. */
  async texts(texts: Iterable<string>, signal: AbortSignal | undefined): Promise<void> {
    let isFirst = true;
    for (const portion of portionsOf(texts)) {
      if (!isFirst && !(await this.goesOn(signal))) return;
      isFirst = false;
      await this.write(portion);
    }
  }

  /** A document and a line feed. */
  async json(document: unknown, signal?: AbortSignal): Promise<void> {
    await this.texts(joined(jsonPieces(document), ["\n"]), signal);
  }

  /** A document whose last property is a list, written entry by entry: it never stands in memory whole. */
  async jsonList<T>(head: object, { name, entries, jsonOf, signal }: JsonList<T>): Promise<void> {
    await this.texts(joined(membersPieces(head), [`,"${name}":[`]), signal);
    let separator = "\n";
    for (const entry of entries) {
      if (!(await this.goesOn(signal))) return;
      await this.texts(joined([separator], jsonPieces(await jsonOf(entry))), signal);
      separator = ",\n";
    }
    await this.line("\n]}");
  }

  /** Standard error, for reports whose place on standard output is taken by data. */
  get diagnostics(): Channel {
    const write = async (text: string) => {
      process.stderr.write(text);
    };
    return {
      style: this.#errorStyle,
      verbose: this.verbose,
      write,
      json: async (document, signal) => {
        for await (const portion of inTurns(portionsOf(joined(jsonPieces(document), ["\n"])), signal)) await write(portion);
      },
    };
  }

  /** A diagnostic sentence; none of it is data. */
  note(sentence: string): void {
    if (!this.quiet) process.stderr.write(`msl: ${safeText(sentence)}\n`);
  }

  /** Tells a failure: a sentence on standard error and, where JSON was asked for, a document on standard output. */
  async failure(command: string, file: string | undefined, error: MslError): Promise<void> {
    const message = messageForUser(error);
    const subject = file === undefined || message.startsWith(file) ? "" : `${file}: `;
    this.#complain(`${subject}${message}`);
    if (this.format === "text") return;
    const { code, offset } = error;
    await this.json({
      schema: `msl.${command}/1`,
      ...(file === undefined ? {} : { file }),
      error: { code, message, ...(offset === undefined ? {} : { offset }) },
    });
  }

  #complain(sentence: string): void {
    process.stderr.write(`${this.#errorStyle("red", "msl")}: ${safeText(sentence)}\n`);
  }
}

/** The texts of several lists, one list after the other. */
function* joined(...lists: Iterable<string>[]): Generator<string, void, undefined> {
  for (const list of lists) yield* list;
}

/** The texts joined to portions that are worth a write. */
function* portionsOf(texts: Iterable<string>): Generator<string, void, undefined> {
  let portion = "";
  for (const text of texts) {
    portion += text;
    if (portion.length < PORTION) continue;
    yield portion;
    portion = "";
  }
  if (portion !== "") yield portion;
}
