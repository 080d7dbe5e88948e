/** Where a command writes: data on standard output, everything else on standard error. */
import { once } from "node:events";
import type { MslError } from "@memslice/msl";
import { safeJson, safeText } from "./terminal/safe-text.js";
import { type ColorChoice, type Style, styleFor } from "./terminal/style.js";

export type Format = "text" | "json" | "ndjson";

export interface OutputOptions {
  readonly format: Format;
  readonly color: ColorChoice;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

export class Output {
  readonly format: Format;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly style: Style;
  readonly #errorStyle: Style;

  constructor(options: OutputOptions) {
    this.format = options.format;
    this.quiet = options.quiet;
    this.verbose = options.verbose;
    this.style = styleFor(process.stdout, options.color);
    this.#errorStyle = styleFor(process.stderr, options.color);
  }

  /** Writes data; waits while the reader of a pipe is slower than we are. */
  async write(text: string): Promise<void> {
    if (!process.stdout.write(text)) await once(process.stdout, "drain");
  }

  async line(text: string): Promise<void> {
    await this.write(`${text}\n`);
  }

  async json(document: unknown): Promise<void> {
    await this.line(safeJson(document));
  }

  /** A diagnostic sentence; none of it is data. */
  note(sentence: string): void {
    if (!this.quiet) process.stderr.write(`msl: ${safeText(sentence)}\n`);
  }

  /** Tells a failure: a sentence on standard error and, where JSON was asked for, a document on standard output. */
  async failure(command: string, file: string | undefined, error: MslError): Promise<void> {
    const subject = file === undefined ? "" : `${safeText(file)}: `;
    process.stderr.write(`${this.#errorStyle("red", "msl")}: ${subject}${safeText(error.message)}\n`);
    if (this.format === "text") return;
    const { code, message, offset } = error;
    await this.json({
      schema: `msl.${command}/1`,
      ...(file === undefined ? {} : { file }),
      error: { code, message, ...(offset === undefined ? {} : { offset }) },
    });
  }
}
