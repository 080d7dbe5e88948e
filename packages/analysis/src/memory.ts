/** The one door to bytes by address: every question of this package asks a `Memory`, and nothing else. */

import {
  type FileExtent,
  type MemoryOrigin,
  type MemoryOwner,
  type MemoryRange,
  type MemorySegment,
  type MemoryStateRange,
  MslError,
  type Region,
} from "@memslice/msl";
import { ADDRESS_SPACE_END } from "@memslice/msl/work";

/** `capture.memory` of @memslice/msl, a flat image, or a process that runs. */
export interface Memory {
  /** The ranges between two addresses whose bytes can be read, by default of the whole address space; ascending, ranges that touch are joined. */
  ranges(from?: bigint, to?: bigint, signal?: AbortSignal): AsyncIterable<MemoryRange>;
  /** The bytes of `ranges`, each range or a part of it as soon as it is known. A memory without it tells whole ranges. */
  rangeParts?(from?: bigint, to?: bigint, signal?: AbortSignal): AsyncIterable<MemoryRange>;
  /** Reads as many bytes as `target` has. Bytes of `target` at holes stay as they are; the result tells the state of every byte. */
  readInto(target: Uint8Array, address: bigint, signal?: AbortSignal): Promise<MemoryContent>;
  /**
   * Where captured bytes lie in a file, as they are and one behind the other; undefined if they do not. Threads read the file then. A memory without it is
   * read by the thread that asks.
   */
  inFile?(address: bigint, length: number, signal?: AbortSignal): Promise<FileExtent | undefined>;
  /** Bytes in each state between two addresses. A memory without it has no holes inside its ranges, and nothing is known about the rest. */
  extent?(from?: bigint, to?: bigint, signal?: AbortSignal): Promise<MemoryExtent>;
  /** The addresses between two addresses whose state is known, ascending. A memory without it has captured bytes in its ranges, and nothing elsewhere. */
  states?(from?: bigint, to?: bigint, signal?: AbortSignal): AsyncIterable<MemoryStateRange>;
  /** The regions that share an address with `[from, to)`, in the order of their base addresses. A memory without it has no regions that share addresses. */
  regionsBetween?(from: bigint, to: bigint, signal?: AbortSignal): Promise<readonly Region[]>;
  /** The region that reads prefer at each address of a region, ascending. A memory with `regionsBetween` has it. */
  owners?(from?: bigint, to?: bigint, signal?: AbortSignal): AsyncIterable<MemoryOwner>;
  /**
   * Throws `changed` if the file that the memory is read from was written to since it was opened. Questions ask this while they run and when they end: bytes
   * from before and after a change make findings that no memory ever had, and hide others. A memory without it cannot tell.
   */
  requireUnchanged?(): Promise<void>;
  /** The capture that the memory is of, which tells what it lacks as a whole. Of a memory without it, all regions are known. */
  readonly origin?: MemoryOrigin | undefined;
}

/** The answer to a read: the state of every byte, in address order and without gaps. Captured segments have their bytes. */
export interface MemoryContent {
  readonly segments: readonly MemorySegment[];
}

/** Bytes by the state of their page. Bytes that no region covers count nowhere. */
export interface MemoryExtent {
  readonly captured: bigint;
  readonly failed: bigint;
  readonly unmapped: bigint;
  /** Bytes of captured pages that the capture does not hold: it is cut off, or its page data cannot be read. */
  readonly missing: bigint;
}

/** Bytes that lie at consecutive addresses: a raw image. */
export class FlatMemory implements Memory {
  readonly #bytes: Uint8Array;
  readonly #start: bigint;
  readonly #end: bigint;

  /** `base`: the address of the first byte. Throws `usage` if the bytes pass the end of the 64-bit address space. */
  constructor(bytes: Uint8Array, base: bigint) {
    this.#bytes = bytes;
    this.#start = base;
    this.#end = base + BigInt(bytes.length);
    if (base < 0n || this.#end > ADDRESS_SPACE_END) {
      throw new MslError(
        "usage",
        `${bytes.length} bytes at 0x${base.toString(16)} do not lie in the 64-bit address space: choose a base with room for them`,
      );
    }
  }

  async *ranges(from = 0n, to = ADDRESS_SPACE_END): AsyncGenerator<MemoryRange, void, undefined> {
    const start = from > this.#start ? from : this.#start;
    const end = to < this.#end ? to : this.#end;
    if (start < end) yield { start, end };
  }

  async readInto(target: Uint8Array, address: bigint): Promise<MemoryContent> {
    const end = address + BigInt(target.length);
    const segments: MemorySegment[] = [];
    const absent = (from: bigint, to: bigint) => {
      if (from < to) segments.push({ address: from, length: Number(to - from), state: "absent" });
    };
    const from = address > this.#start ? address : this.#start;
    const to = end < this.#end ? end : this.#end;
    if (from >= to) absent(address, end);
    else {
      absent(address, from);
      const bytes = target.subarray(Number(from - address), Number(to - address));
      bytes.set(this.#bytes.subarray(Number(from - this.#start), Number(to - this.#start)));
      segments.push({ address: from, length: bytes.length, state: "captured", bytes });
      absent(to, end);
    }
    return { segments };
  }

  async extent(from = 0n, to = ADDRESS_SPACE_END): Promise<MemoryExtent> {
    let captured = 0n;
    for await (const { start, end } of this.ranges(from, to)) captured += end - start;
    return { captured, failed: 0n, unmapped: 0n, missing: 0n };
  }
}
