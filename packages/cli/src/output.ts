/** The output of a command: data goes to standard output, everything else to standard error. */
import { MslError } from "@memslice/msl";
import { ExitStatus, gravest } from "./exit-status.js";
import { withLimitOptions } from "./limit-option.js";
import { permissionHint } from "./permission.js";
import { keySourceHint } from "./secrets/key-options.js";
import type { FileWatch } from "./streams/file-watch.js";
import type { StandardOutput } from "./streams/standard-output.js";
import { hanging } from "./terminal/columns.js";
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

/** A stream that takes a report as text or as JSON, and how its text is formatted. */
export interface Channel {
  readonly style: Style;
  readonly verbose: boolean;
  /** Columns of the terminal; undefined if the stream is none. */
  readonly width: number | undefined;
  write(text: string): Promise<void>;
  json(document: unknown, signal: AbortSignal): Promise<void>;
}

/** The list of a document that is written while its entries are read. */
interface JsonList<T> {
  readonly name: string;
  readonly entries: Iterable<T> | AsyncIterable<T>;
  readonly jsonOf: (entry: T) => unknown;
  /** The members behind the list. Default: none. `failed`: the list ends with an error, which becomes another member. */
  readonly last?: (failed: boolean) => object;
  readonly signal: AbortSignal;
}

/** Characters that are collected before they are written. */
const PORTION = 64 * 1024;

export class Output implements Channel {
  readonly format: Format;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly style: Style;
  /** Columns of the terminal that standard output is; undefined if it is none. */
  readonly width: number | undefined;
  /** Columns in which the lines of findings and tables are to fit; undefined for lines in full: with `-v`, and where there is no terminal. */
  readonly lineWidth: number | undefined;
  readonly #errorStyle: Style;
  readonly #data: StandardOutput;
  #lossReported = false;
  /** The files that are being read. */
  readonly #watches = new Set<FileWatch>();
  readonly #turns = new Turns();
  /** A document that is written by parts: what an error ends it with, or undefined where its text cannot be ended. */
  #begun: { readonly last: JsonList<never>["last"] } | "inside an entry" | undefined;

  constructor(data: StandardOutput, options: OutputOptions) {
    this.#data = data;
    this.format = options.format;
    this.quiet = options.quiet;
    this.verbose = options.verbose;
    this.style = styleFor(process.stdout, options.color);
    this.width = process.stdout.isTTY === true ? process.stdout.columns || undefined : undefined;
    this.lineWidth = options.verbose ? undefined : this.width;
    this.#errorStyle = styleFor(process.stderr, options.color);
  }

  /** False once data is lost. A command that only prints then stops, and no further file is begun. */
  get open(): boolean {
    return this.#data.loss === undefined;
  }

  /**
   * Whether a loop that prints should continue: false once standard output is lost. Pauses from time to time, so that signals are handled:
   * writing to a file never lets the event loop run. Throws `aborted`.
   */
  async goesOn(signal: AbortSignal | undefined): Promise<boolean> {
    await this.#turns.give(signal);
    return this.open;
  }

  /** The exit status that follows from the loss of data alone. */
  get lossStatus(): ExitStatus {
    const { loss } = this.#data;
    if (!loss) return ExitStatus.Done;
    return loss.kind === "reader-gone" ? ExitStatus.CutOff : ExitStatus.Usage;
  }

  /**
   * The exit status of the process, given the status of its work. A finding of the work stays true when its output is lost; `Done` becomes
   * the status of the loss.
   */
  endStatus(work: ExitStatus): ExitStatus {
    const { loss } = this.#data;
    if (loss?.kind === "reader-gone") return work === ExitStatus.Done ? ExitStatus.CutOff : work;
    return gravest(work, this.lossStatus);
  }

