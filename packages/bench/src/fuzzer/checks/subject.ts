/** What one run works on. */
import type { DecodeOptions } from "@memslice/msl";
import type { Random } from "../../captures/random.js";
import type { Counts } from "../tallies.js";

export interface Subject {
  readonly bytes: Uint8Array;
  /** Draws chunk sizes and places to look at. */
  readonly random: Random;
  readonly options: DecodeOptions;
  readonly counts: Counts;
  /** Whether the stored block is one that no sample contains. */
  isMutated(block: Uint8Array): boolean;
}
