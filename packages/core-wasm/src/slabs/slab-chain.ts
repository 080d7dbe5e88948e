/**
 * The BLAKE3 hash chain of a plain capture by several threads over one shared memory: the coordinator's side. The file is cut into slabs of
 * equal size. Slabs are hashed side by side, whatever the size of blocks, and merged in file order. Every byte is read once.
 *
 * Threads run `hashSlabs` (slab-thread.ts). The caller starts the threads, and reads the file.
 */
import { ChainBreaks } from "../chain-breaks.js";
import { Core, coreModule } from "../core.js";
import type { ChainResult } from "../hash-chain.js";
import {
  GUARD_BYTES,
  HASH_BYTES,
  MAX_SLAB_BYTES,
  RELAY_BLOCKS,
  RELAY_EOC_END,
  RELAY_EOC_FOUND,
  RELAY_EOC_INDEX,
  RELAY_EOC_OFFSET,
  RELAY_EOC_STORED,
  RELAY_NEXT,
} from "../layout.js";
import { COUNT, FLAG, type OptionChecks, requireOptions } from "../require-options.js";
import { ControlWord, controlBytes, limitSlabs, type SlabJob, slabWindow, windowBytes } from "./slab-job.js";

/** At least the bytes of the coordinator's areas, and of each thread's area and slots beside its windows. */
const COORDINATOR_BYTES = 1024 * 1024;
const THREAD_BYTES = 256 * 1024;

/** Options of `SlabChain`. */
export interface SlabChainOptions {
  /** Bytes of the file. */
  readonly size: number;
  /** Threads that will run `hashSlabs`. */
  readonly threads: number;
  /** Bytes of a slab: a power of two, 1 KiB to 32 MiB. */
  readonly slabBytes: number;
  /** Whether the caller writes the bytes of the file to `window`; otherwise the threads read the file. */
  readonly fed: boolean;
}

const SLAB_OPTIONS: OptionChecks<SlabChainOptions> = { size: COUNT, threads: COUNT, slabBytes: COUNT, fed: FLAG };

/** The result of all threads together. */
export interface SlabChainResult {
  readonly chain: ChainResult;
  /** The hash that FileHash would be if the file began with `variantHeader`, 32 bytes; null without End-of-Capture. */
  readonly variantFileHash: Uint8Array | null;
}

/** Coordinates the threads that hash one file. */
export class SlabChain {
  /** Passed to each thread, by `postMessage`. */
  readonly job: SlabJob;
  /** The coordinator's own instance over the shared memory. */
  readonly core: Core;
  readonly #bytes: Uint8Array;
  readonly #control: Int32Array;
  readonly #breaks: { order: number; records: Uint8Array }[] = [];

  /** Throws a `RangeError` for a size of slabs that is not allowed, or where memory is short; a `TypeError` where no memory can be shared. */
  constructor(options: SlabChainOptions) {
    requireOptions("SlabChain", SLAB_OPTIONS, options);
    const { size, threads, slabBytes, fed } = options;
    if (!isSlabSize(slabBytes)) throw new RangeError(`Slabs are a power of two, 1 KiB to 32 MiB, not ${slabBytes} bytes`);
    const slabs = Math.ceil(size / slabBytes);
    const windowCount = fed ? 2 * threads : threads;
    const slotCount = 4 * threads;
    this.core = new Core({
      shared: true,
      // All memory is acquired here: growth later would leave the views of other threads short.
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
   * Begins the file; called before any thread starts. `header`: all HeaderSize bytes of a plain little-endian capture. `variantHeader`: as many
   * bytes that take their place for `variantFileHash`.
   */
  begin(header: Uint8Array, variantHeader: Uint8Array): void {
    const { kernels, scratch } = this.core;
    this.#bytes.set(header, scratch);
    this.#bytes.set(variantHeader, scratch + header.length);
    kernels.beginSlabs(this.job.relay, scratch, scratch + header.length, header.length);
  }

  /** Bytes of the file that are hashed and merged. */
  get bytesDone(): number {
    return Math.min(this.slabsDone * this.job.slabBytes, this.job.size);
  }

  /** Slabs that are hashed and merged. */
  get slabsDone(): number {
    return Atomics.load(this.#control, ControlWord.Merged);
  }

  /** Ends the job early: each thread returns after the slab that it is hashing. */
  stop(): void {
    limitSlabs(this.#control, 0);
  }

  /**
   * For a job that is fed: the window for the bytes of a slab, and the file offset of its first byte. Slabs have to be fed in order. The window
   * is free once `slabsDone` is at least `slab` - `windowCount` + 1.
   */
  window(slab: number): { readonly offset: number; readonly target: Uint8Array } {
    const { offset, length, address } = slabWindow(this.job, slab, slab % this.job.windowCount);
    return { offset, target: this.#bytes.subarray(address, address + length) };
  }

  /** Hands the window of the next slab, which is filled, to the threads. */
  feed(): void {
    Atomics.add(this.#control, ControlWord.Fed, 1);
    Atomics.notify(this.#control, ControlWord.Fed);
  }

  /** Takes broken links that a thread reports (`onBreaks`). */
  addBreaks(order: number, records: Uint8Array): void {
    this.#breaks.push({ order, records });
  }

  /** The result, after all threads have returned without failure. Throws an `Error` if slabs are missing. */
  finish(): SlabChainResult {
    if (this.slabsDone !== this.job.slabs) throw new Error(`${this.slabsDone} of ${this.job.slabs} slabs were hashed`);
    const { relay, size } = this.job;
    const view = new DataView(this.#bytes.buffer, relay);
    const blocks = view.getUint32(RELAY_BLOCKS, true);
    const next = Number(view.getBigUint64(RELAY_NEXT, true));
    const hashes = this.core.scratch;
    if (this.core.kernels.finishSlabs(relay, hashes, hashes + HASH_BYTES) === 0)
      throw new Error("The subtrees of the slabs are not a whole file");
    const eocEnd = Number(view.getBigUint64(RELAY_EOC_END, true));
    const hasEoc = view.getUint32(RELAY_EOC_FOUND, true) !== 0 && eocEnd <= size;
    return {
      chain: {
        blocks,
        breaks: this.#sortedBreaks(),
        eoc: hasEoc
          ? {
              index: view.getUint32(RELAY_EOC_INDEX, true),
              offset: Number(view.getBigUint64(RELAY_EOC_OFFSET, true)),
              end: eocEnd,
              stored: this.#hashAt(relay + RELAY_EOC_STORED),
              computed: this.#hashAt(hashes),
            }
          : null,
        truncatedBlock: next > size ? blocks - 1 : null,
        end: Math.min(next, size),
      },
      variantFileHash: hasEoc ? this.#hashAt(hashes + HASH_BYTES) : null,
    };
  }

  /** The sort is stable: reports of one slab keep their order. */
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
