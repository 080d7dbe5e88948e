/**
 * The BLAKE3 hash chain of a plain capture by several threads over one shared memory: the coordinator's side. Every byte is read once;
 * slabs are hashed side by side, whatever the size of blocks, and put together in order ("slab relay").
 *
 * Threads run `hashSlabs` (slab-thread.ts); how they are started and where they read is up to the caller.
 */
import { ChainBreaks } from "../chain-breaks.js";
import type { ChainResult } from "../chain-result.js";
import { Core } from "../core.js";
import { coreModule } from "../module.js";
import { COUNT, FLAG, type OptionChecks, requireOptions } from "../require-options.js";
import { ControlWord, controlBytes, GUARD_BYTES, limitSlabs, type SlabJob, slabWindow, windowBytes } from "./slab-job.js";

/** Fields of the relay; assembly/slabs/relay.ts has the layout. */
const NEXT = 0;
const BLOCKS = 16;
const EOC_FOUND = 24;
const EOC_INDEX = 28;
const EOC_OFFSET = 32;
const EOC_END = 40;
const EOC_STORED = 64;
const HASH_BYTES = 32;
/** A slot has room for the subtrees of this many (assembly/slabs/slot.ts). */
const MAX_SLAB_BYTES = 32 * 1024 * 1024;
/** More than enough for the areas of the coordinator, and for each thread's area and slots beside its windows. */
const COORDINATOR_BYTES = 1024 * 1024;
const THREAD_BYTES = 256 * 1024;

export interface SlabChainOptions {
  /** Bytes of the file. */
  readonly size: number;
  readonly threads: number;
  /** A power of two, 1 KiB to 32 MiB. */
  readonly slabBytes: number;
  /** Whether the caller puts the bytes into `window`; otherwise threads read them. */
  readonly fed: boolean;
}

const SLAB_OPTIONS: OptionChecks<SlabChainOptions> = { size: COUNT, threads: COUNT, slabBytes: COUNT, fed: FLAG };

export interface SlabChainResult {
  readonly chain: ChainResult;
  /** The hash of all bytes before End-of-Capture if the file began with `variantHeader`; null without End-of-Capture. */
  readonly variantFileHash: Uint8Array | null;
}

export class SlabChain {
  /** For the threads. */
  readonly job: SlabJob;
  /** The coordinator's own instance over the shared memory. */
  readonly core: Core;
  readonly #bytes: Uint8Array;
  readonly #control: Int32Array;
  readonly #breaks: { order: number; records: Uint8Array }[] = [];

