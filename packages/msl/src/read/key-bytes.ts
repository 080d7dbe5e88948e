/**
 * Reads the bytes of keys region by region, and forward in each region: page data that is decompressed in pieces can only be read forward, and a
 * step back would decompress it from its start again.
 */
import { concatenated, ownBytes } from "../bytes.js";
import type { BlockRegion } from "../memory/block-region.js";
import { sortInSlices, type TimeSlice } from "../source/time-slice.js";

/** The bytes of a hint in the page data of a region. */
export interface KeyPlace {
  readonly region: BlockRegion;
  /** Offset in the page data. */
  readonly offset: number;
  readonly length: number;
  /** Set by `readKeys`. */
  bytes?: Uint8Array;
}

/** Sets the bytes of all places. Reads the page data of each region once. */
export async function readKeys(places: readonly KeyPlace[], slice: TimeSlice, signal: AbortSignal | undefined): Promise<void> {
  let reader: ForwardReader | undefined;
  for (const position of await readingOrder(places, slice)) {
    if (slice.isSpent(8)) await slice.renew();
    const place = places[position];
    if (!place) continue;
    if (reader?.region !== place.region) reader = new ForwardReader(place.region);
    place.bytes = await reader.read(place, signal);
  }
}

/** Positions in the list of places, sorted by region and then by offset. */
async function readingOrder(places: readonly KeyPlace[], slice: TimeSlice): Promise<Uint32Array> {
  const numbers = new Map<BlockRegion, number>();
  const regions = new Uint32Array(places.length);
  for (const [position, { region }] of places.entries()) {
    if (slice.isSpent()) await slice.renew();
    const number = numbers.get(region) ?? numbers.size;
    numbers.set(region, number);
    regions[position] = number;
  }
  const region = (position: number) => regions[position] ?? 0;
  const offset = (position: number) => places[position]?.offset ?? 0;
  const before = (a: number, b: number) => region(a) < region(b) || (region(a) === region(b) && offset(a) < offset(b));
  return sortInSlices(
    regions.map((_, position) => position),
    before,
    slice,
  );
}

/** Reads places of one region in the order of their offsets. Keeps the bytes that the next place may share, so that no byte is read twice. */
class ForwardReader {
  readonly region: BlockRegion;
  #kept: Uint8Array = new Uint8Array(0);
  /** The offset of `#kept` in the page data. */
  #start = 0;

  constructor(region: BlockRegion) {
    this.region = region;
  }

  async read({ offset, length }: KeyPlace, signal: AbortSignal | undefined): Promise<Uint8Array> {
    this.#kept = this.#kept.subarray(Math.min(offset - this.#start, this.#kept.length));
    this.#start = offset;
    const missing = length - this.#kept.length;
    if (missing > 0) {
      const more = await this.region.readPageData(offset + this.#kept.length, missing, signal);
      this.#kept = concatenated([this.#kept, more]);
    }
    return ownBytes(this.#kept.subarray(0, length));
  }
}
