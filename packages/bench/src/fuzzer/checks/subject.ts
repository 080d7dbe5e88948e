/** The input of one run. */
import type { DecodeOptions } from "@memslice/msl";
import type { Random } from "../../captures/random.js";
import type { Counts } from "../tallies.js";

export interface Subject {
  readonly bytes: Uint8Array;
  /** Draws chunk sizes and addresses. */
  readonly random: Random;
  readonly options: DecodeOptions;
  readonly counts: Counts;
  /** Whether no sample contains this stored block. */
  isMutated(block: Uint8Array): boolean;
}
