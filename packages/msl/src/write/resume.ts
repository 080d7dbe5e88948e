/**
 * Continues an unfinished capture: reads all of its bytes, checks the blocks against the header, cuts off a block that a killed writer left
 * incomplete, and returns the state behind the last complete block.
 */

import { openUnfinished } from "#file-sink";
import { isZero, startsWith } from "../bytes.js";
import { MslError } from "../errors.js";
import { BLOCK_MAGIC } from "../format/block-header.js";
import { BlockType } from "../format/codes.js";
import { neededPageData } from "../format/payloads/page-data.js";
import type { Capture } from "../read/capture.js";
import type { CaptureBlock } from "../read/capture-block.js";
import { openCapture } from "../read/open-capture.js";
import { readHead } from "../read/read-head.js";
import { readAhead } from "../source/read-ahead.js";
import type { Source } from "../source/source.js";
import { isUrl } from "../tags.js";
import { BlockWriter } from "./block-writer.js";
import type { ResumableFile, ResumeOptions } from "./options.js";
import { replayed } from "./replay.js";
import type { WriterState } from "./writer-state.js";

/** Reads every byte of the file, and some payloads again. Throws `not-resumable`, and like `openCapture`. */
export async function resumeCapture(target: string | URL | ResumableFile, options: ResumeOptions): Promise<BlockWriter> {
  const file = typeof target === "string" || isUrl(target) ? await openUnfinished(target, options) : target;
  const { source } = file;
  const { size } = source;
  try {
    const capture = await openUnencrypted(source, options.signal);
    const state = await unfinishedState(capture, source, options);
    const resumption = { blocks: state.plan.blocks, discarded: size - state.offset };
    return new BlockWriter(await file.append(state.offset), { ...state, resumption }, options);
  } finally {
    await source.close?.();
  }
}

async function openUnencrypted(source: Source, signal: AbortSignal | undefined): Promise<Capture> {
  const options = signal ? { signal } : {};
  const { header } = await readHead(source, options);
  if (header.encrypted)
    throw notResumable("it is encrypted, and what a killed writer leaves of ciphertext cannot be authenticated");
  return openCapture(source, options);
}

async function unfinishedState(capture: Capture, source: Source, options: ResumeOptions): Promise<WriterState> {
  const refused = whyFinished(capture);
  if (refused) throw notResumable(refused);
  const { blocks, truncatedBlock } = capture.end;
  const complete = truncatedBlock ?? blocks;
  try {
    const state = await replayed(capture, source, complete, options);
    const tail = state.offset < source.size ? await whyNotTorn(capture, source, state.offset) : undefined;
    if (!tail) return state;
    state.links.release();
    throw notResumable(tail);
  } catch (error) {
    // The same checks run while a capture is written: there a block contradicts the plan, here it contradicts the header.
    if (error instanceof MslError && (error.code === "plan" || error.code === "bad-value"))
      throw notResumable(error.message, error);
    throw error;
  }
}

/** Deviations that the header of every unfinished capture may have, because blocks are still missing. */
const OF_UNFINISHED: ReadonlySet<string> = new Set(["HDR-CAPBITMAP", "HDR-BLOCKCOUNT", "HDR-ENUM"]);

function whyFinished({ end, deviations }: Capture): string | undefined {
  if (end.eocIndex !== null) return `it has an End-of-Capture, block ${end.eocIndex}`;
  const odd = deviations.find(({ id }) => id.startsWith("HDR-") && !OF_UNFINISHED.has(id));
  return odd ? `its header is not that of a 1.1 writer: ${odd.message}` : undefined;
}

function notResumable(reason: string, cause?: unknown): MslError {
  return new MslError("not-resumable", `The capture cannot be continued: ${reason}`, { cause });
}

/**
 * Why the bytes from `offset` on may not be cut off; undefined if they may. A killed writer leaves the beginning of a block, or zeros if the
 * system had extended the file already. Anything else may be evidence.
 */
async function whyNotTorn(capture: Capture, source: Source, offset: number): Promise<string | undefined> {
  const { truncatedBlock } = capture.end;
  if (truncatedBlock !== null) return whyNotBegun(capture.blocks.at(truncatedBlock));
  const start = await source.read(offset, Math.min(BLOCK_MAGIC.length, source.size - offset));
  const begun = startsWith(BLOCK_MAGIC, start) && capture.end.reason === "end";
  if (begun || (await isZeroFrom(source, offset))) return undefined;
  return `the ${source.size - offset} bytes at offset ${offset} are no block that was cut off`;
}

/**
 * A damaged BlockLength makes all following blocks look like the rest of one incomplete block. Therefore the length of an incomplete region, which
 * its page-state map determines, must be right.
 */
async function whyNotBegun(block: CaptureBlock): Promise<string | undefined> {
  if (block.type !== BlockType.MemoryRegion || block.compression !== "none") return undefined;
  const { region } = await block.region();
  if (!region || region.payload.size < region.head.dataOffset) return undefined;
  const needed = neededPageData(region.head, await region.pages());
  if (needed === region.head.dataLength) return undefined;
  return `block ${block.index} is cut off, but its pages need ${needed} bytes where its BlockLength has ${region.head.dataLength}`;
}

async function isZeroFrom(source: Source, from: number): Promise<boolean> {
  for await (const slab of readAhead(source, { from })) if (!isZero(slab)) return false;
  return true;
}
