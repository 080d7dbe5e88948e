/** Puts windows together of which several pieces hold a part, and makes columns of all windows. */
import type { Answered } from "../asking/spans.js";
import { WindowMeasure } from "./classes.js";
import type { PieceEntropy, WindowPart } from "./entropy-looker.js";

/** Windows as columns: the element with one index of each column belongs to one window. In the order of addresses. */
export interface EntropyWindows {
  /** Addresses of the first bytes. */
  readonly addresses: BigUint64Array;
  /** Bytes: fewer than asked for where a hole, or the end of the addresses asked about, cuts a window. */
  readonly lengths: Uint32Array;
  /** Shannon entropy in bits per byte, 0 to 8. */
  readonly entropies: Float64Array;
  /** Numbers of classes: indexes of `WINDOW_CLASSES`. */
  readonly classes: Uint8Array;
}

/** A window that may continue in the next piece. */
interface OpenWindow {
  readonly address: bigint;
  length: number;
  readonly counts: Uint32Array;
}

export class WindowRows {
  readonly #windowBytes: number;
  readonly #measure: WindowMeasure;
  #open: OpenWindow | undefined;

  constructor(windowBytes: number) {
    this.#windowBytes = windowBytes;
    this.#measure = new WindowMeasure(windowBytes);
  }

  /** The windows that end in this piece, or that ended with the one before. */
  endingIn({ address, length, answer }: Answered<PieceEntropy>): EntropyWindows {
    const { head, entropies, classes, tail } = answer;
    const ended: OpenWindow[] = [];
    const close = () => {
      if (this.#open) ended.push(this.#open);
      this.#open = undefined;
    };
    const isContinued = this.#open && this.#open.address + BigInt(this.#open.length) === address;
    if (!isContinued || !head) close();
    if (head) this.#extend(address, head);
    const wholeFrom = address + BigInt(head?.length ?? 0);
    if (wholeFrom % BigInt(this.#windowBytes) === 0n) close();
    const rows = this.#columns(ended, entropies.length);
    for (let i = 0; i < entropies.length; i++) {
      rows.addresses[ended.length + i] = wholeFrom + BigInt(i * this.#windowBytes);
    }
    rows.lengths.fill(this.#windowBytes, ended.length);
    rows.entropies.set(entropies, ended.length);
    rows.classes.set(classes, ended.length);
    if (tail) this.#extend(address + BigInt(length - tail.length), tail);
    return rows;
  }

  /** The last window, when there are no more pieces. */
  end(): EntropyWindows {
    const ended = this.#open ? [this.#open] : [];
    this.#open = undefined;
    return this.#columns(ended, 0);
  }

  #extend(address: bigint, { length, counts }: WindowPart): void {
    if (!this.#open) {
      this.#open = { address, length, counts };
      return;
    }
    this.#open.length += length;
    for (let i = 0; i < 256; i++) this.#open.counts[i] = (this.#open.counts[i] ?? 0) + (counts[i] ?? 0);
  }

  /** Columns that begin with `ended`, and have room for `more` windows. */
  #columns(ended: readonly OpenWindow[], more: number) {
    const count = ended.length + more;
    const rows = {
      addresses: new BigUint64Array(count),
      lengths: new Uint32Array(count),
      entropies: new Float64Array(count),
      classes: new Uint8Array(count),
    };
    for (const [i, { address, length, counts }] of ended.entries()) {
      const tally = this.#measure.tallyOf(counts, length);
      const entropy = this.#measure.entropy(tally, length);
      rows.addresses[i] = address;
      rows.lengths[i] = length;
      rows.entropies[i] = entropy;
      rows.classes[i] = this.#measure.classOf(tally, length, entropy);
    }
    return rows;
  }
}
