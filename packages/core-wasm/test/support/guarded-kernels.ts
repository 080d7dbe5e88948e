/**
 * Runs the codec kernels where a wrong access shows: the source lies at the very begin or the very end of linear memory, so that
 * reading before or after it traps, and the bytes around output and workspace are watched.
 */
import { Core } from "../../src/index.js";

const MEMORY_BYTES = 48 * 65_536;
const GUARD_BYTES = 256;
const GUARD = 0xa5;
/** Output bytes are preset to this, which shows what was written. */
const UNWRITTEN = 0x5a;

export type SourcePlace = "begin" | "end";

export interface KernelOutcome {
  readonly status: number;
  readonly bytes: Uint8Array;
  readonly stoppedAt: number;
  readonly trailingZeros: number;
}

export class GuardedKernels {
  readonly core = new Core({ initialBytes: MEMORY_BYTES });
  readonly #memory = this.core.memory.bytes;
  readonly #workspace = 1024 * 1024;
  readonly #zstdWorkspaceSize = this.core.kernels.zstdWorkspaceSize();
  readonly #lz4WorkspaceSize = this.core.kernels.lz4WorkspaceSize();
  /** Not aligned, and far from source and workspace. */
  readonly #destination = 1_500_001;

  zstd(source: Uint8Array, limit: number, exact: boolean, place: SourcePlace, windowLimit = 2 ** 27): KernelOutcome {
    return this.#guard(source, limit, place, this.#zstdWorkspaceSize, (address) =>
      this.core.kernels.zstdDecode(address, source.length, this.#destination, limit, Number(exact), windowLimit, this.#workspace),
    );
  }

  zstdMeasure(source: Uint8Array, several: boolean, place: SourcePlace): KernelOutcome & { readonly most: number } {
    const measured = this.#guard(source, 0, place, this.#zstdWorkspaceSize, (address) =>
      this.core.kernels.zstdMeasure(address, source.length, Number(several), 2 ** 27, this.#workspace),
    );
    return { ...measured, most: this.#report().getUint32(0, true) };
  }

  lz4Block(source: Uint8Array, expected: number, place: SourcePlace): KernelOutcome {
    return this.#guard(source, expected, place, this.#lz4WorkspaceSize, (address) =>
      this.core.kernels.lz4DecodeBlock(address, source.length, this.#destination, expected, this.#workspace),
    );
  }

  lz4Frame(source: Uint8Array, limit: number, exact: boolean, place: SourcePlace): KernelOutcome {
    return this.#guard(source, limit, place, this.#lz4WorkspaceSize, (address) =>
      this.core.kernels.lz4DecodeFrame(address, source.length, this.#destination, limit, Number(exact), this.#workspace),
    );
  }

  #report(): DataView {
    return new DataView(this.#memory.buffer, this.#workspace, 12);
  }

  #guard(
    source: Uint8Array,
    limit: number,
    place: SourcePlace,
    workspaceSize: number,
    run: (source: number) => number,
  ): KernelOutcome {
    const address = place === "begin" ? 0 : MEMORY_BYTES - source.length;
    const outputEnd = this.#destination + limit;
    const workspaceEnd = this.#workspace + workspaceSize;
    this.#memory.set(source, address);
    const guards = [this.#destination - GUARD_BYTES, outputEnd, this.#workspace - GUARD_BYTES, workspaceEnd];
    for (const guard of guards) this.#memory.fill(GUARD, guard, guard + GUARD_BYTES);
    this.#memory.fill(UNWRITTEN, this.#destination, outputEnd);

    const status = run(address);

    for (const guard of guards) {
      if (!this.#memory.subarray(guard, guard + GUARD_BYTES).every((byte) => byte === GUARD)) {
        throw new Error(`wrote outside of its areas, near ${guard}`);
      }
    }
    if (Buffer.compare(this.#memory.subarray(address, address + source.length), source) !== 0) {
      throw new Error("changed its source");
    }
    const report = this.#report();
    const produced = report.getUint32(0, true);
    return {
      status,
      bytes: this.#memory.slice(this.#destination, this.#destination + Math.min(produced, limit)),
      stoppedAt: report.getUint32(4, true),
      trailingZeros: report.getUint32(8, true),
    };
  }
}
