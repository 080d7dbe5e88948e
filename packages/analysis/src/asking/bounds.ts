/** The bounds of a question: addresses and findings. */

import { MslError } from "@memslice/msl";
import { ADDRESS_SPACE_END } from "@memslice/msl/work";
import { hex } from "../intervals.js";

/** Throws `usage` for an end before the start. The tables of options bound both. */
export function checkBounds({ from = 0n, to = ADDRESS_SPACE_END }: { readonly from?: bigint; readonly to?: bigint }): void {
  if (from <= to) return;
  throw new MslError("usage", `The addresses ${hex(from)} to ${hex(to)} are no range: expected 0 <= from <= to <= 2^64`);
}
