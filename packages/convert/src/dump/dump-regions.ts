/**
 * The regions of a dump as columns: a core may have a million segments, and a row takes 27 bytes here, a third of an object. A region has extents: the parts of its
 * addresses whose bytes the file holds. Addresses of a region that no extent covers are not in the file.
 */

import { MslError } from "@memslice/msl";
import { ADDRESS_SPACE_END, type TimeSlice } from "@memslice/msl/work";
import type { UnmappedRuns } from "../own/unmapped-runs.js";

/** The state of pages that a dump describes and does not contain: `unmapped` for parts of files that were left out on purpose, `failed` for all others. */
export type AbsentState = "failed" | "unmapped";

/** A range of addresses that a dump describes. */
export interface DumpRegion {
  /** First address. */
  readonly start: bigint;
  /** Bytes of address space, 1 to 2^64. The region ends at 2^64 at the latest. */
  readonly size: bigint;
  /** A sum of the bits 1 R, 2 W, 4 X, 8 Guard, 16 CopyOnWrite. */
  readonly protection: number;
  /** A code of `REGION_TYPE`. */
  readonly type: number;
  /** The state of the pages that no extent covers. */
  readonly absent: AbsentState;
}

/** Bytes of a region that the file holds. */
export interface DumpExtent {
  /** Address of the first byte. */
  readonly address: bigint;
  /** Offset of the first byte in the file. */
  readonly offset: number;
  /** Number of bytes, at least 1. */
  readonly length: number;
}

const FIRST_ROWS = 64;
const ABSENT: readonly AbsentState[] = ["failed", "unmapped"];
/** In the column of absent states: the dump states the state of each absent page. */
const STATED = 2;
/** The dump states them, and contradicts itself about this region: failed. */
const IGNORED = 3;

/** Rows of numbers that grow. */
interface Column {
  readonly length: number;
  set(values: never): void;
}

/** The same column with room for twice as many rows. */
function grown<C extends Column>(column: C, make: (length: number) => C): C {
  const larger = make(2 * column.length);
  larger.set(column as never);
  return larger;
}

const words = (length: number) => new BigUint64Array(length);
const bytes = (length: number) => new Uint8Array(length);
const doubles = (length: number) => new Float64Array(length);
const counts = (length: number) => new Uint32Array(length);

/** The numbers 0 to `count - 1`. `Uint32Array.from` takes thirty times as long. */
export function rowNumbers(count: number): Uint32Array {
  const rows = new Uint32Array(count);
  for (let row = 0; row < count; row++) rows[row] = row;
  return rows;
}

/** Whether each row stands at its own number, as in an order of rows that are sorted already. Throws `aborted`. */
export async function areRowNumbers(order: Uint32Array, slice: TimeSlice): Promise<boolean> {
  for (let at = 0; at < order.length; at++) {
    if (slice.isSpent()) await slice.renew();
    if (order[at] !== at) return false;
  }
  return true;
}

/** Regions in the order in which they were added, each with its extents in ascending order. */
export class DumpRegions {
  /** What the dump states of absent pages (option `stated` of `add`). */
  unmapped: UnmappedRuns | undefined;
  readonly #limit: number;
  #count = 0;
  #extentCount = 0;
  #starts: BigUint64Array;
  /** Sizes less one, so that 2^64 fits. */
  #lasts: BigUint64Array;
  #protections: Uint8Array;
  #types: Uint8Array;
  #absents: Uint8Array;
  /** The first extent of each region. */
  #firsts: Uint32Array;
  #addresses: BigUint64Array;
  #offsets: Float64Array;
  #lengths: Float64Array;

  /**
   * `limit`: the most regions, and the most extents; `add` and `addExtent` throw `limit` beyond. `expected`: the number that there are likely to be of each. For so many
   * there is room from the start, which systems give no memory before it is used; columns that grow leave their smaller ones to the garbage collector.
   */
  constructor(limit: number, expected = 0) {
    this.#limit = limit;
    const rows = Math.max(FIRST_ROWS, Math.min(limit, expected));
    this.#starts = words(rows);
    this.#lasts = words(rows);
    this.#protections = bytes(rows);
    this.#types = bytes(rows);
    this.#absents = bytes(rows);
    this.#firsts = counts(rows);
    this.#addresses = words(rows);
    this.#offsets = doubles(rows);
    this.#lengths = doubles(rows);
  }

  /** Number of regions. */
  get length(): number {
    return this.#count;
  }

  /** Number of extents of all regions. */
  get extentCount(): number {
    return this.#extentCount;
  }

