/**
 * What the threads that verify one file have in common: a plain object for `postMessage`, and the words of shared memory by which they
 * take turns. All addresses are assigned here, once, by the coordinator; threads allocate nothing.
 */

/** assembly/slabs/area.ts has the same numbers. */
export const GUARD_BYTES = 1024;
const LOOKAHEAD_BYTES = 128;

export interface SlabJob {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Of the file. */
  readonly size: number;
  readonly slabBytes: number;
  readonly slabs: number;
  readonly threads: number;
  /** Whether the coordinator puts the file's bytes into the windows; otherwise each thread reads them itself. */
  readonly fed: boolean;
  /** Windows in turn for the slabs of a file that is fed; otherwise one for each thread. */
  readonly windowCount: number;
  /** Slabs that may be hashed before the one that is to be merged next. */
  readonly slotCount: number;
  /** Addresses of the control words, the relay, and the first of the slots, areas and windows. */
  readonly control: number;
  readonly relay: number;
  readonly slots: number;
  readonly areas: number;
  readonly windows: number;
  /** Their sizes. */
  readonly slotBytes: number;
  readonly areaBytes: number;
}

/** Control words, i32, each in a cache line of its own. */
const WORD_STEP = 16;
export const ControlWord = {
  /** The next slab that nobody has claimed. */
  Claimed: 0,
  /** Slabs from here on are not wanted: their number, lowered by a failure. */
  Limit: WORD_STEP,
  /** Slabs walked: the relay belongs to the one with this number. */
  Walked: 2 * WORD_STEP,
  Merged: 3 * WORD_STEP,
  /** 1 while a thread merges. */
  Merging: 4 * WORD_STEP,
  /** Windows filled by the coordinator. */
  Fed: 5 * WORD_STEP,
  /** For each slot, the number of the slab after the one that was hashed into it. */
  Hashed: 6 * WORD_STEP,
} as const;

export function controlBytes(slotCount: number): number {
  return 4 * (ControlWord.Hashed + WORD_STEP * slotCount);
}

/** The index of a slot's word. */
export function hashedWord(slot: number): number {
  return ControlWord.Hashed + WORD_STEP * slot;
}

/** Of a window, a multiple of 64. */
export function windowBytes(slabBytes: number): number {
  return GUARD_BYTES + slabBytes + LOOKAHEAD_BYTES;
}

export interface SlabWindow {
  /** File offset of its first byte, and how many there are. */
  readonly offset: number;
  readonly length: number;
  /** Address of its first byte, and of the slab's. */
  readonly address: number;
  readonly slabAddress: number;
}

/** The bytes that a slab needs, and where they go in window number `window`. */
export function slabWindow({ size, slabBytes, windows }: SlabJob, slab: number, window: number): SlabWindow {
  const start = slab * slabBytes;
  const guard = Math.min(GUARD_BYTES, start);
  const slabAddress = windows + window * windowBytes(slabBytes) + GUARD_BYTES;
  const end = Math.min(start + slabBytes + LOOKAHEAD_BYTES, size);
  return { offset: start - guard, length: end - start + guard, address: slabAddress - guard, slabAddress };
}

/** Lets no slab from `slab` on be begun, and wakes those who wait for their turn. */
export function limitSlabs(control: Int32Array, slab: number): void {
  for (let limit = Atomics.load(control, ControlWord.Limit); slab < limit; ) {
    const seen = Atomics.compareExchange(control, ControlWord.Limit, limit, slab);
    if (seen === limit) break;
    limit = seen;
  }
  for (const word of [ControlWord.Walked, ControlWord.Merged, ControlWord.Fed]) Atomics.notify(control, word);
}