  /** Throws a `RangeError` where there is not enough memory, a `TypeError` where none can be shared. */
  constructor(options: SlabChainOptions) {
    requireOptions("SlabChain", SLAB_OPTIONS, options);
    const { size, threads, slabBytes, fed } = options;
    if (!isSlabSize(slabBytes)) throw new RangeError(`Slabs are a power of two, 1 KiB to 32 MiB, not ${slabBytes} bytes`);
    const slabs = Math.ceil(size / slabBytes);
    const windowCount = fed ? 2 * threads : threads;
    const slotCount = 4 * threads;
    this.core = new Core({
      shared: true,
      // All that is needed is acquired here: growth later would leave the views of other threads short.
      maximumBytes: COORDINATOR_BYTES + threads * THREAD_BYTES + windowCount * windowBytes(slabBytes),
    });
    const { kernels, memory } = this.core;
    const areaBytes = kernels.slabAreaBytes();
    const slotBytes = kernels.slabSlotBytes();
    this.job = {
      module: coreModule({ shared: true }),
      memory: memory.memory,
      size,
      slabBytes,
      slabs,
      threads,
      fed,
      windowCount,
      slotCount,
      control: memory.acquire(controlBytes(slotCount)),
      relay: memory.acquire(kernels.slabRelayBytes()),
      slots: memory.acquire(slotCount * slotBytes),
      areas: memory.acquire(threads * areaBytes),
      windows: memory.acquire(windowCount * windowBytes(slabBytes)),
      slotBytes,
      areaBytes,
    };
    this.#bytes = memory.bytes;
    this.#control = new Int32Array(memory.memory.buffer, this.job.control);
    Atomics.store(this.#control, ControlWord.Limit, slabs);
  }

  /**
   * Has to come before any thread starts. `header`: all HeaderSize bytes of a plain little-endian capture; `variantHeader`: the same bytes, or as
   * many others in their place, for `variantFileHash`.
   */
  begin(header: Uint8Array, variantHeader: Uint8Array): void {
    const { kernels, scratch } = this.core;
    this.#bytes.set(header, scratch);
    this.#bytes.set(variantHeader, scratch + header.length);
    kernels.beginSlabs(this.job.relay, scratch, scratch + header.length, header.length);
  }

  /** Bytes of the file that are done with. */
  get bytesDone(): number {
    return Math.min(this.slabsDone * this.job.slabBytes, this.job.size);
  }

  get slabsDone(): number {
    return Atomics.load(this.#control, ControlWord.Merged);
  }

  /** Ends the job early: threads return after the slab that they are hashing. */
  stop(): void {
    limitSlabs(this.#control, 0);
  }

  /**
   * Of a job that is fed: the place for the bytes of a slab, and their offset in the file. Slabs have to be fed in order; the place is free once
   * `slabsDone` is at least `slab` - `windowCount` + 1.
   */
  window(slab: number): { readonly offset: number; readonly target: Uint8Array } {
    const { offset, length, address } = slabWindow(this.job, slab, slab % this.job.windowCount);
    return { offset, target: this.#bytes.subarray(address, address + length) };
  }

  /** Hands over the window of the next slab. */
  feed(): void {
    Atomics.add(this.#control, ControlWord.Fed, 1);
    Atomics.notify(this.#control, ControlWord.Fed);
  }

  /** Takes what a thread reports (`onBreaks`). */
  addBreaks(order: number, records: Uint8Array): void {
    this.#breaks.push({ order, records });
  }

  /** What came of it, after all threads have returned and no failure was reported. Throws an `Error` if slabs are missing. */
  finish(): SlabChainResult {
    if (this.slabsDone !== this.job.slabs) throw new Error(`${this.slabsDone} of ${this.job.slabs} slabs were hashed`);
    const { relay, size } = this.job;
    const view = new DataView(this.#bytes.buffer, relay);
    const blocks = view.getUint32(BLOCKS, true);
    const next = Number(view.getBigUint64(NEXT, true));
    const hashes = this.core.scratch;
    if (this.core.kernels.finishSlabs(relay, hashes, hashes + HASH_BYTES) === 0)
      throw new Error("The file's subtrees are no whole");
    const eocEnd = Number(view.getBigUint64(EOC_END, true));
    const hasEoc = view.getUint32(EOC_FOUND, true) !== 0 && eocEnd <= size;
    return {
      chain: {
        blocks,
        breaks: this.#sortedBreaks(),
        eoc: hasEoc
          ? {
              index: view.getUint32(EOC_INDEX, true),
              offset: Number(view.getBigUint64(EOC_OFFSET, true)),
              end: eocEnd,
              stored: this.#hashAt(relay + EOC_STORED),
              computed: this.#hashAt(hashes),
            }
          : null,
        truncatedBlock: next > size ? blocks - 1 : null,
        end: Math.min(next, size),
      },
      variantFileHash: hasEoc ? this.#hashAt(hashes + HASH_BYTES) : null,
    };
  }

  /** Sorting is stable: what one thread reported of one slab stays in its order. */
  #sortedBreaks(): ChainBreaks {
    const breaks = new ChainBreaks();
    for (const { records } of this.#breaks.sort((a, b) => a.order - b.order)) breaks.append(records);
    return breaks;
  }

  #hashAt(address: number): Uint8Array {
    return this.#bytes.slice(address, address + HASH_BYTES);
  }
}

function isSlabSize(bytes: number): boolean {
  return Number.isInteger(Math.log2(bytes)) && bytes >= GUARD_BYTES && bytes <= MAX_SLAB_BYTES;
}
