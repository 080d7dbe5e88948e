/** The BLAKE3 hash chain of a capture, in one pass over its bytes. */
import { ChainBreaks } from "./chain-breaks.js";
import { type Core, defaultCore } from "./core.js";
import {
  BREAK_BYTES,
  CHAIN_BLOCKS,
  CHAIN_BREAK_TABLE,
  CHAIN_BREAKS,
  CHAIN_ENDED,
  CHAIN_EOC_COMPUTED,
  CHAIN_EOC_END,
  CHAIN_EOC_INDEX,
  CHAIN_EOC_OFFSET,
  CHAIN_EOC_STATE,
  CHAIN_EOC_STORED,
  CHAIN_OFFSET,
  CHAIN_PAYLOAD_LEFT,
  EOC_COMPLETE,
  HASH_BYTES,
} from "./layout.js";

/** The End-of-Capture block, as the hash chain found it. */
export interface ChainEnd {
  /** Index of the block. */
  readonly index: number;
  /** File offsets of the block's start and end. */
  readonly offset: number;
  readonly end: number;
  /** FileHash as stored, 32 bytes. */
  readonly stored: Uint8Array;
  /** The hash of all bytes before End-of-Capture, 32 bytes. */
  readonly computed: Uint8Array;
}

/** The result of one pass over the hash chain of a capture. */
export interface ChainResult {
  /** Blocks whose header was read, a truncated last one included. */
  readonly blocks: number;
  /** Blocks whose PrevHash is not the hash of the element before them. */
  readonly breaks: ChainBreaks;
  /** The first End-of-Capture if it is complete, or null. */
  readonly eoc: ChainEnd | null;
  /** Index of the block that the end of the data cuts off, or null. */
  readonly truncatedBlock: number | null;
  /** File offset of the end of the last block; the end of the data if it is cut off. */
  readonly end: number;
}

/** Hashes a capture in one pass. */
export interface HashChain {
  /** Takes the next bytes of the capture behind its header, any number of them. */
  update(bytes: Uint8Array): void;
  /** Ends the pass. Nothing but `release` may be called afterwards. */
  finish(): ChainResult;
  /** Releases the memory. A second call has no effect. */
  release(): void;
}

/**
 * The hash chain of a plain capture under BLAKE3. Holds an area of the core's memory until `release()`; other methods throw a `TypeError`
 * afterwards.
 */
export class Blake3HashChain implements HashChain {
  readonly #core: Core;
  readonly #size: number;
  readonly #chain: number;
  readonly #breaks = new ChainBreaks();
  #released = false;

  /** `header`: all HeaderSize bytes of the capture. Throws a `RangeError` when linear memory has no room. */
  constructor(header: Uint8Array, core: Core = defaultCore()) {
    this.#core = core;
    this.#size = core.kernels.hashChainBytes();
    // Staged first: acquiring may grow the memory, which detaches bytes that lie in it.
    const { length } = header;
    const staged = core.stage(header);
    this.#chain = core.memory.acquire(this.#size);
    core.kernels.beginHashChain(this.#chain, staged, length);
  }

  update(bytes: Uint8Array): void {
    this.#core.forEachPiece(bytes, (address, length) => this.#take(address, length));
  }

  finish(): ChainResult {
    const view = this.#view();
    const blocks = view.getUint32(CHAIN_BLOCKS, true);
    return {
      blocks,
      breaks: this.#breaks,
      eoc: view.getUint32(CHAIN_EOC_STATE, true) === EOC_COMPLETE ? this.#endOfCapture(view) : null,
      truncatedBlock: view.getUint32(CHAIN_PAYLOAD_LEFT, true) > 0 ? blocks - 1 : null,
      end: Number(view.getBigUint64(CHAIN_OFFSET, true)),
    };
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#core.memory.release(this.#chain, this.#size);
  }

  /** Takes `length` bytes. False once the chain has ended: the bytes behind its end are ignored. */
  #take(address: number, length: number): boolean {
    const { kernels } = this.#core;
    for (let taken = 0; taken < length; ) {
      taken += kernels.updateHashChain(this.#chain, address + taken, length - taken) >>> 0;
      this.#collectBreaks();
      if (this.#view().getUint32(CHAIN_ENDED, true) !== 0) return false;
    }
    return true;
  }

  #collectBreaks(): void {
    const view = this.#view();
    const count = view.getUint32(CHAIN_BREAKS, true);
    if (count === 0) return;
    const table = this.#chain + CHAIN_BREAK_TABLE;
    this.#breaks.append(this.#core.memory.bytes.subarray(table, table + count * BREAK_BYTES));
    this.#core.kernels.clearHashChainBreaks(this.#chain);
  }

  #endOfCapture(view: DataView): ChainEnd {
    return {
      index: view.getUint32(CHAIN_EOC_INDEX, true),
      offset: Number(view.getBigUint64(CHAIN_EOC_OFFSET, true)),
      end: Number(view.getBigUint64(CHAIN_EOC_END, true)),
      stored: this.#hashAt(CHAIN_EOC_STORED),
      computed: this.#hashAt(CHAIN_EOC_COMPUTED),
    };
  }

  #hashAt(offset: number): Uint8Array {
    const at = this.#chain + offset;
    return this.#core.memory.bytes.slice(at, at + HASH_BYTES);
  }

  #view(): DataView {
    if (this.#released) throw new TypeError("This hash chain was released");
    return new DataView(this.#core.memory.memory.buffer, this.#chain, this.#size);
  }
}
