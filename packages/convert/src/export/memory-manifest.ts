/** manifest.json beside files of memory: which file holds which bytes, with hashes and the state of every address. Written while the files are written. */
import type { MemoryState, Sink } from "@memslice/msl";

/** Characters that are collected before they are written. */
const PORTION = 64 * 1024;

/** Addresses `[start, end)` in one state; `absent`: of no region. */
export interface ManifestRun {
  readonly start: bigint;
  readonly end: bigint;
  readonly state: MemoryState;
  /** Where the bytes begin in the file; undefined for a hole that the file leaves out. */
  readonly offset?: bigint;
}

/** JSON of ASCII characters alone, which is safe on every terminal. */
const asciiJson = (value: unknown) =>
  JSON.stringify(value).replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** A manifest that grows with the files: it holds some KiB of text, whatever the number of runs. */
export class MemoryManifest {
  readonly #sink: Sink;
  readonly #json: (value: unknown) => string;
  #text = "";
  #isFirst = true;

  /** Begins the manifest with the members of `head`. `json`: writes a value; by default in ASCII. */
  constructor(sink: Sink, head: object, json: (value: unknown) => string = asciiJson) {
    this.#sink = sink;
    this.#json = json;
    this.#text = `${json(head).slice(0, -1)},"files":[`;
  }

  /** Begins the entry of a file of memory; `run` and `endFile` follow. */
  async beginFile(head: object): Promise<void> {
    await this.#put(`${this.#separator("\n", ",\n")}${this.#json(head).slice(0, -1)},"runs":[`);
    this.#isFirst = true;
  }

  /** A run of the file that was begun; runs ascend. */
  async run({ start, end, state, offset }: ManifestRun): Promise<void> {
    const run = {
      address: `0x${start.toString(16)}`,
      length: String(end - start),
      state,
      ...(offset !== undefined && { offset: String(offset) }),
    };
    await this.#put(`${this.#separator("", ",")}${this.#json(run)}`);
  }

  /** Ends the entry of the file with the members of `tail`. */
  async endFile(tail: object): Promise<void> {
    await this.#put(`],${this.#json(tail).slice(1)}`);
    this.#isFirst = false;
  }

  /** The entry of a file that is no memory. */
  async file(entry: object): Promise<void> {
    await this.#put(`${this.#separator("\n", ",\n")}${this.#json(entry)}`);
  }

  /** Ends the manifest with the members of `tail`, and closes it. */
  async end(tail: object): Promise<void> {
    await this.#put(`\n],${this.#json(tail).slice(1)}\n`);
    await this.#flush();
    await this.close();
  }

  /** Closes the sink; without `end`, the manifest is not complete. */
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
