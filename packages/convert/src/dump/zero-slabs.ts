/**
 * The slabs of a dump that a pass found to be zeros: most of a dump with holes. A later pass takes zeros in their place. So it has the bytes that the pass before hashed,
 * whatever the dump has there by then, and neither reads nor compares them again.
 */
import { isZeroFilled } from "@memslice/msl/work";

/** Bytes of a slab, and the border at which slabs begin: sources that compare windows read each window once. */
export const SLAB_BYTES = 1024 * 1024;

/** Slabs of 2 TiB, in a table of 2 MiB. What lies behind them is read again. */
const MOST_SLABS = 2 * 1024 * 1024;

export class ZeroSlabs {
  /** 1 for a slab of zeros. */
  readonly #found: Uint8Array;
  /** Shared memory, which another thread hashes in place. Nobody writes to it. Undefined until there is a slab of zeros. */
  #zeros: Uint8Array | undefined;

  /** `size`: bytes of the dump. */
  constructor(size: number) {
    this.#found = new Uint8Array(isZeroFilled ? Math.min(Math.ceil(size / SLAB_BYTES), MOST_SLABS) : 0);
  }

  /** Looks whether the slab at `offset` is zeros. Bytes that are not a whole slab, or lie behind the table, are passed over. */
  look(offset: number, bytes: Uint8Array): void {
    if (offset % SLAB_BYTES !== 0 || bytes.length !== SLAB_BYTES || !isZeroFilled?.(bytes)) return;
    this.#zeros ??= new Uint8Array(new SharedArrayBuffer(SLAB_BYTES));
    this.#found[offset / SLAB_BYTES] = 1;
  }

  /** `length` zeros if they lie in a slab of zeros, from `offset` on: they are to stay as they are. Undefined otherwise. */
  at(offset: number, length: number): Uint8Array | undefined {
    const slab = Math.floor(offset / SLAB_BYTES);
    const isKnown = this.#found[slab] === 1 && offset + length <= (slab + 1) * SLAB_BYTES;
    return isKnown ? this.#zeros?.subarray(0, length) : undefined;
  }
}
