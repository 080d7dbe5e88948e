/** manifest.json of an extraction: which file holds which bytes, with hashes and the state of every address. Written while the files are written. */

import type { PackedRun } from "@memslice/analysis";
import { fileSink, type Sink } from "@memslice/msl";
import { addressText } from "../documents/place-text.js";
import { safeJson } from "../terminal/safe-text.js";

const ONLY_OWNER = 0o600;
/** Characters that are collected before they are written. */
const PORTION = 64 * 1024;

export class Manifest {
  readonly #sink: Sink;
  #text = "";
  #isFirst = true;

  private constructor(sink: Sink, head: object) {
    this.#sink = sink;
    this.#text = `${safeJson(head).slice(0, -1)},"files":[`;
  }

  /** Begins the manifest with the members of `head`. Throws `sink`. */
  static async create(path: string, head: object): Promise<Manifest> {
    return new Manifest(await fileSink(path, { mode: ONLY_OWNER, sync: "never" }), head);
  }

  /** Begins the entry of a file of memory; `run` and `endFile` follow. */
  async beginFile(head: object): Promise<void> {
    await this.#put(`${this.#separator("\n", ",\n")}${safeJson(head).slice(0, -1)},"runs":[`);
    this.#isFirst = true;
  }

  async run({ start, end, state, offset }: PackedRun): Promise<void> {
    const run = {
      address: addressText(start),
      length: String(end - start),
      state,
      ...(offset !== undefined && { offset: String(offset) }),
    };
    await this.#put(`${this.#separator("", ",")}${safeJson(run)}`);
  }

  async endFile(tail: object): Promise<void> {
    await this.#put(`],${safeJson(tail).slice(1)}`);
    this.#isFirst = false;
  }

  /** The entry of a file that is no memory. */
  async file(entry: object): Promise<void> {
    await this.#put(`${this.#separator("\n", ",\n")}${safeJson(entry)}`);
  }

  /** Ends the manifest with the members of `tail`, and closes it. */
  async end(tail: object): Promise<void> {
    await this.#put(`\n],${safeJson(tail).slice(1)}\n`);
    await this.#flush();
    await this.close();
  }

  async close(): Promise<void> {
    await this.#sink.close?.();
  }

  #separator(first: string, next: string): string {
    const separator = this.#isFirst ? first : next;
    this.#isFirst = false;
    return separator;
  }

  async #put(text: string): Promise<void> {
    this.#text += text;
    if (this.#text.length >= PORTION) await this.#flush();
  }

  async #flush(): Promise<void> {
    const bytes = new TextEncoder().encode(this.#text);
    this.#text = "";
    if (bytes.length > 0) await this.#sink.write(bytes);
  }
}
