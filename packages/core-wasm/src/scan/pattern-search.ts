/** Search for one pattern of values and masks in windows. */
import type { ScanCore, ScanWindow } from "./scan-core.js";

/** Offsets that one call of the kernel may write. */
const OFFSETS_PER_CALL = 4096;

/** A pattern matches where `(byte & masks[i]) === values[i]` for each of its bytes. */
export interface MaskedPattern {
  /** At least one byte. */
  readonly values: Uint8Array;
  /** As many bytes. 0xff compares the whole byte, 0 compares nothing, 0xdf the letters of ASCII without their case. */
  readonly masks: Uint8Array;
}

/** Holds areas of the core's memory from construction until `release()`. */
export class PatternSearch {
  readonly length: number;
  readonly #core: ScanCore;
  readonly #pattern: number;
  readonly #output: number;
  readonly #probes: readonly [number, number];
  readonly #plain: boolean;
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
    this.#pattern = core.memory.acquire(2 * length);
    this.#output = core.memory.acquire(4 * OFFSETS_PER_CALL);
    const { bytes } = core.memory;
    for (let i = 0; i < length; i++) {
      bytes[this.#pattern + i] = (values[i] ?? 0) & (masks[i] ?? 0);
      bytes[this.#pattern + length + i] = masks[i] ?? 0;
    }
    this.#probes = probesOf(values, masks);
    this.#plain = masks.every((mask) => mask === 0xff);
  }

  /**
   * Offsets of matches in `length` bytes of the window from `start` on, counted from `start`, ascending, in batches. A batch is valid until the next
   * one is asked for. Matches may overlap.
   */
  *offsets(window: ScanWindow, length: number, start = 0): Generator<Uint32Array, void, undefined> {
    const { kernels, memory } = this.#core;
    const starts = length - this.length + 1;
    const find = this.#plain ? kernels.findPlain : kernels.findMasked;
    for (let from = 0; from < starts; ) {
      const count = find(
        window.address + start,
        from,
        starts,
        this.#pattern,
        this.length,
        ...this.#probes,
        this.#output,
        OFFSETS_PER_CALL,
      );
      if (count === 0) return;
      const batch = new Uint32Array(memory.bytes.buffer, this.#output, count);
      from = count < OFFSETS_PER_CALL ? starts : (batch[count - 1] ?? starts) + 1;
      yield batch;
    }
  }

  /** Gives the areas back. A second call has no effect. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#core.memory.release(this.#pattern, 2 * this.length);
    this.#core.memory.release(this.#output, 4 * OFFSETS_PER_CALL);
  }
}

/** Bytes that are frequent in memory: padding, small integers, text. A probe takes the byte with the lowest rank. */
function frequency(value: number, mask: number): number {
  if (mask !== 0xff) return mask === 0 ? 1000 : 400;
  if (value === 0) return 300;
  if (value === 0xff) return 200;
  if (value === 0x20 || (value >= 0x61 && value <= 0x7a)) return 120;
  if (value <= 0x10 || value === 0x48) return 100;
  return value < 0x80 ? 60 : 20;
}

/** The places of the two rarest bytes of a pattern: twice the same place if it has one byte. */
function probesOf(values: Uint8Array, masks: Uint8Array): readonly [number, number] {
  const places = [...values.keys()].sort(
    (a, b) => frequency(values[a] ?? 0, masks[a] ?? 0) - frequency(values[b] ?? 0, masks[b] ?? 0) || a - b,
  );
  const first = places[0] ?? 0;
  return [first, places[1] ?? first];
}
