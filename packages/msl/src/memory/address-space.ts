/** The captured process's memory by virtual address. */
import { MslError } from "../errors.js";
import { MemoryRead, type MemorySegment, type MemoryState } from "./memory-read.js";
import type { Region } from "./region.js";
import { RegionTable } from "./region-table.js";
import { resolveOverlaps, type Stretch, stretchesOf } from "./stretches.js";

const ADDRESS_SPACE_END = 1n << 64n;

export class AddressSpace {
  readonly #load: () => Promise<readonly Region[]>;
  #table: Promise<RegionTable> | undefined;

  /** `load` is called once, on first use. */
  constructor(load: () => Promise<readonly Region[]>) {
    this.#load = load;
  }

  /** The regions that contain the address, in the order of their base addresses. */
  async regionsAt(address: bigint): Promise<Region[]> {
    return (await this.#regions()).between(address, address + 1n);
  }

  /**
   * Reads `[address, address + length)`. Where regions overlap, a captured page wins over one that is not, then the later
   * timestamp, then the later block. Throws `usage` for a range outside the 64-bit address space.
   */
  async read(address: bigint, length: number, signal?: AbortSignal): Promise<MemoryRead> {
    const end = requireAddressRange(address, length);
    const stretches: Stretch[] = [];
    for (const region of (await this.#regions()).between(address, end))
      stretches.push(...(await stretchesOf(region, address, end, signal)));
    const segments: MemorySegment[] = [];
    let at = address;
    for (const stretch of resolveOverlaps(stretches)) {
      if (stretch.start > at) segments.push(hole(at, stretch.start, "absent"));
      segments.push(...(await readStretch(stretch, signal)));
      at = stretch.end;
    }
    if (at < end) segments.push(hole(at, end, "absent"));
    return new MemoryRead(address, length, segments);
  }

  #regions(): Promise<RegionTable> {
    this.#table ??= this.#load()
      .then((regions) => new RegionTable(regions))
      .catch((error: unknown) => {
        this.#table = undefined;
        throw error;
      });
    return this.#table;
  }
}

/** The bytes of a stretch; all its addresses lie in pages of one state. */
async function readStretch({ start, end, state, region }: Stretch, signal: AbortSignal | undefined): Promise<MemorySegment[]> {
  if (state !== "captured") return [hole(start, end, state === "reserved" ? "failed" : state)];
  const bytes = await region.readCaptured(Number(start - region.baseAddr), Number(end - start), signal);
  const segments: MemorySegment[] = bytes.length > 0 ? [{ address: start, length: bytes.length, state, bytes }] : [];
  const reached = start + BigInt(bytes.length);
  if (reached < end) segments.push(hole(reached, end, "missing"));
  return segments;
}

function hole(from: bigint, to: bigint, state: MemoryState): MemorySegment {
  return { address: from, length: Number(to - from), state };
}

function requireAddressRange(address: bigint, length: number): bigint {
  if (!Number.isSafeInteger(length) || length < 0)
    throw new MslError("usage", `Cannot read ${length} bytes: expected a whole number, 0 or more`);
  const end = address + BigInt(length);
  if (address < 0n || end > ADDRESS_SPACE_END) {
    throw new MslError("usage", `0x${address.toString(16)} and ${length} bytes pass the end of the 64-bit address space`);
  }
  return end;
}
