/**
 * A bound for the work in memory that is made to look like keys. Structures may overlap, so that the same bytes are parsed again for each start: without a
 * bound, a megabyte of nested certificates would take minutes.
 */

/** Bytes of a block. */
const BLOCK_SHIFT = 12;
/**
 * Units of work in a block: elements of DER that are read, or as much work as reading one. The largest certificate that is looked for has 8,000 elements,
 * and is parsed twice.
 */
const UNITS_PER_BLOCK = 40_000;
/** Units in about a microsecond. */
const UNITS_PER_MICROSECOND = 32;

/** The work in one piece of memory, by the block in which a structure begins. */
export class WorkBound {
  readonly #units: Uint32Array;
  readonly #refused: Uint8Array;
  /** Units since `spent` was called. */
  #since = 0;

  /** `length`: bytes of the piece. */
  constructor(length: number) {
    this.#units = new Uint32Array((length >> BLOCK_SHIFT) + 1);
    this.#refused = new Uint8Array(this.#units.length);
  }

  /** Whether a structure that may begin at this offset is looked at. If not, its block is given up. */
  admits(offset: number): boolean {
    const block = offset >> BLOCK_SHIFT;
    if ((this.#units[block] ?? 0) < UNITS_PER_BLOCK) return true;
    this.#refused[block] = 1;
    return false;
  }

  add(offset: number, units: number): void {
    const block = offset >> BLOCK_SHIFT;
    this.#units[block] = Math.min((this.#units[block] ?? 0) + units, UNITS_PER_BLOCK);
    this.#since += units;
  }

  /** Microseconds of work since the last call, about. */
  spent(): number {
    const microseconds = this.#since / UNITS_PER_MICROSECOND;
    this.#since = 0;
    return microseconds;
  }

  /** Bytes of the blocks that were given up, of the first `length` bytes. */
  givenUp(length: number): number {
    let bytes = 0;
    for (let block = 0; block << BLOCK_SHIFT < length; block++) {
      const start = block << BLOCK_SHIFT;
      if (this.#refused[block]) bytes += Math.min(1 << BLOCK_SHIFT, length - start);
    }
    return bytes;
  }
}
