/** One thread that hashes parts of messages. Does not import the WebAssembly module: it is given the module, compiled. */
import type { CoreExports } from "../exports.js";
import { instantiate, type WasmMemory } from "../webassembly.js";
import { hashSubtrees, type SubtreeJob, type SubtreeThreadStart } from "./subtree-job.js";

export type { SubtreeJob, SubtreeThreadStart } from "./subtree-job.js";

/** The work of one thread on the windows of `SharedWindows`: it hashes chunks of BLAKE3 subtrees. */
export class SubtreeThread {
  readonly #kernels: CoreExports;
  readonly #memory: WasmMemory;
  readonly #context: number;
  readonly #values: number;

  constructor({ module, memory, area }: SubtreeThreadStart) {
    this.#kernels = instantiate<CoreExports>(module, memory);
    this.#memory = memory;
    this.#context = area;
    this.#values = area + this.#kernels.blake3ContextBytes();
  }

  /** The chaining values of all subtrees of the job, one after the other, in memory that is not shared. */
  hash(job: SubtreeJob): Uint8Array<ArrayBuffer> {
    const end = hashSubtrees(this.#kernels, this.#context, this.#values, job);
    return new Uint8Array(new Uint8Array(this.#memory.buffer, this.#values, end - this.#values));
  }
}
