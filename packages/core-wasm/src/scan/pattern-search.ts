/** Search for one pattern of values and masks in windows. */
import { PROBES_BYTES } from "../layout.js";
import {
  entryBytes,
  isPlain,
  type MaskedPattern,
  reachesBytes,
  SearchNumber,
  STEPS_PER_CALL,
  seekShape,
} from "./pattern-entries.js";
import { ResumedKernel } from "./resumed-kernel.js";
import type { ScanCore, ScanWindow } from "./scan-core.js";

/** Holds areas of the core's memory from construction until `release()`. */
export class PatternSearch {
  readonly length: number;
  readonly #core: ScanCore;
  readonly #kernel: ResumedKernel;
  readonly #number = new SearchNumber();
  readonly #plain: boolean;
  readonly #bytes: number;
  /** The entry; behind it its reaches, and the probes. */
  readonly #entry: number;
  readonly #probes: number;
  #released = false;

  /** Throws a `TypeError` for a pattern without bytes, or with another number of masks; a `RangeError` when linear memory has no room. */
  constructor(core: ScanCore, { values, masks }: MaskedPattern) {
    const { length } = values;
    if (length === 0 || masks.length !== length) {
      throw new TypeError(
        `A pattern of ${length} values and ${masks.length} masks: expected at least 1 byte, and a mask for each`,
      );
    }
    this.length = length;
    this.#core = core;
    this.#plain = isPlain(masks);
    const reaches = reachesBytes(length, this.#plain);
    this.#bytes = entryBytes(length) + reaches + PROBES_BYTES;
    this.#entry = core.memory.acquire(this.#bytes);
    this.#probes = this.#entry + this.#bytes - PROBES_BYTES;
    this.#kernel = new ResumedKernel(core, seekShape(1));
    const given = core.memory.acquire(2 * length);
    const { memory, kernels } = core;
    memory.bytes.set(values, given);
    memory.bytes.set(masks, given + length);
    kernels.writeEntry(this.#entry, 0, given, given + length, length, reaches > 0 ? this.#entry + entryBytes(length) : 0);
    kernels.chooseProbes(given, given + length, length, this.#probes);
    memory.release(given, 2 * length);
  }

  /**
   * Offsets of matches in `length` bytes of the window from `start` on, counted from `start`, ascending, in batches, some of them empty: after each one
   * the caller may pause. A batch is valid until the next one is asked for. Matches may overlap. All batches take as long as the window has bytes; with
   * masks, up to the length of the pattern times as long.
   */
  offsets(window: ScanWindow, length: number, start = 0): Iterable<Uint32Array> {
    const { findPlain, findMasked } = this.#core.kernels;
    const find = this.#plain ? findPlain : findMasked;
    const starts = length - this.length + 1;
    return this.#kernel.batches([0, 0, this.#number.next()], starts, (cursor, output, capacity) =>
      find(window.address + start, starts, this.#entry, this.#probes, cursor, output, capacity, STEPS_PER_CALL),
    );
  }

  /** Gives the areas back. A second call has no effect. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#kernel.release();
    this.#core.memory.release(this.#entry, this.#bytes);
  }
}
