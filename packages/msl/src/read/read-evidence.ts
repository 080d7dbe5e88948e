/** Collects the evidence about the program that wrote a capture: from an indexed source all at once, from a stream block by block. */

import { BLOCK_HEADER_SIZE, PREV_HASH_OFFSET } from "../format/block-header.js";
import type { BlockInfo } from "../format/block-info.js";
import { type FirstBlocks, mayBeMemDivers, memDiverAnchor } from "../format/dialects/detect-dialect.js";
import type { Authorship } from "../format/dialects/dialects.js";
import {
  CONTEXTS_LOOKED_AT,
  countOfEvidence,
  type Evidence,
  isMarkedContext,
  MARKING_TYPES,
  mayBeMarkedContext,
  PEEK_BYTES,
  peekedBlocks,
  SYSTEM_CONTEXT_MOST,
} from "../format/dialects/evidence.js";
import type { FileHeader } from "../format/file-header.js";
import type { ChunkQueue } from "../source/chunk-queue.js";
import type { Source } from "../source/source.js";
import { runInSlices } from "../source/time-slice.js";
import { type BlockIndex, blocksOfWriter } from "./block-index.js";
import type { Head } from "./read-head.js";

export async function readEvidence(
  source: Source,
  { header, headerBytes }: Head,
  index: BlockIndex,
  signal: AbortSignal | undefined,
): Promise<Evidence> {
  const { dataEnd } = index.end;
  const { records, eocIndex } = blocksOfWriter(index);
  const peeked = new Map<number, Uint8Array>();
  for (const [position, bytes] of await runInSlices(peekedBlocks(header, records, eocIndex), signal)) {
    const offset = records.offset(position);
    peeked.set(position, await source.read(offset, Math.min(bytes, dataEnd - offset), signal));
  }
  return { header, headerBytes, records, eocIndex, count: countOfEvidence(records, eocIndex), peeked };
}

/**
 * Evidence about the writer in the blocks of a stream. A block is looked at before the reader gives it out, so that the result does not depend on
 * whether the caller decodes or skips it.
 */
export class Trail {
  readonly #header: FileHeader;
  #first: Omit<FirstBlocks, "secondPrevHash"> | undefined;
  #contexts = 0;
  #marked = false;
  #memdiver: boolean | undefined;
  #known: Authorship = { marked: undefined, memslicer: undefined, memdiver: undefined };

  constructor(header: FileHeader) {
    this.#header = header;
  }

  /**
   * The conclusions from the blocks so far: the same object until they change. A member that is undefined may become known with later blocks, up to
   * End-of-Capture.
   */
  get known(): Authorship {
    const marked = this.#marked || undefined;
    const memdiver = this.#memdiver;
    if (this.#known.marked !== marked || this.#known.memdiver !== memdiver) this.#known = { marked, memslicer: marked, memdiver };
    return this.#known;
  }

  /** Takes the evidence of the next block; `queue` stands at its header. Undefined if the block has none. */
  note(block: BlockInfo, queue: ChunkQueue): Promise<void> | undefined {
    if (block.afterEoc) return undefined;
    const { type, flags } = block;
    const tellsNothing = this.#marked || (!MARKING_TYPES.has(type) && !mayBeMarkedContext(type, flags));
    return block.index >= 2 && tellsNothing ? undefined : this.#look(block, queue);
  }

  async #look(block: BlockInfo, queue: ChunkQueue): Promise<void> {
    if (block.index < 2) await this.#noteFirst(block, queue);
    if (MARKING_TYPES.has(block.type)) this.#marked = true;
    if (this.#marked || !mayBeMarkedContext(block.type, block.flags) || this.#contexts === CONTEXTS_LOOKED_AT) return;
    this.#contexts++;
    const start = await bytesOf(block, BLOCK_HEADER_SIZE + SYSTEM_CONTEXT_MOST, queue);
    this.#marked = isMarkedContext(start.subarray(BLOCK_HEADER_SIZE));
  }

  async #noteFirst(block: BlockInfo, queue: ChunkQueue): Promise<void> {
    const prevHash = (await bytesOf(block, BLOCK_HEADER_SIZE, queue)).slice(PREV_HASH_OFFSET);
    if (block.index === 0) {
      const { payloadVersion, length } = block;
      const first = { header: this.#header, payloadVersion, length, start: undefined, prevHash };
      // Encrypted captures have no links: the first blocks tell nothing about MemDiver.
      if (this.#header.encrypted) return;
      if (mayBeMemDivers(first)) this.#first = { ...first, start: (await bytesOf(block, PEEK_BYTES, queue)).slice() };
      else this.#memdiver = false;
    } else if (this.#first) {
      this.#memdiver = memDiverAnchor({ ...this.#first, secondPrevHash: prevHash }) !== undefined;
      this.#first = undefined;
    }
  }
}

/** The first bytes of a block, as far as the stream holds them. */
async function bytesOf({ length }: BlockInfo, most: number, queue: ChunkQueue): Promise<Uint8Array> {
  const wanted = Math.min(most, length);
  return (await queue.peek(wanted)).subarray(0, wanted);
}
