/** Whether block after block leads from a header to the end of the data. Places that were passed are remembered: each is looked at once. */
import { type LimitOptions, requireBlocksWithin } from "../../codec/limits.js";
import { BLOCK_HEADER_SIZE } from "../../format/block-header.js";
import { HeaderCandidate } from "./header-candidate.js";
import { BREATHER, type ByteWork, type MovingWindow } from "./moving-window.js";

export class RunsToEnd {
  readonly #window: MovingWindow;
  readonly #bigEndian: boolean;
  readonly #limits: Pick<LimitOptions, "blockLimit">;
  readonly #known = new Map<number, boolean>();

  constructor(window: MovingWindow, bigEndian: boolean, limits: Pick<LimitOptions, "blockLimit">) {
    this.#window = window;
    this.#bigEndian = bigEndian;
    this.#limits = limits;
  }

  /** Throws `limit` where more blocks lead on than may be walked. */
  *from(header: HeaderCandidate): ByteWork<boolean> {
    const { dataEnd } = this.#window;
    const passed = [header.offset];
    let runs = this.#known.get(header.offset);
    for (let at = header.end; runs === undefined; ) {
      runs = at === dataEnd ? true : at + BLOCK_HEADER_SIZE > dataEnd ? false : this.#known.get(at);
      if (runs !== undefined) break;
      passed.push(at);
      requireBlocksWithin(this.#limits, passed.length, at);
      const next = new HeaderCandidate(at, yield* this.#window.at(at, BLOCK_HEADER_SIZE), this.#bigEndian);
      if (!next.isWalkable) runs = false;
      at = next.end;
      yield BREATHER;
    }
    for (const offset of passed) this.#known.set(offset, runs);
    return runs;
  }
}
