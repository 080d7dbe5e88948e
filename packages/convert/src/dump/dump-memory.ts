/** Memory of a dump by address, for what importers read of it: headers of modules, texts that vectors point to. */
import type { Source } from "@memslice/msl";
import { sortInSlices } from "@memslice/msl/work";
import { type DumpRegions, rowNumbers } from "./dump-regions.js";
import { nextSlice } from "./next-slice.js";

export class DumpMemory {
  readonly #source: Source;
  readonly #regions: DumpRegions;
  /** Rows in the order of their addresses. */
  readonly #order: Uint32Array;
  readonly #signal: AbortSignal | undefined;

  private constructor(source: Source, regions: DumpRegions, order: Uint32Array, signal: AbortSignal | undefined) {
    this.#source = source;
    this.#regions = regions;
    this.#order = order;
    this.#signal = signal;
  }

  /** For regions to which none is added any more. */
  static async of(source: Source, regions: DumpRegions, signal: AbortSignal | undefined): Promise<DumpMemory> {
    const rows = rowNumbers(regions.length);
    const slice = await nextSlice(signal);
    const order = await sortInSlices(rows, (a, b) => regions.startOf(a) < regions.startOf(b), slice);
    return new DumpMemory(source, regions, order, signal);
  }

  /** The region that has the address, the one that begins last if several do and it has it; -1 if none does. */
  rowAt(address: bigint): number {
    const index = lastNotAbove(0, this.#order.length, address, (at) => this.#regions.startOf(this.#order[at] ?? 0));
    const row = this.#order[index];
    if (row === undefined) return -1;
    const { start, size } = this.#regions.region(row);
    return address < start + size ? row : -1;
  }

  /** Bytes from an address on, up to the first one that the dump does not have; none if it does not have the first. */
  async read(address: bigint, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const piece = await this.#piece(address + BigInt(done), length - done);
      if (piece.length === 0) break;
      bytes.set(piece, done);
      done += piece.length;
    }
    return bytes.subarray(0, done);
  }

  /** Bytes of one extent. */
  async #piece(address: bigint, length: number): Promise<Uint8Array> {
    const row = this.rowAt(address);
    if (row < 0) return new Uint8Array(0);
    const { from, to } = this.#regions.extentsOf(row);
    const index = lastNotAbove(from, to, address, (at) => this.#regions.extent(at).address);
    if (index < from) return new Uint8Array(0);
    const extent = this.#regions.extent(index);
    const skipped = address - extent.address;
    if (skipped >= BigInt(extent.length)) return new Uint8Array(0);
    const there = Math.min(length, extent.length - Number(skipped));
    return this.#source.read(extent.offset + Number(skipped), there, this.#signal);
  }
}

/** The last of the ascending values `from` to `to - 1` that is not above `limit`; `from - 1` if all are. */
function lastNotAbove(from: number, to: number, limit: bigint, valueAt: (index: number) => bigint): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (valueAt(middle) <= limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
