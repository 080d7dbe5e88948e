/** Says where `hexdump` and `read` give bytes of one of several regions. */
import type { MemoryRange } from "@memslice/msl";
import type { Invocation } from "../command.js";
import { counted } from "../terminal/quantity-text.js";
import { blocksText } from "./coverage-text.js";
import type { Questioned } from "./questioned.js";

/** The line of help about it. */
export const OVERLAP_DETAIL = "Where regions overlap, a note says so, and --block N gives the bytes of one of them.";

/** Says whether the range has bytes that reads by address do not give, and how to see them. */
export async function noteOverlaps(
  file: string,
  { memory }: Questioned,
  { start, end }: MemoryRange,
  { output, signal }: Invocation,
): Promise<void> {
  const { overlappedRegions } = await import("@memslice/analysis");
  const overlapped = await overlappedRegions(memory, start, end, signal);
  if (overlapped.length === 0) return;
  const bytes = overlapped.reduce((sum, region) => sum + region.bytes, 0n);
  const blocks = blocksText(overlapped.map(({ region }) => region.block.index));
  output.note(`${file}: regions overlap here: ${counted(bytes, "bytes")} more, which --block N gives for one of them: ${blocks}`);
}
