/** Summaries of windows by region. */
import type { OwnedRange } from "../intervals.js";
import { WINDOW_CLASSES, type WindowClass } from "./classes.js";
import type { EntropyWindows } from "./window-rows.js";

/** The windows whose first byte lies in a region. */
export interface RegionEntropy {
  readonly windows: number;
  /** Bytes of these windows. */
  readonly bytes: bigint;
  /** How many windows are of each class. */
  readonly classes: Readonly<Record<WindowClass, number>>;
  /** In bits per byte: the mean, in which each window counts by its bytes, the least and the greatest. Absent without windows. */
  readonly entropy?: { readonly mean: number; readonly least: number; readonly greatest: number };
}

class Sums {
  windows = 0;
  bytes = 0;
  bits = 0;
  least = 8;
  greatest = 0;
  readonly classes = new Uint32Array(WINDOW_CLASSES.length);

  add(bytes: number, entropy: number, kind: number): void {
    this.windows++;
    this.bytes += bytes;
    this.bits += bytes * entropy;
    this.least = Math.min(this.least, entropy);
    this.greatest = Math.max(this.greatest, entropy);
    this.classes[kind] = (this.classes[kind] ?? 0) + 1;
  }

  summary(): RegionEntropy {
    const { windows, bytes, bits, least, greatest } = this;
    const classes = WINDOW_CLASSES.map((name, number) => [name, this.classes[number] ?? 0]);
    return {
      windows,
      bytes: BigInt(bytes),
      classes: Object.fromEntries(classes) as Record<WindowClass, number>,
      ...(windows > 0 && { entropy: { mean: bits / bytes, least, greatest } }),
    };
  }
}

export class RegionSummaries {
  readonly #owned: readonly OwnedRange[];
  readonly #sums: readonly Sums[];
  #at = 0;

  /** `owned`: the parts of `count` regions. */
  constructor(owned: readonly OwnedRange[], count: number) {
    this.#owned = owned;
    this.#sums = Array.from({ length: count }, () => new Sums());
  }

  /** Windows come in the order of their addresses. */
  add({ addresses, lengths, entropies, classes }: EntropyWindows): void {
    for (const [i, address] of addresses.entries()) {
      let region = this.#owned[this.#at];
      while (region && region.end <= address) region = this.#owned[++this.#at];
      if (!region) return;
      if (address < region.start) continue;
      this.#sums[region.index]?.add(lengths[i] ?? 0, entropies[i] ?? 0, classes[i] ?? 0);
    }
  }

  /** In the order of the regions that were given. */
  summaries(): readonly RegionEntropy[] {
    return this.#sums.map((sums) => sums.summary());
  }
}
