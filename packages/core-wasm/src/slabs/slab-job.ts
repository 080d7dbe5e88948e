/**
 * The job of the threads that hash one file: a plain object for `postMessage`, and the words of shared memory by which they take turns. The
 * coordinator assigns all addresses once; threads allocate nothing.
 */
import { GUARD_BYTES, LOOKAHEAD_BYTES } from "../layout.js";
import type { WasmMemory, WasmModule } from "../webassembly.js";

/** Addresses are those of the shared linear memory. */
export interface SlabJob {
  readonly module: WasmModule;
  readonly memory: WasmMemory;
  /** Bytes of the file. */
  readonly size: number;
  /** Bytes of a slab, and the number of slabs. */
  readonly slabBytes: number;
  readonly slabs: number;
  readonly threads: number;
  /** Whether the coordinator writes the file's bytes to the windows; otherwise each thread reads the file. */
  readonly fed: boolean;
  /** Windows: one for each thread, or, for a job that is fed, windows that the slabs take in turns. */
  readonly windowCount: number;
  /** Slots: the number of slabs that may be hashed and not yet merged. */
  readonly slotCount: number;
  /** Addresses of the control words, the relay, and the first of the slots, areas and windows. */
  readonly control: number;
  readonly relay: number;
  readonly slots: number;
  readonly areas: number;
  readonly windows: number;
  /** Bytes of a slot and of an area. */
  readonly slotBytes: number;
  readonly areaBytes: number;
}

/** Control words are i32 and WORD_STEP words apart, so that each lies in a cache line of its own. */
const WORD_STEP = 16;
/** Indexes of the control words. */
export const ControlWord = {
  /** The next slab that no thread has claimed. */
  Claimed: 0,
  /** No slab from this one on is to be hashed. A failure lowers it. */
  Limit: 16,
  /** Slabs walked: the relay belongs to the thread of the slab with this number. */
  Walked: 32,
  /** Slabs merged. */
  Merged: 48,
  /** 1 while a thread merges. */
  Merging: 64,
  /** Windows that the coordinator has filled. */
  Fed: 80,
  /** For each slot, one more than the number of the slab that was hashed into it last. */
  Hashed: 96,
} as const;

/** Bytes of all control words. */
export function controlBytes(slotCount: number): number {
  return 4 * (ControlWord.Hashed + WORD_STEP * slotCount);
}

/** The index of the control word of a slot. */
export function hashedWord(slot: number): number {
  return ControlWord.Hashed + WORD_STEP * slot;
}

/** Bytes of a window, a multiple of 64. */
export function windowBytes(slabBytes: number): number {
  return GUARD_BYTES + slabBytes + LOOKAHEAD_BYTES;
}

export interface SlabWindow {
  /** File offset of the first byte, and the number of bytes. */
  readonly offset: number;
  readonly length: number;
  /** Addresses of the first byte, and of the first byte of the slab. */
  readonly address: number;
  readonly slabAddress: number;
}

/** The bytes that hashing a slab needs, and their place in window number `window`. */
export function slabWindow({ size, slabBytes, windows }: SlabJob, slab: number, window: number): SlabWindow {
  const start = slab * slabBytes;
  const guard = Math.min(GUARD_BYTES, start);
  const slabAddress = windows + window * windowBytes(slabBytes) + GUARD_BYTES;
  const end = Math.min(start + slabBytes + LOOKAHEAD_BYTES, size);
  return { offset: start - guard, length: end - start + guard, address: slabAddress - guard, slabAddress };
}

/** Keeps threads from beginning `slab` or any later one, and wakes the threads that wait. */
export function limitSlabs(control: Int32Array, slab: number): void {
  for (let limit = Atomics.load(control, ControlWord.Limit); slab < limit; ) {
    const seen = Atomics.compareExchange(control, ControlWord.Limit, limit, slab);
    if (seen === limit) break;
    limit = seen;
  }
  for (const word of [ControlWord.Walked, ControlWord.Merged, ControlWord.Fed]) Atomics.notify(control, word);
}
