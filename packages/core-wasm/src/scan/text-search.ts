/** Runs of text in windows: consecutive characters of one encoding. */
import {
  TEXT_ASCII,
  TEXT_CURSOR_BYTES,
  TEXT_UTF8,
  TEXT_UTF16_BE_EVEN,
  TEXT_UTF16_BE_ODD,
  TEXT_UTF16_LE_EVEN,
  TEXT_UTF16_LE_ODD,
} from "../layout.js";
import { ResumedKernel } from "./resumed-kernel.js";
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
  readonly #kernel: ResumedKernel;

  /** Throws a `RangeError` when linear memory has no room. */
  constructor(core: ScanCore) {
    this.#core = core;
    this.#kernel = new ResumedKernel(core, { cursorBytes: TEXT_CURSOR_BYTES, words: 2, capacity: RUNS_PER_CALL });
  }

  /**
   * Runs of at least `shortest` bytes, 1 to 64, in `length` bytes of the window from `start` on, ascending, in batches of pairs: offset of the first
   * byte and offset behind the last one, counted from `start`. Runs that begin at or before the offset `edge`, or end within the last two bytes, come
   * however short they are. Batches may be empty. A batch is valid until the next one is asked for.
   */
  runs(window: ScanWindow, { kind, shortest, length, start = 0, edge = 0 }: TextRunsOptions): Iterable<Uint32Array> {
    const { findText } = this.#core.kernels;
    return this.#kernel.batches([0, NOT_OPEN], length, (cursor, output, capacity) =>
      findText(window.address + start, length, TEXT_KINDS[kind], shortest, edge, cursor, output, capacity),
    );
  }

  /** Gives the areas back. A second call has no effect. */
  release(): void {
    this.#kernel.release();
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
