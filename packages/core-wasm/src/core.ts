/** One instance of the core: its kernels, its linear memory, and areas for bytes on their way in and out. */
import type { CoreExports } from "./exports.js";
import { LinearMemory, type LinearMemoryOptions } from "./memory.js";
import { coreModule } from "./module.js";

/** Bytes copied in at a time: small enough to stay in a processor core's second-level cache. */
export const STAGING_BYTES = 256 * 1024;
/** Room for what one kernel call writes. */
export const SCRATCH_BYTES = 64 * 1024;
/** Up to here copying is cheaper than asking where the bytes lie: the engine makes the `buffer` of a small array only when asked for it. */
const COPIED_UNASKED = 512;

export class Core {
  readonly memory: LinearMemory;
  readonly kernels: CoreExports;
  /** The address of SCRATCH_BYTES bytes that kernels write results to. The next call overwrites them. */
  readonly scratch: number;
  readonly #staging: number;
  #stagingView: Uint8Array;

  constructor(options: LinearMemoryOptions = {}) {
    this.memory = new LinearMemory(options);
    const module = coreModule({ shared: this.memory.shared });
    const instance = new WebAssembly.Instance(module, { env: { memory: this.memory.memory } });
    this.kernels = instance.exports as unknown as CoreExports;
    // Acquired at once: a later growth of the memory would detach bytes in it that a caller is about to hand in.
    this.scratch = this.memory.acquire(SCRATCH_BYTES);
    this.#staging = this.memory.acquire(STAGING_BYTES);
    this.#stagingView = this.memory.view(this.#staging, STAGING_BYTES);
  }

  /**
   * The address of `bytes`, at most STAGING_BYTES, in linear memory: where they lie already, or of a copy in the staging area that
   * lasts until the next one.
   */
  stage(bytes: Uint8Array): number {
    const address = bytes.length > COPIED_UNASKED ? this.memory.addressOf(bytes) : -1;
    return address >= 0 ? address : this.#copyToStaging(bytes);
  }

  /**
   * Calls `use(address, length)` for consecutive pieces of `bytes` in linear memory, first to last.
   * Bytes that already lie there are passed as one piece, uncopied. `use` may stop early by returning false.
   */
  forEachPiece(bytes: Uint8Array, use: (address: number, length: number) => boolean | void): void {
    const address = this.memory.addressOf(bytes);
    if (address >= 0) {
      use(address, bytes.length);
      return;
    }
    for (let at = 0; at < bytes.length; at += STAGING_BYTES) {
      const piece = bytes.subarray(at, at + STAGING_BYTES);
      if (use(this.#copyToStaging(piece), piece.length) === false) return;
    }
  }

  #copyToStaging(bytes: Uint8Array): number {
    // Growth has detached the view.
    if (this.#stagingView.length === 0) this.#stagingView = this.memory.view(this.#staging, STAGING_BYTES);
    this.#stagingView.set(bytes);
    return this.#staging;
  }
}

let shared: Core | undefined;

/** The core that single-threaded work shares, made on first use. */
export function defaultCore(): Core {
  shared ??= new Core();
  return shared;
}
