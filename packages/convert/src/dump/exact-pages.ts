/**
 * Pages in which the ranges of a dump are whole. Its page size is that of its machine, but captures with smaller pages, and dumps made of them, have ranges that begin and end inside
 * such a page. In pages that fit them, no page is captured in part, so that nothing has to be filled.
 */
import type { DumpNotes } from "./dump-notes.js";

/** Bytes of the smallest page that captures have (specification, Memory Region). */
export const LEAST_PAGE = 1024;

/** Gathers where ranges begin and end, as far as pages matter. */
export class ExactPages {
  readonly #mask: bigint;
  #bits = 0;

  /** `pageSize`: of the dump, bytes; a power of two of at least `LEAST_PAGE`. */
  constructor(pageSize: number) {
    this.#mask = BigInt(pageSize) - 1n;
  }

  /** An address at which a range begins or ends, or a number of bytes. */
  add(border: bigint): void {
    this.#bits |= Number(border & this.#mask);
  }

  /** The page size of the dump if all ranges are whole in it, or if they are in no smaller one; otherwise the largest in which they are, which is told. */
  sizeFor(pageSize: number, notes: DumpNotes): number {
    const exact = this.#bits === 0 ? pageSize : this.#bits & -this.#bits;
    if (exact >= pageSize || exact < LEAST_PAGE) return pageSize;
    notes.assume(`pages of ${exact} bytes, in which all ranges of the dump are whole, in place of ${pageSize}`);
    return exact;
  }
}