  /** Writes data, at the pace of its reader. Does nothing once data is lost. */
  async write(data: string | Uint8Array): Promise<void> {
    await this.#data.write(data);
    const { loss } = this.#data;
    if (loss?.kind !== "failed" || this.#lossReported) return;
    this.#lossReported = true;
    this.#complain(`standard output cannot be written: ${systemReason(loss.error)}`);
  }

  async line(text: string): Promise<void> {
    await this.write(`${text}\n`);
  }

  /** Writes a list of texts whose number a capture decides. Throws `aborted` between two writes. */
  async texts(texts: Iterable<string>, signal: AbortSignal | undefined): Promise<void> {
    let isFirst = true;
    for (const portion of portionsOf(texts)) {
      if (!isFirst && !(await this.goesOn(signal))) return;
      isFirst = false;
      await this.write(portion);
    }
  }

  /**
   * Calls `use`, while the watch looks after a file that `use` reads. Throws what `use` throws; in its place `changed`, if the file was changed: the change may have led to
   * the error. No document ends, and no file of output appears, without an error if the file was changed before.
   */
  async whileUnchanged<T>(watch: FileWatch | undefined, use: () => Promise<T>): Promise<T> {
    if (!watch) return use();
    this.#watches.add(watch);
    try {
      const result = await use();
      // Not again what a command has reported already.
      if (this.#watches.has(watch)) await watch();
      return result;
    } catch (error) {
      throw error instanceof MslError ? await this.explained(error) : error;
    } finally {
      this.#watches.delete(watch);
    }
  }

  /** Throws `changed` if somebody wrote to a file that is being read. */
  async requireUnchanged(): Promise<void> {
    for (const watch of this.#watches) await watch();
  }

  /** What led to the error: that a file was changed which is being read, or else the error itself. */
  async explained(error: MslError): Promise<MslError> {
    if (error.code === "aborted") return error;
    return this.requireUnchanged().then(
      () => error,
      (change: unknown) => (change instanceof MslError ? change : error),
    );
  }

  /** Writes a document and a line feed. Throws `changed`. */
  async json(document: unknown, signal?: AbortSignal): Promise<void> {
    // Lines of a stream are written as they come: the last one tells of a change.
    if (this.format === "json") await this.requireUnchanged();
    await this.#document(document, signal);
  }

  async #document(document: unknown, signal?: AbortSignal): Promise<void> {
    await this.texts(joined(jsonPieces(document), ["\n"]), signal);
  }

  /**
   * Writes a document with a list, entry by entry: the text of the document is never in memory as a whole. After an error, `failure` ends the list and the
   * document.
   */
  async jsonList<T>(head: object, { name, entries, jsonOf, last, signal }: JsonList<T>): Promise<void> {
    this.#begun = "inside an entry";
    await this.texts(joined(membersPieces(head), [`,"${name}":[`]), signal);
    this.#begun = { last };
    let separator = "\n";
    for await (const entry of entries) {
      if (!(await this.goesOn(signal))) return;
      const json = await jsonOf(entry);
      this.#begun = "inside an entry";
      await this.texts(joined([separator], jsonPieces(json)), signal);
      this.#begun = { last };
      separator = ",\n";
    }
    await this.requireUnchanged();
    await this.#endList(last?.(false) ?? {});
  }

  /** Ends the list and the document that have begun. */
  async #endList(members: object): Promise<void> {
    this.#begun = undefined;
    const text = [...membersPieces(members)].join("");
    await this.line(text === "" ? "\n]}" : `\n],${text.slice("{".length)}}`);
  }

  /** Standard error, for a report that cannot go to standard output because data goes there. */
  get diagnostics(): Channel {
    const write = async (text: string) => {
      process.stderr.write(text);
    };
    return {
      style: this.#errorStyle,
      verbose: this.verbose,
      width: errorWidth(),
      write,
      json: async (document, signal) => {
        for await (const portion of inTurns(portionsOf(joined(jsonPieces(document), ["\n"])), signal)) await write(portion);
      },
    };
  }

  /** Writes a sentence to standard error, unless the user asked for quiet. */
  note(sentence: string): void {
    if (!this.quiet) process.stderr.write(`${hanging("msl: ", safeText(sentence), errorWidth())}\n`);
  }

  /**
   * Reports an error: as a sentence on standard error and, for JSON output, also on standard output: at the end of the document that has begun, or as a
   * document. `more`: members of the document beside `error`.
   */
  async failure(command: string, file: string | undefined, error: MslError, more: object = {}): Promise<void> {
    const failed = { ...this.complaint(file, error), ...more };
    if (this.format === "text") return;
    const begun = this.#begun;
    // Nothing makes a document of half an entry; it was broken off by a signal, or standard output is lost.
    if (begun === "inside an entry") return;
    if (begun) return this.#endList({ ...begun.last?.(true), ...failed });
    await this.#document({ schema: `msl.${command}/1`, ...(file === undefined ? {} : { file }), ...failed });
  }

  /** Reports an error as a sentence on standard error, and returns the member for a document that has begun. */
  complaint(file: string | undefined, error: MslError): { readonly error: object } {
    if (error.code === "changed") this.#watches.clear();
    const message = messageForUser(error);
    const subject = file === undefined || message.startsWith(file) ? "" : `${file}: `;
    this.#complain(`${subject}${message}`);
    const { code, offset } = error;
    return { error: { code, message, ...(offset === undefined ? {} : { offset }) } };
  }

  #complain(sentence: string): void {
    const text = hanging("msl: ", safeText(sentence), errorWidth());
    process.stderr.write(`${this.#errorStyle("red", "msl")}${text.slice("msl".length)}\n`);
  }
}

/** Columns of the terminal that standard error is; undefined if it is none. */
export function errorWidth(): number | undefined {
  return process.stderr.isTTY === true ? process.stderr.columns || undefined : undefined;
}

/** The texts of several lists, one list after the other. */
export function* joined(...lists: Iterable<string>[]): Generator<string, void, undefined> {
  for (const list of lists) yield* list;
}

/** Joins texts to portions of at least `PORTION` characters, except the last. */
export function* portionsOf(texts: Iterable<string>): Generator<string, void, undefined> {
  let portion = "";
  for (const text of texts) {
    portion += text;
    if (portion.length < PORTION) continue;
    yield portion;
    portion = "";
  }
  if (portion !== "") yield portion;
}

/** The message of an error with options of `msl` in place of the library's options, and with each path once. */
function messageForUser(error: MslError): string {
  const message = withoutCall(error) + permissionHint(error);
  // A usage error about --limit names its option already.
  const withOptions = error.code === "usage" ? message : withLimitOptions(message);
  return error.code === "missing-key" ? `${withOptions}; ${keySourceHint(message)}` : withOptions;
}

/** The message without the system call and the path that Node adds to the reason: the message has named the path already. */
function withoutCall({ message, cause }: MslError): string {
  const reason = cause instanceof Error ? cause.message : "";
  return reason !== "" && message.endsWith(reason) ? `${message.slice(0, -reason.length)}${systemReason(cause)}` : message;
}

/** The reason that the system gives for a failed call, without the call and its paths. */
function systemReason(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  const [, code, reason] = /^([A-Z][A-Z0-9]+): (.*?), [a-z]+(?: '.*)?$/s.exec(message) ?? [];
  return code === undefined ? message : `${reason} (${code})`;
}
