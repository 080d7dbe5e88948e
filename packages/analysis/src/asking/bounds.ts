/** The bounds of a question: addresses and findings. */
import { MslError } from "@memslice/msl";
import { hex } from "../intervals.js";
import { ADDRESS_SPACE_END } from "../memory.js";

interface Bounds {
  readonly from?: bigint;
  readonly to?: bigint;
  readonly limit?: number;
}

/** Throws `usage` for addresses outside of the 64-bit address space, an end before the start, and a limit that is no whole number from 1. */
export function checkBounds({ from = 0n, to = ADDRESS_SPACE_END, limit = Number.POSITIVE_INFINITY }: Bounds): void {
  if (from < 0n || from > to || to > ADDRESS_SPACE_END) {
    throw new MslError("usage", `The addresses ${hex(from)} to ${hex(to)} are no range: expected 0 <= from <= to <= 2^64`);
  }
  if (limit !== Number.POSITIVE_INFINITY && (!Number.isSafeInteger(limit) || limit < 1)) {
    throw new MslError("usage", `The limit is ${limit} findings, expected a whole number from 1`);
  }
}
