/** Where the bytes of two memories differ that lie in both halves of a window. */
import { Differences, type ScanCore } from "@memslice/core-wasm/scan";
import type { SlicedWork } from "@memslice/msl/work";
import type { Looker } from "../asking/looker.js";
import type { Piece } from "../asking/pieces.js";

export interface DifferencesSpec {
  /** Bytes of the window from a byte of the first memory to the one of the second memory that it is compared with. */
  readonly distance: number;
  /** The most equal bytes between two changed ranges that are joined to one. */
  readonly gap: number;
}

/** Triples, ascending: offset of the first byte that differs, offset behind the last one, number of differing bytes between them. */
export interface RangesThatDiffer {
  readonly ranges: Uint32Array;
}

/** Bytes that the kernel compares in about a microsecond. */
const BYTES_PER_UNIT = 4096;

export class DifferencesLooker implements Looker<RangesThatDiffer> {
  readonly #differences: Differences;
  readonly #spec: DifferencesSpec;

  constructor(core: ScanCore, spec: DifferencesSpec) {
    this.#differences = new Differences(core);
    this.#spec = spec;
  }

  /** The piece has the bytes of the first memory. */
  *look({ window, offset, length }: Piece): SlicedWork<RangesThatDiffer> {
    const { distance, gap } = this.#spec;
    const second = { window, start: offset + distance };
    const batches: Uint32Array[] = [];
    let words = 0;
    for (const batch of this.#differences.ranges({ window, start: offset }, second, length, gap)) {
      batches.push(batch.slice());
      words += batch.length;
      yield batch.length;
    }
    yield length / BYTES_PER_UNIT;
    const ranges = new Uint32Array(words);
    let at = 0;
    for (const batch of batches) {
      ranges.set(batch, at);
      at += batch.length;
    }
    return { ranges };
  }

  release(): void {
    this.#differences.release();
  }
}
