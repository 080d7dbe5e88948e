/** The memory of a capture as rows, one for each range of addresses of one region whose bytes are there or not: what an export plans its file with. */
import type { Capture, MemoryOwner, MemoryRange, Region } from "@memslice/msl";
import { TimeSlice } from "@memslice/msl/work";
import { UnmappedRuns } from "../own/unmapped-runs.js";
import type { ExportedMemory } from "./export-report.js";

/** Addresses `[start, end)` of one region. */
export interface MemoryRow {
  readonly start: bigint;
  readonly end: bigint;
  /** Whether the capture has the bytes. */
  readonly captured: boolean;
  /** Bits of the region's Protection. */
  readonly protection: number;
  /** RegionType of the region. */
  readonly type: number;
  /** Whether the row before ends where this one begins, and has the same region. */
  readonly continues: boolean;
}

const CHUNK = 1 << 14;
const CAPTURED = 0x100;
const CONTINUES = 0x200;

/** Columns of consecutive rows. */
interface Chunk {
  readonly starts: BigUint64Array;
  /** Bytes of the row, at most those of its region: 2^64 - 1. */
  readonly lengths: BigUint64Array;
  /** Protection, and whether the row is captured and continues a region. */
  readonly flags: Uint16Array;
  readonly types: Uint8Array;
}

/**
 * The rows in ascending order. 19 bytes each: neighbouring holes of a region are one row, whatever their states, so that their number is bounded by the
 * captured pages that the capture holds. Runs of unmapped pages are kept beside them, up to a bound.
 */
export class MemoryRows {
  readonly #chunks: Chunk[] = [];
  #length = 0;
  #end = 0n;
  #lastRegion: Region | undefined;
  /** Which absent bytes are of unmapped pages; of all others, the pages are failed, or their bytes missing. */
  readonly unmapped = new UnmappedRuns();
  readonly #memory = { captured: 0n, failed: 0n, unmapped: 0n, missing: 0n };
  #salvaged = 0n;
  #regions = 0;
  #ranges = 0;
  /** Where the captured bytes end that were added last. */
  #capturedEnd: bigint | undefined;

  /** Looks at the page states of all regions in the ranges, which ascend. Throws what reading them throws, and `aborted`. */
  static async of(capture: Capture, ranges: readonly MemoryRange[], signal: AbortSignal | undefined): Promise<MemoryRows> {
    const rows = new MemoryRows();
    const slice = new TimeSlice(signal);
    for (const range of ranges) {
      for await (const { start, end, state, region } of capture.memory.owners(range.start, range.end, signal)) {
        if (slice.isSpent()) await slice.renew();
        rows.#add({ start, end, state, region });
      }
    }
    return rows;
  }

  get length(): number {
    return this.#length;
  }

  /** Number of regions, and of parts of regions between others: rows that do not continue the one before. */
  get regions(): number {
    return this.#regions;
  }

  /** Number of captured ranges; neighbours count once, also of two regions. */
  get ranges(): number {
    return this.#ranges;
  }

  /** Whether there is memory that was not captured. */
  get hasHoles(): boolean {
    return this.#memory.failed + this.#memory.unmapped + this.#memory.missing > 0n;
  }

  get memory(): ExportedMemory {
    return this.#memory;
  }

  /** Captured bytes of regions that were found by searching behind damage. */
  get salvaged(): bigint {
    return this.#salvaged;
  }

  at(index: number): MemoryRow {
    const chunk = this.#chunks[Math.floor(index / CHUNK)];
    const place = index % CHUNK;
    const [start = 0n, length = 0n, flags = 0] = [chunk?.starts[place], chunk?.lengths[place], chunk?.flags[place]];
    return {
      ...{ start, end: start + length, captured: (flags & CAPTURED) !== 0, protection: flags & 0xff },
      ...{ type: chunk?.types[place] ?? 0, continues: (flags & CONTINUES) !== 0 },
    };
  }

  *[Symbol.iterator](): Generator<MemoryRow, void, undefined> {
    for (let index = 0; index < this.#length; index++) yield this.at(index);
  }

  #add({ start, end, state, region }: MemoryOwner): void {
    const captured = state === "captured";
    this.#memory[state] += end - start;
    if (state === "unmapped") this.unmapped.add({ start, end });
    if (region.salvaged && captured) this.#salvaged += end - start;
    const flags = (region.head.protection & 0xff) | (captured ? CAPTURED : 0);
    const last = this.#length - 1;
    const chunk = this.#chunks[Math.floor(last / CHUNK)];
    const place = last % CHUNK;
    const continues = chunk !== undefined && this.#end === start && this.#lastRegion === region;
    if (!continues) this.#regions++;
    if (captured && this.#capturedEnd !== start) this.#ranges++;
    if (captured) this.#capturedEnd = end;
    if (continues && ((chunk.flags[place] ?? 0) & ~CONTINUES) === flags) {
      chunk.lengths[place] = end - (chunk.starts[place] ?? 0n);
    } else this.#append(start, end - start, continues ? flags | CONTINUES : flags, region.head.regionType);
    this.#end = end;
    this.#lastRegion = region;
  }

  #append(start: bigint, length: bigint, flags: number, type: number): void {
    const place = this.#length % CHUNK;
    if (place === 0)
      this.#chunks.push({
        starts: new BigUint64Array(CHUNK),
        lengths: new BigUint64Array(CHUNK),
        flags: new Uint16Array(CHUNK),
        types: new Uint8Array(CHUNK),
      });
    const chunk = this.#chunks.at(-1);
    if (!chunk) return;
    chunk.starts[place] = start;
    chunk.lengths[place] = length;
    chunk.flags[place] = flags;
    chunk.types[place] = type;
    this.#length++;
  }
}
