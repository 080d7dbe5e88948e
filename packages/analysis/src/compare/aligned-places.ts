/** Where addresses of one of two captures lie in the other one. */
import type { MemoryRange } from "@memslice/msl";
import type { TimeSlice } from "@memslice/msl/work";
import { itemAt } from "../intervals.js";
import type { AlignedPart } from "./aligned-part.js";

/** Aligned parts by the addresses of one side. */
export class AlignedPlaces {
  readonly #places: readonly (MemoryRange & { readonly part: AlignedPart })[];
  readonly #side: "a" | "b";

  private constructor(places: readonly (MemoryRange & { readonly part: AlignedPart })[], side: "a" | "b") {
    this.#places = places;
    this.#side = side;
  }

  /** `parts`: ascending on this side. */
  static async of(parts: readonly AlignedPart[], side: "a" | "b", slice: TimeSlice): Promise<AlignedPlaces> {
    const places: (MemoryRange & { readonly part: AlignedPart })[] = [];
    for (const part of parts) {
      if (slice.isSpent()) await slice.renew();
      const place = part[side];
      if (place) places.push({ start: place.start, end: place.end, part });
    }
    return new AlignedPlaces(places, side);
  }

  /** The address of the other side that belongs to an address of this one. */
  translated(address: bigint): bigint | undefined {
    const { a, b } = itemAt(this.#places, address)?.part ?? {};
    const [own, other] = this.#side === "a" ? [a, b] : [b, a];
    return own && other ? address - own.start + other.start : undefined;
  }

  isAmbiguous(address: bigint): boolean {
    return itemAt(this.#places, address)?.part.ambiguous !== undefined;
  }
}
