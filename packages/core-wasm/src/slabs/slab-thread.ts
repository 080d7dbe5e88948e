/**
 * What each thread does: claims a slab, gets its bytes, waits for its turn to walk the headers, hashes, and merges what is ready.
 * Imports no kernels and no module: a worker gets both ready-made.
 */
import { BREAK_BYTES } from "../chain-breaks.js";
import type { CoreExports } from "../exports.js";
import { ControlWord, hashedWord, limitSlabs, type SlabJob, type SlabWindow, slabWindow } from "./slab-job.js";

export type { SlabJob } from "./slab-job.js";

/** assembly/slabs/area.ts and assembly/slabs/merge.ts have the same numbers. */
const BREAKS = 64;
const BREAK_TABLE = 128;
const MERGED_BREAK = 1;
const MERGED_MISFIT = 2;
/** How long a thread waits before it looks whether it is still wanted: a limit that is lowered just before a wait wakes nobody. */
const WAIT_MS = 100;

export interface SlabThreadHooks {
  /** Fills `target` with the file's bytes from `offset` on; not called for a job that is fed. What it throws, `hashSlabs` throws. */
  readonly read?: (target: Uint8Array, offset: number) => void;
  /** Broken links as records. `order` sorts those of all threads; those of equal order come in order. */
  readonly onBreaks: (order: number, records: Uint8Array) => void;
  /** After each slab. */
  readonly onSlab?: () => void;
}

/** Runs as thread number `thread` of the job to its end. Blocks, so it must not run where waiting is forbidden. */
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
    this.#kernels = new WebAssembly.Instance(job.module, { env: { memory: job.memory } }).exports as unknown as CoreExports;
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

  /** False if the slab is no longer wanted. */
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
    this.#mergeWhatIsReady();
    return true;
  }

  #read({ offset, length, address }: SlabWindow): void {
    if (!this.#hooks.read) throw new TypeError("A thread of a job that is not fed needs a way to read");
    this.#hooks.read(new Uint8Array(this.#job.memory.buffer, address, length), offset);
  }

  #hash(slab: number, slot: number): void {
    for (let more = true; more; ) {
      more = this.#kernels.hashSlab(this.#area, slot) !== 0;
      const breaks = this.#words[(this.#area + BREAKS) / 4] ?? 0;
      // The link behind a block from slabs before, found by the merge, comes before those of the same slab.
      if (breaks > 0) this.#hooks.onBreaks(2 * slab + 1, this.#copy(this.#area + BREAK_TABLE, breaks * BREAK_BYTES));
    }
  }

  /**
   * Merges in order, one thread at a time; nobody waits for it. A thread whose slab is ready while another one merges leaves it to that one,
   * which looks again after it has stopped.
   */
  #mergeWhatIsReady(): void {
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
    // The table of this thread's own slab has been read.
    const record = this.#area + BREAK_TABLE;
    const merged = this.#kernels.mergeSlab(relay, slots + (slab % slotCount) * slotBytes, record);
    if (merged === MERGED_MISFIT) throw new Error(`The subtrees of slab ${slab} do not fit those before it`);
    if (merged === MERGED_BREAK) this.#hooks.onBreaks(2 * slab, this.#copy(record, BREAK_BYTES));
    this.#advance(ControlWord.Merged, slab + 1);
  }

  /** Waits until the word is at least `value`; false if slab number `slab` is not wanted any more. */
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

  /** For other threads, which cannot take bytes of shared memory for their own. */
  #copy(address: number, length: number): Uint8Array {
    return new Uint8Array(this.#job.memory.buffer, address, length).slice();
  }
}
