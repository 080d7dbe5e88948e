/** The operands ADDRESS [LENGTH] of commands that show or copy bytes. */

import { type Capture, type MemoryRange, MslError } from "@memslice/msl";
import { ADDRESS_SPACE_END } from "@memslice/msl/work";
import { addressOf, lengthOf, namedMemoryOf, rangeNamed, spanOf } from "./memory-words.js";

/** Lines of help about the operands. */
export const CONTENT_DETAILS: readonly string[] = [
  "ADDRESS is hexadecimal (7f00e90e2000, 0x7f00e90e2000), decimal (dec:4096), or a module or a type of region and an offset",
  "(libc.so.6+0x1000, heap+64). LENGTH is decimal (4096, 64KiB) or hexadecimal (0x1000). In place of both: a range A-B or A+LENGTH",
  "(libc.so.6+0x1000+64, 7f00e90e2000+64), or the name of a module or of a type of region for all of it.",
];

/** The range that the operands name; an address without a length gets `length` bytes, as far as the address space reaches. Throws `usage`. */
export async function contentRange(
  [address, size]: readonly string[],
  capture: Pick<Capture, "modules" | "regions">,
  length: bigint | undefined,
  signal: AbortSignal,
): Promise<MemoryRange> {
  if (address === undefined) throw new MslError("usage", "An address is missing");
  const memory = await namedMemoryOf(capture, signal);
  if (size === undefined) {
    const range = rangeNamed(address, memory) ?? spanOf(address, memory);
    if (range) return range;
  }
  const start = addressOf(address, memory);
  const given = size === undefined ? length : lengthOf(size);
  if (given === undefined) {
    const found = size === undefined ? "" : `, not ${JSON.stringify(size)}`;
    throw new MslError("usage", `A length is needed, such as 4096, 64KiB or 0x1000${found}`);
  }
  const end = start + given < ADDRESS_SPACE_END ? start + given : ADDRESS_SPACE_END;
  if (given > 0n && (size === undefined || start + given === end)) return { start, end };
  throw new MslError("usage", `${given} bytes at 0x${start.toString(16)} are no range of the 64-bit address space`);
}
