/** The ranges of memory of a minidump whose bytes a file that was cut off does not have. */
import { ADDRESS_SPACE_END, sortInSlices, type TimeSlice } from "@memslice/msl/work";
import { rowNumbers } from "../dump/dump-regions.js";
import { columns, type GatheredRanges, NOT_IN_FILE, type RangeColumns } from "./gathered-ranges.js";

const FIRST_ROWS = 64;

/** The addresses of ranges that pass the end of the file, without those whose bytes another range has: in ascending order, none twice. */
export async function missingFrom(gathered: GatheredRanges, held: RangeColumns, slice: TimeSlice): Promise<MissingRanges> {
  const missing = new MissingRanges();
  if (!gathered.isCut) return missing;
  const startOf = (row: number) => (gathered.starts[row] ?? 0n) + gathered.heldOf(row);
  const endOf = (row: number) => (gathered.starts[row] ?? 0n) + (gathered.lengths[row] ?? 0n);
  const rows = rowNumbers(gathered.count);
  let cut = 0;
  for (let row = 0; row < gathered.count; row++) {
    if (slice.isSpent()) await slice.renew();
    if (startOf(row) < endOf(row)) rows[cut++] = row;
  }
  let [at, next] = [0n, 0];
  for (const row of await sortInSlices(rows.subarray(0, cut), (a, b) => startOf(a) < startOf(b), slice)) {
    const [start, end] = [startOf(row), endOf(row)];
    if (start > at) at = start;
    while (at < end) {
      if (slice.isSpent()) await slice.renew();
      const heldStart = next < held.count ? (held.starts[next] ?? 0n) : ADDRESS_SPACE_END;
      const heldEnd = heldStart + (held.lengths[next] ?? 0n);
      if (next < held.count && heldEnd <= at) next++;
      else if (heldStart <= at) at = heldEnd;
      else {
        const stop = heldStart < end ? heldStart : end;
        missing.add(at, stop);
        at = stop;
      }
    }
  }
  return missing;
}

/** Ranges that no part of the file has, in ascending order, as columns. */
class MissingRanges {
  count = 0;
  bytes = 0n;
  starts = new BigUint64Array(FIRST_ROWS);
  lengths = new BigUint64Array(FIRST_ROWS);

  add(start: bigint, end: bigint): void {
    if (this.count === this.starts.length) {
      const { starts, lengths } = this;
      this.starts = new BigUint64Array(2 * this.count);
      this.lengths = new BigUint64Array(2 * this.count);
      this.starts.set(starts);
      this.lengths.set(lengths);
    }
    this.starts[this.count] = start;
    this.lengths[this.count++] = end - start;
    this.bytes += end - start;
  }
}

/** All ranges in the order of addresses. */
export async function merged(held: RangeColumns, missing: MissingRanges, slice: TimeSlice): Promise<RangeColumns> {
  const count = held.count + missing.count;
  const all = columns(count);
  for (let row = 0, next = 0; row < count; row++) {
    if (slice.isSpent()) await slice.renew();
    const hole = row - next;
    const start = held.starts[next] ?? 0n;
    const isHole = hole < missing.count && (next === held.count || (missing.starts[hole] ?? 0n) < start);
    all.starts[row] = isHole ? (missing.starts[hole] ?? 0n) : start;
    all.lengths[row] = (isHole ? missing.lengths[hole] : held.lengths[next]) ?? 0n;
    all.offsets[row] = isHole ? NOT_IN_FILE : (held.offsets[next] ?? 0);
    if (!isHole) next++;
  }
  return { count, ...all };
}
