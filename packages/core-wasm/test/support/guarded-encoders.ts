/**
 * Runs the kernels of encoders so that a wrong access is detected: the input lies at the very start or the very end of linear memory, where an
 * access before or behind it traps, and guard bytes around workspace and output, which is as long as the bound, must not change.
 */
import { encodersOf } from "../../src/encode/encode-kernels.js";
import { Core } from "../../src/index.js";
import type { SourcePlace } from "./guarded-kernels.js";

const MEMORY_BYTES = 64 * 65_536;
const GUARD_BYTES = 256;
const GUARD = 0xa5;
const LONGEST_INPUT = 700_000;

export class GuardedEncoders {
  readonly core = new Core({ initialBytes: MEMORY_BYTES });
  readonly #memory = this.core.memory.bytes;

  /** `level`: 0 fast, 1 default. */
  zstd(input: Uint8Array, level: number, place: SourcePlace): Uint8Array {
    const kernels = encodersOf(this.core);
    const bound = kernels.zstdEncodeBound(input.length);
    return this.#guard(input, place, bound, kernels.zstdEncodeWorkspaceSize(input.length, level), (source, output, workspace) =>
      kernels.zstdEncode(source, input.length, output, level, workspace),
    );
  }

  lz4Block(input: Uint8Array, place: SourcePlace): Uint8Array {
    const kernels = encodersOf(this.core);
    const bound = kernels.lz4EncodeBound(input.length);
    return this.#guard(input, place, bound, kernels.lz4EncodeWorkspaceSize(input.length), (source, output, workspace) =>
      kernels.lz4EncodeBlock(source, input.length, output, workspace),
    );
  }

  #guard(
    input: Uint8Array,
    place: SourcePlace,
    bound: number,
    workspaceSize: number,
    run: (source: number, output: number, workspace: number) => number,
  ): Uint8Array {
    if (input.length > LONGEST_INPUT) throw new RangeError(`Guarded input has ${LONGEST_INPUT} bytes at most`);
    const source = place === "begin" ? 0 : MEMORY_BYTES - input.length;
    const workspace = 768 * 1024;
    // Not aligned.
    const output = workspace + workspaceSize + 4 * GUARD_BYTES + 1;
    this.#memory.fill(GUARD);
    this.#memory.set(input, source);

    const length = run(source, output, workspace);

    if (length > bound) throw new Error(`says that it wrote ${length} bytes, the bound is ${bound}`);
    const memory = Buffer.from(this.#memory.buffer);
    const written = [
      { begin: source, end: source + input.length },
      { begin: workspace, end: workspace + workspaceSize },
      { begin: output, end: output + bound },
    ].sort((a, b) => a.begin - b.begin);
    let at = 0;
    for (const { begin, end } of [...written, { begin: MEMORY_BYTES, end: MEMORY_BYTES }]) {
      if (!GUARDS.subarray(0, begin - at).equals(memory.subarray(at, begin))) throw new Error(`wrote between ${at} and ${begin}`);
      at = end;
    }
    if (Buffer.compare(memory.subarray(source, source + input.length), input) !== 0) throw new Error("changed its input");
    return this.#memory.slice(output, output + length);
  }
}

const GUARDS = Buffer.alloc(MEMORY_BYTES, GUARD);
