/** Parts of pages that regions of their own are to hold, as columns: a dump may have millions of short ranges. */
import { ADDRESS_SPACE_END, type TimeSlice } from "@memslice/msl/work";
import type { DumpExtent, DumpRegion, DumpRegions } from "../dump/dump-regions.js";
import { LEAST_PAGE } from "../dump/exact-pages.js";

const FIRST_ROWS = 16;
/** The last address at which a page has room. */
const LATEST = ADDRESS_SPACE_END - BigInt(LEAST_PAGE);

export class PageParts {
  #count = 0;
  #addresses = new BigUint64Array(FIRST_ROWS);
  #offsets = new Float64Array(FIRST_ROWS);
  #lengths = new Float64Array(FIRST_ROWS);

  /** Number of regions. */
  get length(): number {
    return this.#count;
  }

  /**
   * Takes the first `bytes` bytes of an extent: as many whole pages of `LEAST_PAGE` as it has, in regions that may share bytes. One that has no such page becomes one region, which is
   * filled behind its bytes.
   */
  take({ address, offset, length }: DumpExtent, bytes: number): void {
    const whole = Math.floor(Math.min(length, Math.ceil(bytes / LEAST_PAGE) * LEAST_PAGE) / LEAST_PAGE) * LEAST_PAGE;
    const add = (from: number, size: number) => this.#add(address + BigInt(from), offset + from, size);
    add(0, whole === 0 ? bytes : whole);
    if (whole > 0 && whole < bytes) add(bytes - LEAST_PAGE, LEAST_PAGE);
  }

  /** Adds a region for each part, and keeps none. Throws `limit` and `aborted`. */
  async moveTo(
    regions: DumpRegions,
    { protection, type }: Pick<DumpRegion, "protection" | "type">,
    slice: TimeSlice,
  ): Promise<void> {
    for (let row = 0; row < this.#count; row++) {
      if (slice.isSpent()) await slice.renew();
      const extent = { address: this.#addresses[row] ?? 0n, offset: this.#offsets[row] ?? 0, length: this.#lengths[row] ?? 0 };
      // At the end of all addresses, where no page would fit behind them, a region begins before its bytes.
      const start = extent.address < LATEST ? extent.address : LATEST;
      const size = extent.address + BigInt(extent.length) - start;
      regions.add({ start, size, protection, type, absent: "failed" });
      regions.addExtent(extent);
    }
    this.#count = 0;
  }

  #add(address: bigint, offset: number, length: number): void {
    if (this.#count === this.#addresses.length) this.#grow();
    this.#addresses[this.#count] = address;
    this.#offsets[this.#count] = offset;
    this.#lengths[this.#count] = length;
    this.#count++;
  }

  #grow(): void {
    const { length } = this.#addresses;
    const [addresses, offsets, lengths] = [
      new BigUint64Array(2 * length),
      new Float64Array(2 * length),
      new Float64Array(2 * length),
    ];
    addresses.set(this.#addresses);
    offsets.set(this.#offsets);
    lengths.set(this.#lengths);
    this.#addresses = addresses;
    this.#offsets = offsets;
    this.#lengths = lengths;
  }
}
