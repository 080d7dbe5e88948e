/**
 * What the blocks that passed by told a stream reader about who wrote the capture. Whether its blocks are decoded or skipped makes no
 * difference: what decides is looked at before a block is handed out.
 */
import { BLOCK_HEADER_SIZE, PREV_HASH_OFFSET } from "../format/block-header.js";
import type { BlockInfo } from "../format/block-info.js";
import type { Authorship } from "../format/dialects/dialects.js";
import { PEEK_BYTES } from "../format/dialects/evidence.js";
import {
  CONTEXTS_LOOKED_AT,
  isMarkedContext,
  MARKING_TYPES,
  mayBeMarkedContext,
  SYSTEM_CONTEXT_MOST,
} from "../format/dialects/marks.js";
import { type FirstBlocks, mayBeMemDivers, memDiverAnchor } from "../format/dialects/memdiver-anchor.js";
import type { FileHeader } from "../format/file-header.js";
import type { ChunkQueue } from "../source/chunk-queue.js";

export class Trail {
  readonly #header: FileHeader;
  #first: Omit<FirstBlocks, "secondPrevHash"> | undefined;
  #contexts = 0;
  #marked = false;
  #memdiver: boolean | undefined;

  constructor(header: FileHeader) {
    this.#header = header;
  }

  /** What is known so far. What is not there yet may still come, up to End-of-Capture. */
  get known(): Authorship {
    const marked = this.#marked || undefined;
    return { marked, memslicer: marked, memdiver: this.#memdiver };
  }

  /** Looks at a block that is about to be handed out; `queue` stands at its header. */
  async note(block: BlockInfo, queue: ChunkQueue): Promise<void> {
    if (block.afterEoc) return;
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
      // Encrypted captures have no links. What else their label depends on comes with their last blocks.
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
