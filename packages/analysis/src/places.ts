/** Which region and which module an address lies in. What questions find stays plain addresses: places are looked up for findings that are shown. */
import type { Capture, MemoryOwner, Place, Region } from "@memslice/msl";
import { TimeSlice } from "@memslice/msl/work";

/** The part of a capture that places are found in. */
export type PlacedCapture = Pick<Capture, "moduleAt"> & { readonly memory: Pick<Capture["memory"], "owners"> };

/** Stretches that are passed, one after the other, before a new look-up by address is the faster way. */
const MOST_STEPS = 16;
/** Microseconds that a look-up takes. */
const UNITS_PER_ADDRESS = 2;

/**
 * Places by address, in constant memory. Addresses in ascending order are found fastest: a cursor moves over the regions with them. Of regions that
 * share an address, the place has the one that `capture.memory` reads the byte from; of modules, the one of `capture.moduleAt`. One look-up at a
 * time.
 */
export class Places {
  readonly #capture: PlacedCapture;
  readonly #signal: AbortSignal | undefined;
  #cursor: AsyncGenerator<MemoryOwner, void, undefined> | undefined;
  /** The stretch that the cursor has reached. Between `#from` and its start there is no region; none at all behind `#from` if it is undefined. */
  #stretch: MemoryOwner | undefined;
  #from = 0n;

  private constructor(capture: PlacedCapture, signal: AbortSignal | undefined) {
    this.#capture = capture;
    this.#signal = signal;
  }

  /** `signal` cancels all look-ups. */
  static of(capture: PlacedCapture, signal?: AbortSignal): Places {
    return new Places(capture, signal);
  }

  /** The place of each address. Throws what reading the capture throws, and `aborted`. */
  async at(addresses: Iterable<bigint>): Promise<readonly Place[]> {
    const slice = new TimeSlice(this.#signal);
    const places: Place[] = [];
    for (const address of addresses) {
      if (slice.isSpent(UNITS_PER_ADDRESS)) await slice.renew();
      if (!this.#knows(address)) await this.#moveTo(address);
      const region = this.#regionAt(address);
      const module = await this.#capture.moduleAt(address, this.#signal);
      places.push({
        address,
        ...(module && { module, moduleOffset: address - module.baseAddr }),
        ...(region && { region }),
      });
    }
    return places;
  }

  #knows(address: bigint): boolean {
    return this.#cursor !== undefined && address >= this.#from && (!this.#stretch || address < this.#stretch.end);
  }

  #regionAt(address: bigint): Region | undefined {
    return this.#stretch && this.#stretch.start <= address ? this.#stretch.region : undefined;
  }

  async #moveTo(address: bigint): Promise<void> {
    const isAhead = this.#cursor !== undefined && address >= this.#from;
    for (let step = 0; isAhead && step < MOST_STEPS && this.#stretch; step++) {
      await this.#next(this.#stretch.end);
      if (this.#knows(address)) return;
    }
    await this.#cursor?.return();
    this.#cursor = this.#capture.memory.owners(address, undefined, this.#signal);
    await this.#next(address);
  }

  async #next(from: bigint): Promise<void> {
    const step = await this.#cursor?.next();
    this.#from = from;
    this.#stretch = step?.done ? undefined : step?.value;
  }
}
