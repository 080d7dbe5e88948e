/** Runs of text in windows: consecutive characters of one encoding. */
import {
  TEXT_ASCII,
  TEXT_AT,
  TEXT_CURSOR_BYTES,
  TEXT_OPEN,
  TEXT_UTF8,
  TEXT_UTF16_BE_EVEN,
  TEXT_UTF16_BE_ODD,
  TEXT_UTF16_LE_EVEN,
  TEXT_UTF16_LE_ODD,
} from "../layout.js";
import type { ScanCore, ScanWindow } from "./scan-core.js";

const RUNS_PER_CALL = 4096;
const NOT_OPEN = 0xffffffff;

/**
 * Printable ASCII and tabs; the same and any byte from 0x80 on, which the caller has to decode; printable ASCII and tabs in two bytes, the characters
 * beginning at even or at odd offsets.
 */
const TEXT_KINDS = {
  ascii: TEXT_ASCII,
  "utf-8": TEXT_UTF8,
  "utf-16le-even": TEXT_UTF16_LE_EVEN,
  "utf-16le-odd": TEXT_UTF16_LE_ODD,
  "utf-16be-even": TEXT_UTF16_BE_EVEN,
  "utf-16be-odd": TEXT_UTF16_BE_ODD,
} as const;

/** The encoding of a run of text, and where its characters begin. */
export type TextKind = keyof typeof TEXT_KINDS;

/** Holds areas of the core's memory from construction until `release()`. */
export class TextSearch {
  readonly #core: ScanCore;
  readonly #cursor: number;
  readonly #output: number;
  #released = false;

  /** Throws a `RangeError` when linear memory has no room. */
  constructor(core: ScanCore) {
    this.#core = core;
    this.#cursor = core.memory.acquire(TEXT_CURSOR_BYTES);
    this.#output = core.memory.acquire(8 * RUNS_PER_CALL);
  }

  /**
   * Runs of at least `shortest` bytes, 1 to 64, in `length` bytes of the window from `start` on, ascending, in batches of pairs: offset of the first
   * byte and offset behind the last one, counted from `start`. Runs that begin at or before the offset `edge`, or end within the last two bytes, come
   * however short they are. A batch is valid until the next one is asked for.
   */
  *runs(
    window: ScanWindow,
    { kind, shortest, length, start = 0, edge = 0 }: TextRunsOptions,
  ): Generator<Uint32Array, void, undefined> {
    const { kernels, memory } = this.#core;
    const cursor = new DataView(memory.bytes.buffer, this.#cursor, TEXT_CURSOR_BYTES);
    cursor.setUint32(TEXT_AT, 0, true);
    cursor.setUint32(TEXT_OPEN, NOT_OPEN, true);
    while (cursor.getUint32(TEXT_AT, true) < length) {
      const count = kernels.findText(
        window.address + start,
        length,
        TEXT_KINDS[kind],
        shortest,
        edge,
        this.#cursor,
        this.#output,
        RUNS_PER_CALL,
      );
      if (count > 0) yield new Uint32Array(memory.bytes.buffer, this.#output, 2 * count);
    }
  }

  /** Gives the areas back. A second call has no effect. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#core.memory.release(this.#cursor, TEXT_CURSOR_BYTES);
    this.#core.memory.release(this.#output, 8 * RUNS_PER_CALL);
  }
}

/** Options of `TextSearch.runs`. */
export interface TextRunsOptions {
  readonly kind: TextKind;
  readonly shortest: number;
  readonly length: number;
  readonly start?: number;
  readonly edge?: number;
}
