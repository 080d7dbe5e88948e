/** Addresses of two captures that belong together. */
import type { MemoryRange } from "@memslice/msl";
import { runAtOnce } from "@memslice/msl/work";
import { outside } from "../intervals.js";

/** Addresses of both sides that belong together, as many on each side, or addresses that only one side has. */
export interface AlignedPart {
  readonly a?: MemoryRange;
  readonly b?: MemoryRange;
  /** Why the other side is not there, although it may have these addresses. */
  readonly ambiguous?: string;
}

/** Both intervals as far as they match when `a` is moved by `delta`, and what is left of each. */
export function shifted(a: MemoryRange, b: MemoryRange, delta: bigint): AlignedPart[] {
  const start = a.start + delta > b.start ? a.start + delta : b.start;
  const end = a.end + delta < b.end ? a.end + delta : b.end;
  if (start >= end) return [{ a: bare(a) }, { b: bare(b) }];
  const both = { a: { start: start - delta, end: end - delta }, b: { start, end } };
  return [
    both,
    ...runAtOnce(outside([bare(a)], [both.a])).map((left) => ({ a: left })),
    ...runAtOnce(outside([bare(b)], [both.b])).map((left) => ({ b: left })),
  ];
}

/** The addresses of a range, without its other properties. */
export function bare({ start, end }: MemoryRange): MemoryRange {
  return { start, end };
}
