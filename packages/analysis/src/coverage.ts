/** How much of memory a question looked at: "not found" in a part of memory is not "absent". */
import type { Memory, MemoryExtent } from "./memory.js";
import { overlappedRegions } from "./overlaps.js";

/** What a capture lacks as a whole: nobody knows which addresses it had, so that it counts in no number of bytes. */
export interface MissingRegions {
  /** Memory Region blocks whose addresses cannot be read. */
  readonly unreadableRegions: number;
  /** Whether the header announces MemoryRegions, and the capture has no block with it: all of its memory is missing. */
  readonly regionsMissing: boolean;
  /** Whether the capture has no End-of-Capture: regions may be missing. */
  readonly cutOff: boolean;
}

/** Bytes by what a question could do with them, and what is missing as a whole, whatever addresses were asked about. */
export interface Coverage extends MissingRegions {
  /** Bytes that the question looked at. */
  readonly searched: bigint;
  /** Bytes that it should have looked at and did not: their pages failed, the capture does not hold them, or the question ended early or gave them up. */
  readonly notSearched: {
    readonly failed: bigint;
    readonly missing: bigint;
    /**
     * Captured bytes of regions at addresses where another region is preferred: reads by address do not give them. `overlappedRegions` tells whose they are, and
     * `regionMemory` gives the memory of a region alone.
     */
    readonly overlapped: bigint;
    /** The question ended before it came to them: at its limit of findings, or because the caller left the loop. */
    readonly leftOut: bigint;
    /**
     * Bytes that were made so that looking at them would take very long, such as thousands of overlapping structures: the question has bounds for
     * them. What it found in them is told.
     */
    readonly givenUp: bigint;
  };
  /** Bytes of pages that were no memory of the process when they were captured. */
  readonly unmapped: bigint;
  /** Whether the question ended at its limit of findings: there may be more, also in bytes that it looked at. */
  readonly atLimit: boolean;
  /**
   * Whether the question looked at every byte that it should have looked at, no region is missing as a whole, and the question ended neither at its limit nor
   * with an error.
   */
  readonly complete: boolean;
}

/** Counts what a question looks at, and compares it with what there is. */
export class CoverageCount {
  #searched = 0n;
  #givenUp = 0n;
  #atLimit = false;
  #failed = false;

  add(bytes: number): void {
    this.#searched += BigInt(bytes);
  }

  /** Bytes that were added were looked at only in part. */
  giveUp(bytes: number): void {
    this.#givenUp += BigInt(bytes);
    this.#searched -= BigInt(bytes);
  }

  /** The question ends at its limit of findings. */
  endAtLimit(): void {
    this.#atLimit = true;
  }

  /** The question ends with an error: nothing is known about what it looked at, such as bytes that were changed meanwhile. */
  fail(): void {
    this.#failed = true;
  }

  /** `from` and `to` bound the addresses that were asked about. A memory without `extent` has no bytes outside its ranges. */
  async end(memory: Memory, from: bigint, to: bigint, signal?: AbortSignal): Promise<Coverage> {
    const { failed, missing, unmapped, captured } = await extentOf(memory, from, to, signal);
    const known = this.#searched + this.#givenUp;
    const overlapped = await overlappedBytes(memory, from, to, signal);
    const leftOut = captured > known ? captured - known : 0n;
    const lacking = await missingRegions(memory, signal);
    return {
      searched: this.#searched,
      notSearched: { failed, missing, overlapped, leftOut, givenUp: this.#givenUp },
      unmapped,
      ...lacking,
      atLimit: this.#atLimit,
      complete:
        failed + missing + overlapped + leftOut + this.#givenUp === 0n &&
        hasAllRegions(lacking) &&
        !this.#atLimit &&
        !this.#failed,
    };
  }
}

/** What the capture that the memory is of lacks as a whole. Throws what the capture throws, and `aborted`. */
export async function missingRegions({ origin }: Memory, signal?: AbortSignal): Promise<MissingRegions> {
  if (!origin) return { unreadableRegions: 0, regionsMissing: false, cutOff: false };
  return {
    unreadableRegions: (await origin.unreadableRegions(signal)).length,
    regionsMissing: origin.announcedButMissing.includes("MemoryRegions"),
    cutOff: origin.end.eocIndex === null,
  };
}

/** Whether no region is missing as a whole. */
export function hasAllRegions({ unreadableRegions, regionsMissing, cutOff }: MissingRegions): boolean {
  return unreadableRegions === 0 && !regionsMissing && !cutOff;
}

/** Bytes in each state between two addresses, also of a memory that tells its ranges alone. */
export async function extentOf(memory: Memory, from: bigint, to: bigint, signal: AbortSignal | undefined): Promise<MemoryExtent> {
  return (await memory.extent?.(from, to, signal)) ?? capturedAlone(memory, from, to, signal);
}

/** Captured bytes between two addresses that reads by address do not give, since they prefer another region there. */
export async function overlappedBytes(
  memory: Memory,
  from: bigint,
  to: bigint,
  signal: AbortSignal | undefined,
): Promise<bigint> {
  const regions = await overlappedRegions(memory, from, to, signal);
  return regions.reduce((sum, { bytes }) => sum + bytes, 0n);
}

async function capturedAlone(memory: Memory, from: bigint, to: bigint, signal: AbortSignal | undefined): Promise<MemoryExtent> {
  let captured = 0n;
  for await (const { start, end } of memory.ranges(from, to, signal)) captured += end - start;
  return { captured, failed: 0n, unmapped: 0n, missing: 0n };
}
