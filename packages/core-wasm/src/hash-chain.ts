/** The BLAKE3 hash chain of a capture, in one pass over its bytes. */
import { BREAK_BYTES, ChainBreaks } from "./chain-breaks.js";
import type { ChainEnd, ChainResult, HashChain } from "./chain-result.js";
import { type Core, defaultCore } from "./core.js";

/** Fields of the chain area; assembly/chain.ts has the layout. */
const OFFSET = 0;
const BLOCKS = 16;
const PAYLOAD_LEFT = 20;
const ENDED = 28;
const EOC_STATE = 32;
const EOC_INDEX = 36;
const BREAKS = 44;
const EOC_OFFSET = 48;
const EOC_END = 56;
const EOC_STORED = 96;
const EOC_COMPUTED = 128;
const BREAK_TABLE = 256;
const EOC_COMPLETE = 2;
const HASH_BYTES = 32;

/** Holds an area of the core's memory until `release`. */
export class Blake3HashChain implements HashChain {
  readonly #core: Core;
  readonly #size: number;
  readonly #chain: number;
  readonly #breaks = new ChainBreaks();
  #released = false;

  /** `header`: all HeaderSize bytes of a plain capture. */
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
    const blocks = view.getUint32(BLOCKS, true);
    return {
      blocks,
      breaks: this.#breaks,
      eoc: view.getUint32(EOC_STATE, true) === EOC_COMPLETE ? this.#endOfCapture(view) : null,
      truncatedBlock: view.getUint32(PAYLOAD_LEFT, true) > 0 ? blocks - 1 : null,
      end: Number(view.getBigUint64(OFFSET, true)),
    };
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#core.memory.release(this.#chain, this.#size);
  }

  /** False once the chain has ended: nothing after it is looked at. */
  #take(address: number, length: number): boolean {
    const { kernels } = this.#core;
    for (let taken = 0; taken < length; ) {
      taken += kernels.updateHashChain(this.#chain, address + taken, length - taken) >>> 0;
      this.#collectBreaks();
      if (this.#view().getUint32(ENDED, true) !== 0) return false;
    }
    return true;
  }

  #collectBreaks(): void {
    const view = this.#view();
    const count = view.getUint32(BREAKS, true);
    if (count === 0) return;
    const table = this.#chain + BREAK_TABLE;
    this.#breaks.append(this.#core.memory.bytes.slice(table, table + count * BREAK_BYTES));
    this.#core.kernels.clearHashChainBreaks(this.#chain);
  }

  #endOfCapture(view: DataView): ChainEnd {
    return {
      index: view.getUint32(EOC_INDEX, true),
      offset: Number(view.getBigUint64(EOC_OFFSET, true)),
      end: Number(view.getBigUint64(EOC_END, true)),
      stored: this.#hashAt(EOC_STORED),
      computed: this.#hashAt(EOC_COMPUTED),
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
