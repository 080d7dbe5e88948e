/** How many bytes to read at the next block header, judging by how far apart the last ones were. */

/** Bytes read of a file when each header stands far from the next. */
const FILE_SPARSE = 4096;
/** While headers are close together, each window is twice as long as the one before, within these bounds. */
const FILE_DENSE_LEAST = 256 * 1024;
const FILE_DENSE_MOST = 4 * 1024 * 1024;
/** The same of a metered source. What is sparse holds a block header, a region's head, and most small payloads. */
const METERED_DENSE = 256 * 1024;
const METERED_SPARSE = 256;
/** Where a metered source begins to be read densely; from there on windows double. */
const METERED_DENSE_START = 4096;
/** Bytes from header to header above which reading what lies between costs more than another read. */
const SPARSE_DISTANCE = 32 * 1024;
/** Headers to expect in a dense window, for it to be worth its bytes on a metered source. */
const LEAST_HEADERS = 8;
/**
 * What walking a metered source may ask for: so much for each block found, and so much more in all. Together with what a cache of
 * 256-byte pages adds to sparse windows (at most 256 bytes to each), 2,000 blocks take less than 2 MiB however they lie.
 */
const BYTES_PER_BLOCK = 600;
const BYTES_TO_SPARE = 256 * 1024;

export class WalkWindow {
  readonly #metered: boolean;
  #length: number;
  #dense = true;
  /** Mean bytes from header to header in the window before the last. */
  #distanceBefore = 0;
  #spare = BYTES_TO_SPARE;

  constructor(metered: boolean) {
    this.#metered = metered;
    this.#length = metered ? METERED_DENSE_START : FILE_SPARSE;
  }

  /** Bytes to read. */
  get length(): number {
    return this.#length;
  }

  /** Tells what the last window brought: `blocks` headers, the next of which is `bytes` away from where the window began. */
  found(blocks: number, bytes: number): void {
    const distance = bytes / blocks;
    if (!this.#metered) {
      const isSparse = distance > SPARSE_DISTANCE;
      this.#length = isSparse ? FILE_SPARSE : Math.min(Math.max(2 * this.#length, FILE_DENSE_LEAST), FILE_DENSE_MOST);
      return;
    }
    this.#spare += BYTES_PER_BLOCK * blocks - this.#length;
    const denseLength = this.#denseLength(Math.max(distance, this.#distanceBefore));
    this.#distanceBefore = distance;
    this.#dense = denseLength !== undefined;
    this.#length = denseLength ?? METERED_SPARSE;
  }

  /** One short distance does not make a run of small blocks: `distance` is the longer one of two windows. */
  #denseLength(distance: number): number | undefined {
    const worthwhile = LEAST_HEADERS * distance;
    const wanted = Math.max(this.#dense ? 2 * this.#length : METERED_DENSE_START, worthwhile);
    const length = Math.floor(Math.min(wanted, METERED_DENSE, this.#spare));
    return distance <= SPARSE_DISTANCE && length >= worthwhile ? length : undefined;
  }
}
