/** Deviations that the search behind damage finds: bytes that belong to no block, a BlockLength that is too long, an End-of-Capture that ends nothing. */
import { BoundedReport, type Deviation, type Report } from "../../deviations/deviation.js";
import { BLOCK_HEADER_SIZE, BLOCK_LENGTH_OFFSET, isEndOfCapture } from "../../format/block-header.js";
import { type SlicedWork, UNITS_PER_YIELD } from "../../sliced-work.js";
import type { WalkedBlocks } from "../walked-blocks.js";

/** Deviations for the bytes that the search behind damage skipped, and for each End-of-Capture that it did not accept. `walked`: all blocks that it found. */
export function* salvageDeviations(walked: WalkedBlocks): SlicedWork<readonly Deviation[]> {
  const { records, gaps, intact, eocIndex } = walked;
  const bounded = new BoundedReport();
  for (const [i, { offset, length }] of gaps.entries()) {
    if (i % UNITS_PER_YIELD === 0) yield UNITS_PER_YIELD;
    const message = `No block starts at offset ${offset}, where one should; blocks go on ${length} bytes later`;
    bounded.report({ id: "BLK-FRAMING", message, offset });
  }
  reportCut(walked, bounded.report);
  for (let block = intact; block < records.count; block++) {
    if (block % UNITS_PER_YIELD === 0) yield UNITS_PER_YIELD;
    if (!isEndOfCapture(records.type(block), records.length(block)) || block === eocIndex) continue;
    const message = `Block ${block} was found by searching and looks like End-of-Capture, but its FileHash is not that of the bytes before it`;
    bounded.report({ id: "INT-FILEHASH", message, offset: records.offset(block) + BLOCK_HEADER_SIZE, field: "fileHash" });
  }
  return bounded.deviations;
}

function reportCut({ cut, records }: WalkedBlocks, report: Report): void {
  if (!cut) return;
  const length = records.length(cut.index);
  const message = `Block ${cut.index} has a BlockLength of ${length}, which passes the end of the data; a block was found at offset ${cut.end}`;
  report({ id: "BLK-TRUNCATED", message, offset: records.offset(cut.index) + BLOCK_LENGTH_OFFSET, field: "length" });
}
