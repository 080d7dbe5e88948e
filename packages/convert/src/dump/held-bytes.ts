/**
 * Which bytes of addresses a dump has, whichever of its regions has them. Regions that begin inside a page share pages with others: the rest of such a page is what the
 * other region has, and zeros only where none has bytes, so that no filled byte hides one of the dump.
 */
import { sortInSlices, TimeSlice } from "@memslice/msl/work";
import type { DumpRegions } from "./dump-regions.js";

/** Consecutive addresses, and where their bytes are in the file; undefined if no region has them. */
interface HeldPiece {
  readonly length: number;
  readonly offset: number | undefined;
}

/** Work of an extent, in units of `TimeSlice`. */
const UNITS_PER_EXTENT = 4;

export class HeldBytes {
  /** In ascending order, none with addresses of another. */
  readonly #starts: BigUint64Array;
  readonly #lengths: Float64Array;
  readonly #offsets: Float64Array;

  private constructor(starts: BigUint64Array, lengths: Float64Array, offsets: Float64Array) {
    this.#starts = starts;
    this.#lengths = lengths;
    this.#offsets = offsets;
  }

  /** For regions to which none is added any more, in pages of `pageSize` bytes. Where regions overlap, the one that begins first has the bytes. Throws `aborted`. */
  static async of(regions: DumpRegions, pageSize: number, signal: AbortSignal | undefined): Promise<HeldBytes> {
    const slice = new TimeSlice(signal);
    const count = (await hasPartialPages(regions, BigInt(pageSize), slice)) ? regions.extentCount : 0;
    const order = await sortInSlices(
      Uint32Array.from({ length: count }, (_, index) => index),
      (a, b) => regions.extent(a).address < regions.extent(b).address,
      slice,
    );
    const [starts, lengths, offsets] = [new BigUint64Array(count), new Float64Array(count), new Float64Array(count)];
    let [kept, end] = [0, 0n];
    for (const index of order) {
      if (slice.isSpent(UNITS_PER_EXTENT)) await slice.renew();
      const { address, offset, length } = regions.extent(index);
      const last = address + BigInt(length);
      if (last <= end) continue;
      const covered = address < end ? Number(end - address) : 0;
      starts[kept] = address + BigInt(covered);
      lengths[kept] = length - covered;
      offsets[kept] = offset + covered;
      kept++;
      end = last;
    }
    return new HeldBytes(starts.subarray(0, kept), lengths.subarray(0, kept), offsets.subarray(0, kept));
  }

  /** The addresses `from` to `to - 1` in pieces, which follow each other. */
  *pieces(from: bigint, to: bigint): Generator<HeldPiece, void, undefined> {
    let at = from;
    for (let row = this.#firstEndingBehind(from); row < this.#starts.length && at < to; row++) {
      const start = this.#starts[row] ?? 0n;
      if (start >= to) break;
      if (start > at) {
        yield { length: Number(start - at), offset: undefined };
        at = start;
      }
      const skipped = Number(at - start);
      const length = Math.min((this.#lengths[row] ?? 0) - skipped, Number(to - at));
      yield { length, offset: (this.#offsets[row] ?? 0) + skipped };
      at += BigInt(length);
    }
    if (at < to) yield { length: Number(to - at), offset: undefined };
  }

  #firstEndingBehind(address: bigint): number {
    let [low, high] = [0, this.#starts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle] ?? 0n) + BigInt(this.#lengths[middle] ?? 0) <= address) low = middle + 1;
      else high = middle;
    }
    return low;
  }
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
