/** How many bytes to read at the next block header, by the distances between the last headers. */

/** Bytes of a window in a file whose headers are far from each other. */
const FILE_SPARSE = 4096;
/** While headers are close to each other, each window is twice as long as the one before, between these bounds. */
const FILE_DENSE_LEAST = 256 * 1024;
const FILE_DENSE_MOST = 4 * 1024 * 1024;
/** The same for a metered source. A sparse window holds a block header and the head of a region, or most small payloads. */
const METERED_DENSE = 256 * 1024;
const METERED_SPARSE = 256;
/** The first dense window of a metered source; the next ones double. */
const METERED_DENSE_START = 4096;
/** Distance between headers above which the bytes between them cost more than another read. */
const SPARSE_DISTANCE = 32 * 1024;
/** A dense window of a metered source is read only if it is expected to hold this many headers. */
const LEAST_HEADERS = 8;
/**
 * The budget of bytes for the walk over a metered source: `BYTES_PER_BLOCK` for each block found, and `BYTES_TO_SPARE` once. A cache with pages
 * of 256 bytes adds at most 256 bytes to each sparse window; then 2,000 blocks take less than 2 MiB, wherever they are in the file.
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

  /** To be called after each window. `blocks`: the number of headers in it. `bytes`: the distance from the start of the window to the next header. */
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

  /** `distance`: the longer one of the mean distances in the last two windows, since one short distance is not yet a run of small blocks. */
  #denseLength(distance: number): number | undefined {
    const worthwhile = LEAST_HEADERS * distance;
    const wanted = Math.max(this.#dense ? 2 * this.#length : METERED_DENSE_START, worthwhile);
    const length = Math.floor(Math.min(wanted, METERED_DENSE, this.#spare));
    return distance <= SPARSE_DISTANCE && length >= worthwhile ? length : undefined;
  }
}