  /**
   * Adds a region; `addExtent` then adds to it. `stated`: the state of its absent pages is that of `unmapped`, if the dump has it, and stays so. Throws `internal` for
   * a region that is empty or passes 2^64, and `limit`.
   */
  add({ start, size, protection, type, absent }: DumpRegion, stated = false): void {
    if (size <= 0n || start < 0n || start + size > ADDRESS_SPACE_END) throw impossible(`a region of ${size} bytes at ${start}`);
    this.#requireRoom(this.#count, "regions");
    const row = this.#count++;
    if (row === this.#starts.length) this.#growRegions();
    this.#starts[row] = start;
    this.#lasts[row] = size - 1n;
    this.#protections[row] = protection;
    this.#types[row] = type;
    this.#absents[row] = stated && this.unmapped ? STATED : ABSENT.indexOf(absent);
    this.#firsts[row] = this.#extentCount;
  }

  /** Adds bytes to the region that was added last, behind its other extents. Throws `internal` for bytes outside the region, and `limit`. */
  addExtent({ address, offset, length }: DumpExtent): void {
    const row = this.#count - 1;
    const first = this.#firsts[row] ?? 0;
    const last = this.#extentCount - 1;
    const from = last < first ? (this.#starts[row] ?? 0n) : this.#endOf(last);
    const to = (this.#starts[row] ?? 0n) + (this.#lasts[row] ?? 0n) + 1n;
    if (row < 0 || length < 1 || address < from || address + BigInt(length) > to)
      throw impossible(`${length} bytes at address ${address} of a region that has room from ${from} to ${to}`);
    this.#requireRoom(this.#extentCount, "ranges of bytes");
    const extent = this.#extentCount++;
    if (extent === this.#addresses.length) this.#growExtents();
    this.#addresses[extent] = address;
    this.#offsets[extent] = offset;
    this.#lengths[extent] = length;
  }

  /** Sets what was learned after the region had been added. `row`: 0 to `length - 1`. */
  describe(row: number, { type, absent, protection }: Partial<Pick<DumpRegion, "type" | "absent" | "protection">>): void {
    if (type !== undefined) this.#types[row] = type;
    if (absent !== undefined && !this.isStated(row)) this.#absents[row] = ABSENT.indexOf(absent);
    if (protection !== undefined) this.#protections[row] = protection;
  }

  /** `row`: 0 to `length - 1`. */
  region(row: number): DumpRegion {
    return {
      start: this.#starts[row] ?? 0n,
      size: (this.#lasts[row] ?? 0n) + 1n,
      protection: this.#protections[row] ?? 0,
      type: this.#types[row] ?? 0,
      absent: ABSENT[this.#absents[row] ?? 0] ?? "failed",
    };
  }

  /** Whether `unmapped` has the states of the absent pages of a region; `region` then says failed for them. */
  isStated(row: number): boolean {
    return this.#absents[row] === STATED;
  }

  /** Takes the absent pages of a region for failed, whatever the dump states of them. Without effect for other regions. */
  ignoreStates(row: number): void {
    if (this.isStated(row)) this.#absents[row] = IGNORED;
  }

  /** Whether `ignoreStates` changed the region. */
  hasIgnoredStates(row: number): boolean {
    return this.#absents[row] === IGNORED;
  }

  /** The first address of a region, without an object. */
  startOf(row: number): bigint {
    return this.#starts[row] ?? 0n;
  }

  /** The numbers of a region's extents: `from` to `to - 1`, in ascending order of addresses. */
  extentsOf(row: number): { readonly from: number; readonly to: number } {
    const to = row + 1 < this.#count ? (this.#firsts[row + 1] ?? 0) : this.#extentCount;
    return { from: this.#firsts[row] ?? 0, to };
  }

  /** `index`: one of `extentsOf`. */
  extent(index: number): DumpExtent {
    return { address: this.#addresses[index] ?? 0n, offset: this.#offsets[index] ?? 0, length: this.#lengths[index] ?? 0 };
  }

  #endOf(extent: number): bigint {
    return (this.#addresses[extent] ?? 0n) + BigInt(this.#lengths[extent] ?? 0);
  }

  #requireRoom(count: number, what: string): void {
    if (count < this.#limit) return;
    throw new MslError("limit", `The dump has more than ${this.#limit} ${what}; raise the option regionLimit`);
  }

  #growRegions(): void {
    this.#starts = grown(this.#starts, words);
    this.#lasts = grown(this.#lasts, words);
    this.#protections = grown(this.#protections, bytes);
    this.#types = grown(this.#types, bytes);
    this.#absents = grown(this.#absents, bytes);
    this.#firsts = grown(this.#firsts, counts);
  }

  #growExtents(): void {
    this.#addresses = grown(this.#addresses, words);
    this.#offsets = grown(this.#offsets, doubles);
    this.#lengths = grown(this.#lengths, doubles);
  }
}

function impossible(what: string): MslError {
  return new MslError("internal", `An importer adds ${what}`);
}
