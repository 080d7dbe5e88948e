/**
 * Which absent pages of an exported dump were unmapped: dumps of other formats have no page states. The table stands in a note of an ELF core and in a stream of a
 * minidump: u64 number of runs, then for each run u64 address and u64 bytes, ascending and apart from each other. Absent memory in no run is failed.
 */
import { ADDRESS_SPACE_END, TimeSlice } from "@memslice/msl/work";
import type { StructureOrder } from "../structures/structure.js";

/** Runs of a table: 2 MiB. They part the absent pages of an import in twice as many spans. */
export const RUNS_MOST = 1 << 17;
const HEAD = 8;
const RUN = 16;
/** Bytes of the largest table. */
export const RUNS_BYTES_MOST = HEAD + RUN * RUNS_MOST;
const FIRST_ROWS = 64;

/** Addresses `[start, end)`. */
interface AddressRun {
  readonly start: bigint;
  readonly end: bigint;
}

/** Runs of unmapped addresses in ascending order. */
export class UnmappedRuns {
  #starts = new BigUint64Array(FIRST_ROWS);
  #lengths = new BigUint64Array(FIRST_ROWS);
  #count = 0;
  #tooMany = false;

  /** The runs in a table; undefined if its size is not that of its runs, or if they are empty, do not ascend, share addresses or pass 2^64. */
  static async decode(bytes: Uint8Array, order: StructureOrder): Promise<UnmappedRuns | undefined> {
    if (bytes.length < HEAD || bytes.length > RUNS_BYTES_MOST || (bytes.length - HEAD) % RUN !== 0) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const word = (at: number) => view.getBigUint64(at, order === "little");
    if (word(0) !== BigInt((bytes.length - HEAD) / RUN)) return undefined;
    const runs = new UnmappedRuns();
    const slice = new TimeSlice(undefined);
    let least = 0n;
    for (let at = HEAD; at < bytes.length; at += RUN) {
      if (slice.isSpent()) await slice.renew();
      const [start, length] = [word(at), word(at + 8)];
      if (start < least || length === 0n || start + length > ADDRESS_SPACE_END) return undefined;
      least = start + length;
      runs.add({ start, end: least });
    }
    return runs;
  }

  /** Adds a run behind the others; runs without a gap between them are one. */
  add({ start, end }: AddressRun): void {
    const last = this.#count - 1;
    if (last >= 0 && this.#endOf(last) === start && end - this.#startOf(last) < ADDRESS_SPACE_END) {
      this.#lengths[last] = end - this.#startOf(last);
      return;
    }
    if (this.#count === RUNS_MOST) {
      this.#tooMany = true;
      return;
    }
    if (this.#count === this.#starts.length) {
      this.#starts = grown(this.#starts);
      this.#lengths = grown(this.#lengths);
    }
    this.#starts[this.#count] = start;
    this.#lengths[this.#count] = end - start;
    this.#count++;
  }

  /** Whether runs were left out: the table then would show them as failed. */
  get tooMany(): boolean {
    return this.#tooMany;
  }

  /** The parts of runs in `[start, end)`, in ascending order. */
  *within(start: bigint, end: bigint): Generator<AddressRun, void, undefined> {
    let [low, high] = [0, this.#count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#endOf(middle) <= start) low = middle + 1;
      else high = middle;
    }
    for (let row = low; row < this.#count && this.#startOf(row) < end; row++) {
      const [from, to] = [this.#startOf(row), this.#endOf(row)];
      yield { start: from > start ? from : start, end: to < end ? to : end };
    }
  }

  /** The table. Throws `aborted`. */
  async encode(order: StructureOrder, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const bytes = new Uint8Array(HEAD + RUN * this.#count);
    const view = new DataView(bytes.buffer);
    const slice = new TimeSlice(signal);
    view.setBigUint64(0, BigInt(this.#count), order === "little");
    for (let row = 0; row < this.#count; row++) {
      if (slice.isSpent()) await slice.renew();
      view.setBigUint64(HEAD + RUN * row, this.#startOf(row), order === "little");
      view.setBigUint64(HEAD + RUN * row + 8, this.#lengths[row] ?? 0n, order === "little");
    }
    return bytes;
  }

  #startOf(row: number): bigint {
    return this.#starts[row] ?? 0n;
  }

  #endOf(row: number): bigint {
    return this.#startOf(row) + (this.#lengths[row] ?? 0n);
  }
}

function grown(column: BigUint64Array<ArrayBuffer>): BigUint64Array<ArrayBuffer> {
  const larger = new BigUint64Array(2 * column.length);
  larger.set(column);
  return larger;
}
