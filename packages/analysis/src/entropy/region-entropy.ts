/** Summaries of windows by region. */
import type { MemoryRange } from "@memslice/msl";
import type { SlicedWork } from "@memslice/msl/work";
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
  /**
   * With the option `profileParts`: the mean entropy of each part of the region, in bits per byte; undefined for a part of which no byte was captured. The
   * parts are equally long, as many as asked for, or as the region has windows if these are fewer. Absent without windows.
   */
  readonly profile?: readonly (number | undefined)[];
}

/** Mean entropies of equal parts of a region. */
class Profile {
  readonly #partBytes: number;
  readonly #bytes: Float64Array;
  readonly #bits: Float64Array;

  constructor(regionBytes: number, parts: number) {
    this.#partBytes = regionBytes / parts;
    this.#bytes = new Float64Array(parts);
    this.#bits = new Float64Array(parts);
  }

  /** `offset`: of the window in the region. The window counts to every part that it shares bytes with, by their number. */
  add(offset: number, bytes: number, entropy: number): void {
    const end = offset + bytes;
    const parts = this.#bytes.length;
    const first = Math.min(Math.floor(offset / this.#partBytes), parts - 1);
    for (let part = first; part < parts && part * this.#partBytes < end; part++) {
      const shared = Math.min(end, (part + 1) * this.#partBytes) - Math.max(offset, part * this.#partBytes);
      this.#bytes[part] = (this.#bytes[part] ?? 0) + shared;
      this.#bits[part] = (this.#bits[part] ?? 0) + shared * entropy;
    }
  }

  means(): (number | undefined)[] {
    return Array.from(this.#bytes, (bytes, part) => (bytes > 0 ? (this.#bits[part] ?? 0) / bytes : undefined));
  }
}

/** How many parts a profile has at most, and bytes of the windows it is made of. */
export interface ProfileOptions {
  readonly parts: number;
  readonly windowBytes: number;
}

class Sums {
  windows = 0;
  bytes = 0;
  bits = 0;
  least = 8;
  greatest = 0;
  readonly classes = new Uint32Array(WINDOW_CLASSES.length);
  profile: Profile | undefined;

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
      ...(this.profile && { profile: this.profile.means() }),
    };
  }
}

/** Summaries between two steps, and units of work, of about a microsecond each, that they take. */
const PER_STEP = 128;
const UNITS_PER_STEP = 256;

export class RegionSummaries {
  readonly #owned: readonly OwnedRange[];
  readonly #regions: readonly MemoryRange[];
  readonly #profile: ProfileOptions | undefined;
  /** By region; undefined for a region without windows: a capture may claim millions of them. */
  readonly #sums: (Sums | undefined)[];
  #at = 0;

  /** `owned`: the parts of the regions. `profile`: undefined for summaries without one. */
  constructor(owned: readonly OwnedRange[], regions: readonly MemoryRange[], profile: ProfileOptions | undefined) {
    this.#owned = owned;
    this.#regions = regions;
    this.#profile = profile;
    this.#sums = new Array(regions.length);
  }

  /** Windows come in the order of their addresses. */
  add({ addresses, lengths, entropies, classes }: EntropyWindows): void {
    for (const [i, address] of addresses.entries()) {
      let region = this.#owned[this.#at];
      while (region && region.end <= address) region = this.#owned[++this.#at];
      if (!region) return;
      if (address < region.start) continue;
      const bytes = lengths[i] ?? 0;
      const entropy = entropies[i] ?? 0;
      const sums = this.#sums[region.index] ?? new Sums();
      this.#sums[region.index] = sums;
      sums.add(bytes, entropy, classes[i] ?? 0);
      if (this.#profile) this.#profileOf(region.index, this.#profile)?.add(this.#offset(region.index, address), bytes, entropy);
    }
  }

  /** In the order of the regions that were given. */
  *summaries(): SlicedWork<readonly RegionEntropy[]> {
    const none = new Sums();
    const summaries: RegionEntropy[] = [];
    for (let region = 0; region < this.#regions.length; region++) {
      if (region % PER_STEP === PER_STEP - 1) yield UNITS_PER_STEP;
      summaries.push((this.#sums[region] ?? none).summary());
    }
    return summaries;
  }

  #profileOf(index: number, { parts, windowBytes }: ProfileOptions): Profile | undefined {
    const [sums, region] = [this.#sums[index], this.#regions[index]];
    if (!sums || !region || sums.profile) return sums?.profile;
    const bytes = Number(region.end - region.start);
    sums.profile = new Profile(bytes, Math.min(parts, Math.ceil(bytes / windowBytes)));
    return sums.profile;
  }

  #offset(index: number, address: bigint): number {
    return Number(address - (this.#regions[index]?.start ?? address));
  }
}
