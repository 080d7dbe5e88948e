/** The bytes of findings and the captured bytes around them. Findings that lie close together are served by one read. */

import type { Memory } from "@memslice/analysis";
import type { MemoryRange } from "@memslice/msl";
import { ADDRESS_SPACE_END } from "@memslice/msl/work";

/** Bytes that are read at once. */
const WINDOW_BYTES = 64 * 1024;

/** Bytes at consecutive addresses; all of them were captured. */
export interface Surrounded {
  readonly before: Uint8Array;
  readonly bytes: Uint8Array;
  readonly after: Uint8Array;
}

export class BytesAround {
  readonly #memory: Memory;
  readonly #context: bigint;
  readonly #signal: AbortSignal;
  #start = 0n;
  #bytes: Uint8Array = new Uint8Array(0);
  /** The captured parts of the window. */
  #runs: readonly MemoryRange[] = [];

  /** `context`: the most bytes before and after a finding. */
  constructor(memory: Memory, context: number, signal: AbortSignal) {
    this.#memory = memory;
    this.#context = BigInt(context);
    this.#signal = signal;
  }

  /** The bytes at `address`, and around them those that were captured without a hole in between. Valid until the next call. */
  async at(address: bigint, length: number): Promise<Surrounded> {
    const end = address + BigInt(length);
    const from = address > this.#context ? address - this.#context : 0n;
    const to = end + this.#context < ADDRESS_SPACE_END ? end + this.#context : ADDRESS_SPACE_END;
    if (from < this.#start || to > this.#start + BigInt(this.#bytes.length)) await this.#read(from, to);
    const run = this.#runs.find(({ start, end: stop }) => start <= address && address < stop) ?? { start: address, end: address };
    const [first, last] = [run.start > from ? run.start : from, run.end < to ? run.end : to];
    const stop = end < last ? end : last;
    return { before: this.#part(first, address), bytes: this.#part(address, stop), after: this.#part(stop, last) };
  }

  async #read(from: bigint, to: bigint): Promise<void> {
    const least = Number(to - from);
    const room = Number(ADDRESS_SPACE_END - from);
    this.#bytes = new Uint8Array(Math.min(Math.max(least, WINDOW_BYTES), room));
    this.#start = from;
    const runs: { start: bigint; end: bigint }[] = [];
    for (const { address, length, state } of (await this.#memory.readInto(this.#bytes, from, this.#signal)).segments) {
      if (state !== "captured") continue;
      const last = runs.at(-1);
      if (last?.end === address) last.end += BigInt(length);
      else runs.push({ start: address, end: address + BigInt(length) });
    }
    this.#runs = runs;
  }

  #part(from: bigint, to: bigint): Uint8Array {
    return this.#bytes.subarray(Number(from - this.#start), Number(to - this.#start));
  }
}
