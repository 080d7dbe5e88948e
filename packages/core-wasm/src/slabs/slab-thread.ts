/**
 * One thread of a job: claims a slab, gets its bytes, waits for its turn to walk the headers, hashes the slab, and merges slabs that are hashed.
 * Does not import the WebAssembly module: the job brings it, compiled.
 */
import type { CoreExports } from "../exports.js";
import { BREAK_BYTES, MERGED_BREAK, MERGED_MISFIT, SLAB_BREAK_TABLE, SLAB_BREAKS } from "../layout.js";
import { instantiate } from "../webassembly.js";
import { ControlWord, hashedWord, limitSlabs, type SlabJob, type SlabWindow, slabWindow } from "./slab-job.js";

export type { SlabJob } from "./slab-job.js";

/** Longest wait before a thread checks the limit again: a limit that is lowered just before the wait does not wake the thread. */
const WAIT_MS = 100;

/** What a thread of a `SlabChain` calls: to read the file, and to report. */
export interface SlabThreadHooks {
  /** Fills `target` with the file's bytes from `offset` on. Not called for a job that is fed. `hashSlabs` passes its errors on. */
  readonly read?: (target: Uint8Array, offset: number) => void;
  /** Called with records of broken links. The reports of all threads, stably sorted by `order`, are in file order. */
  readonly onBreaks: (order: number, records: Uint8Array) => void;
  /** Called after each slab. */
  readonly onSlab?: () => void;
}

/** Runs thread number `thread` of the job to its end. Blocks, and so must not run on a thread that may not wait. */
export function hashSlabs(job: SlabJob, thread: number, hooks: SlabThreadHooks): void {
  new SlabThread(job, thread, hooks).run();
}

class SlabThread {
  readonly #job: SlabJob;
  readonly #thread: number;
  readonly #hooks: SlabThreadHooks;
  readonly #kernels: CoreExports;
  readonly #control: Int32Array;
  readonly #words: Uint32Array;
  readonly #area: number;

  constructor(job: SlabJob, thread: number, hooks: SlabThreadHooks) {
    this.#job = job;
    this.#thread = thread;
    this.#hooks = hooks;
    this.#kernels = instantiate<CoreExports>(job.module, job.memory);
    this.#control = new Int32Array(job.memory.buffer, job.control);
    this.#words = new Uint32Array(job.memory.buffer);
    this.#area = job.areas + thread * job.areaBytes;
  }

  run(): void {
    for (;;) {
      const slab = Atomics.add(this.#control, ControlWord.Claimed, 1);
      if (slab >= Atomics.load(this.#control, ControlWord.Limit)) return;
      try {
        if (!this.#doSlab(slab)) return;
      } catch (error) {
        limitSlabs(this.#control, slab);
        throw error;
      }
      this.#hooks.onSlab?.();
    }
  }

  /** Hashes one slab. False if it is behind the limit. */
  #doSlab(slab: number): boolean {
    const { fed, windowCount, slotCount, slots, slotBytes, size, slabBytes, relay } = this.#job;
    const window = slabWindow(this.#job, slab, fed ? slab % windowCount : this.#thread);
    if (fed) {
      if (!this.#waitFor(ControlWord.Fed, slab + 1, slab)) return false;
    } else {
      this.#read(window);
    }
    if (!this.#waitFor(ControlWord.Walked, slab, slab)) return false;
    this.#kernels.walkSlab(this.#area, relay, window.slabAddress, slab * slabBytes, size, slabBytes);
    this.#advance(ControlWord.Walked, slab + 1);
    if (!this.#waitFor(ControlWord.Merged, slab + 1 - slotCount, slab)) return false;
    this.#hash(slab, slots + (slab % slotCount) * slotBytes);
    Atomics.store(this.#control, hashedWord(slab % slotCount), slab + 1);
    this.#mergeReadySlabs();
    return true;
  }

  #read({ offset, length, address }: SlabWindow): void {
    if (!this.#hooks.read) throw new TypeError("A thread of a job that is not fed needs a way to read");
    this.#hooks.read(new Uint8Array(this.#job.memory.buffer, address, length), offset);
  }

  #hash(slab: number, slot: number): void {
    for (let more = true; more; ) {
      more = this.#kernels.hashSlab(this.#area, slot) !== 0;
      const breaks = this.#words[(this.#area + SLAB_BREAKS) / 4] ?? 0;
      // The merge reports the link behind a block from an earlier slab as 2 * slab: it comes before the others of the slab.
      if (breaks > 0) this.#hooks.onBreaks(2 * slab + 1, this.#copy(this.#area + SLAB_BREAK_TABLE, breaks * BREAK_BYTES));
    }
  }

  /**
   * Merges slabs in order, as far as they are hashed. Only one thread merges, and no thread waits for it: a thread whose slab is hashed while
   * another thread merges leaves the slab to that thread, which checks again after it has stopped.
   */
  #mergeReadySlabs(): void {
    const isReady = () => {
      const slab = Atomics.load(this.#control, ControlWord.Merged);
      return Atomics.load(this.#control, hashedWord(slab % this.#job.slotCount)) === slab + 1;
    };
    while (isReady()) {
      if (Atomics.compareExchange(this.#control, ControlWord.Merging, 0, 1) !== 0) return;
      while (isReady()) this.#merge(Atomics.load(this.#control, ControlWord.Merged));
      Atomics.store(this.#control, ControlWord.Merging, 0);
    }
  }

  #merge(slab: number): void {
    const { relay, slots, slotBytes, slotCount } = this.#job;
    // The break table of this thread's own slab has been read, so that its memory is free.
    const record = this.#area + SLAB_BREAK_TABLE;
    const merged = this.#kernels.mergeSlab(relay, slots + (slab % slotCount) * slotBytes, record);
    if (merged === MERGED_MISFIT) throw new Error(`The subtrees of slab ${slab} do not fit those before it`);
    if (merged === MERGED_BREAK) this.#hooks.onBreaks(2 * slab, this.#copy(record, BREAK_BYTES));
    this.#advance(ControlWord.Merged, slab + 1);
  }

  /** Waits until the word is at least `value`. False if slab number `slab` is behind the limit. */
  #waitFor(word: number, value: number, slab: number): boolean {
    for (let seen = Atomics.load(this.#control, word); seen < value; seen = Atomics.load(this.#control, word)) {
      if (slab >= Atomics.load(this.#control, ControlWord.Limit)) return false;
      Atomics.wait(this.#control, word, seen, WAIT_MS);
    }
    return slab < Atomics.load(this.#control, ControlWord.Limit);
  }

  #advance(word: number, value: number): void {
    Atomics.store(this.#control, word, value);
    Atomics.notify(this.#control, word);
  }

  /** A copy in memory that is not shared, which can be sent to another thread. */
  #copy(address: number, length: number): Uint8Array {
    return new Uint8Array(this.#job.memory.buffer, address, length).slice();
  }
}
