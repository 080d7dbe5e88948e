/** One thread that hashes parts of messages. Does not import the WebAssembly module: it is given the module, compiled. */
import type { CoreExports } from "../exports.js";
import { HASH_BYTES } from "../layout.js";
import { instantiate, type WasmMemory } from "../webassembly.js";
import { CHUNK_BYTES, type SubtreeJob, type SubtreeThreadStart, subtreesOf } from "./subtree-job.js";

export type { SubtreeJob, SubtreeThreadStart } from "./subtree-job.js";

const HALF = 2 ** 32;

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
    let output = this.#values;
    for (const range of job) {
      let { address, firstChunk } = range;
      for (const chunks of subtreesOf(range)) {
        this.#kernels.blake3Subtree(this.#context, address, chunks, firstChunk % HALF, Math.floor(firstChunk / HALF), output);
        address += chunks * CHUNK_BYTES;
        firstChunk += chunks;
        output += HASH_BYTES;
      }
    }
    return new Uint8Array(new Uint8Array(this.#memory.buffer, this.#values, output - this.#values));
  }
}
