/**
 * Which bytes of addresses a dump has, whichever of its regions has them. Regions that begin inside a page share pages with others: the rest of such a page is what the
 * other region has, and zeros only where none has bytes, so that no filled byte hides one of the dump.
 */
import { sortInSlices, type TimeSlice } from "@memslice/msl/work";
import { type DumpExtent, type DumpRegions, rowNumbers } from "./dump-regions.js";
import { nextSlice } from "./next-slice.js";

/** Consecutive addresses, and where their bytes are in the file; undefined if no region has them. */
interface HeldPiece {
  readonly length: number;
  readonly offset: number | undefined;
}

/** Work of an extent, in units of `TimeSlice`. */
const UNITS_PER_EXTENT = 4;

export class HeldBytes {
  readonly #regions: DumpRegions;
  /** The numbers of the extents that have bytes which no other one before has, in ascending order of addresses. Each has those behind the end of the one before. */
  readonly #order: Uint32Array;

  private constructor(regions: DumpRegions, order: Uint32Array) {
    this.#regions = regions;
    this.#order = order;
  }

  /** For regions to which none is added any more, in pages of `pageSize` bytes. Where regions overlap, the one that begins first has the bytes. Throws `aborted`. */
  static async of(regions: DumpRegions, pageSize: number, signal: AbortSignal | undefined): Promise<HeldBytes> {
    const slice = await nextSlice(signal);
    const count = (await hasPartialPages(regions, BigInt(pageSize), slice)) ? regions.extentCount : 0;
    const order = await sortInSlices(rowNumbers(count), (a, b) => regions.extent(a).address < regions.extent(b).address, slice);
    let [kept, end] = [0, 0n];
    for (const index of order) {
      if (slice.isSpent(UNITS_PER_EXTENT)) await slice.renew();
      const last = endOf(regions.extent(index));
      if (last <= end) continue;
      order[kept++] = index;
      end = last;
    }
    return new HeldBytes(regions, order.subarray(0, kept));
  }

  /** The addresses `from` to `to - 1` in pieces, which follow each other. */
  *pieces(from: bigint, to: bigint): Generator<HeldPiece, void, undefined> {
    let at = from;
    for (let row = this.#firstEndingBehind(from); row < this.#order.length && at < to; row++) {
      const extent = this.#regions.extent(this.#order[row] ?? 0);
      // Bytes before the end of the extent before are that one's, and `at` has passed them.
      const end = endOf(extent);
      if (extent.address >= to) break;
      if (extent.address > at) {
        yield { length: Number(extent.address - at), offset: undefined };
        at = extent.address;
      }
      const length = Number((end < to ? end : to) - at);
      yield { length, offset: extent.offset + Number(at - extent.address) };
      at += BigInt(length);
    }
    if (at < to) yield { length: Number(to - at), offset: undefined };
  }

  #firstEndingBehind(address: bigint): number {
    let [low, high] = [0, this.#order.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (endOf(this.#regions.extent(this.#order[middle] ?? 0)) <= address) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function endOf({ address, length }: DumpExtent): bigint {
  return address + BigInt(length);
}

/** Whether an extent begins or ends inside a page, counted from the start of its region. */
async function hasPartialPages(regions: DumpRegions, page: bigint, slice: TimeSlice): Promise<boolean> {
  for (let row = 0; row < regions.length; row++) {
    const start = regions.startOf(row);
    const { from, to } = regions.extentsOf(row);
    for (let index = from; index < to; index++) {
      if (slice.isSpent(UNITS_PER_EXTENT)) await slice.renew();
      const { address, length } = regions.extent(index);
      if ((address - start) % page !== 0n || BigInt(length) % page !== 0n) return true;
    }
  }
  return false;
}
