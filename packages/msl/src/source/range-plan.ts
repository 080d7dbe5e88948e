/** Which requests fetch a set of ranges. Pure: nothing is read here. */

export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

export interface RangeLimits {
  /** Bytes between two ranges up to which one request fetches both, and what lies between. */
  readonly maxGap: number;
  /** Bytes of a request that fetches several ranges. A single range is never cut, however long it is. */
  readonly maxLength: number;
}

export interface PlannedRequest extends ByteRange {
  /** Positions, in the ranges given, of those that lie inside this request. */
  readonly members: readonly number[];
}

/** Every range lies in exactly one request; requests come in the order of their offsets. */
export function planRanges(ranges: readonly ByteRange[], limits: RangeLimits): PlannedRequest[] {
  const { maxGap, maxLength } = limits;
  const sorted = ranges.map((range, position) => ({ ...range, position })).sort((a, b) => a.offset - b.offset);
  const requests: { offset: number; length: number; members: number[] }[] = [];
  for (const { offset, length, position } of sorted) {
    const last = requests.at(-1);
    const lastEnd = last ? last.offset + last.length : 0;
    const joined = last ? Math.max(lastEnd, offset + length) - last.offset : 0;
    // A range inside the last request costs nothing, even if that request is longer than merged ones may be.
    if (last && (joined === last.length || (offset - lastEnd <= maxGap && joined <= maxLength))) {
      last.length = joined;
      last.members.push(position);
    } else requests.push({ offset, length, members: [position] });
  }
  return requests;
}
