/** What the readers of an investigation share. */
import type { TimeSlice } from "@memslice/msl/work";
import type { Gaps } from "./gaps.js";

export interface Host {
  /** The process that is captured. */
  readonly pid: number;
  readonly gaps: Gaps;
  readonly slice: TimeSlice;
}
