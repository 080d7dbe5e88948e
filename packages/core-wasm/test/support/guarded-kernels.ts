/**
 * Runs the kernels of decoders so that a wrong access is detected: the source lies at the very start or the very end of linear memory, where
 * an access before or behind it traps, and guard bytes around output and workspace must not change.
 */
import { Core, DECODE_FAILURES } from "../../src/index.js";
import {
  LZ4_REACH,
  REPORT_BYTES,
  REPORT_PIECE,
  REPORT_PRODUCED,
  REPORT_REACH,
  REPORT_STOPPED_AT,
  REPORT_TRAILING_ZEROS,
} from "../../src/layout.js";

const MEMORY_BYTES = 48 * 65_536;
/** Guard bytes before and behind each area. */
const GUARD_BYTES = 256;
const GUARD = 0xa5;
/** The value of output bytes before the call. */
const UNWRITTEN = 0x5a;
/** The status behind the statuses of failures (assembly/codec/report.ts). */
export const PAUSED = DECODE_FAILURES.length + 1;
/** The most bytes by which the start of Zstandard data may be longer than wanted (`decodeZstdStart`). */
export const ZSTD_START_EXCESS = 4096;

export type SourcePlace = "begin" | "end";

export interface KernelOutcome {
  readonly status: number;
  readonly bytes: Uint8Array;
  readonly stoppedAt: number;
  readonly trailingZeros: number;
}

/** The wanted lengths of pieces, one after the other, and the greatest of them. */
export interface PieceLengths {
  readonly longest: number;
  next(): number;
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
    return this.#guard(source, limit, place, this.#zstdWorkspaceSize, (address) => {
      const { kernels } = this.core;
      kernels.zstdBegin(address, source.length, this.#destination, limit, limit, Number(exact), windowLimit, this.#workspace);
      return kernels.zstdContinue(this.#workspace, limit);
    });
  }

  /** Decodes the start of the data, in an output area of the least size that suffices. */
  zstdStart(source: Uint8Array, limit: number, wanted: number, place: SourcePlace): KernelOutcome {
    const areaSize = Math.min(limit, wanted + ZSTD_START_EXCESS);
    return this.#guard(source, areaSize, place, this.#zstdWorkspaceSize, (address) => {
      const { kernels } = this.core;
      kernels.zstdBegin(address, source.length, this.#destination, areaSize, limit, 1, 2 ** 27, this.#workspace);
      return kernels.zstdStart(this.#workspace, wanted);
    });
  }

  zstdMeasure(source: Uint8Array, several: boolean, place: SourcePlace): KernelOutcome & { readonly most: number } {
    const measured = this.#guard(source, 0, place, this.#zstdWorkspaceSize, (address) =>
      this.core.kernels.zstdMeasure(address, source.length, Number(several), 2 ** 27, this.#workspace),
    );
    return { ...measured, most: this.#report().getUint32(REPORT_PRODUCED, true) };
  }

  lz4Block(source: Uint8Array, expected: number, place: SourcePlace): KernelOutcome {
    return this.#guard(source, expected, place, this.#lz4WorkspaceSize, (address) => {
      this.core.kernels.lz4BeginBlock(address, source.length, this.#destination, expected, expected, this.#workspace);
      return this.core.kernels.lz4ContinueBlock(this.#workspace, expected);
    });
  }

  lz4Frame(source: Uint8Array, limit: number, exact: boolean, place: SourcePlace): KernelOutcome {
    return this.#guard(source, limit, place, this.#lz4WorkspaceSize, (address) => {
      const { kernels } = this.core;
      kernels.lz4BeginFrame(address, source.length, this.#destination, limit, limit, Number(exact), this.#workspace);
      return kernels.lz4ContinueFrame(this.#workspace, limit);
    });
  }

  /** Decodes in pieces of 1 to `longest` bytes, whose lengths `next` returns, in an output area of the least size that suffices. */
  zstdPieces(source: Uint8Array, limit: number, exact: boolean, place: SourcePlace, pieces: PieceLengths): KernelOutcome {
    const { kernels } = this.core;
    const measured = this.zstdMeasure(source, exact, place);
    if (measured.status !== 0) return measured;
    const reach = this.#report().getUint32(REPORT_REACH, true);
    const areaSize = Math.min(limit, reach + pieces.longest + kernels.zstdPieceExcess());
    return this.#pieces(source, areaSize, place, this.#zstdWorkspaceSize, pieces, {
      begin: (address) =>
        kernels.zstdBegin(address, source.length, this.#destination, areaSize, limit, Number(exact), 2 ** 27, this.#workspace),
      continue: (wanted) => kernels.zstdContinue(this.#workspace, wanted),
    });
  }

  lz4BlockPieces(source: Uint8Array, expected: number, place: SourcePlace, pieces: PieceLengths): KernelOutcome {
    const { kernels } = this.core;
    const areaSize = Math.min(expected, LZ4_REACH + pieces.longest);
    return this.#pieces(source, areaSize, place, this.#lz4WorkspaceSize, pieces, {
      begin: (address) => kernels.lz4BeginBlock(address, source.length, this.#destination, areaSize, expected, this.#workspace),
      continue: (wanted) => kernels.lz4ContinueBlock(this.#workspace, wanted),
    });
  }

  lz4FramePieces(source: Uint8Array, limit: number, exact: boolean, place: SourcePlace, pieces: PieceLengths): KernelOutcome {
    const { kernels } = this.core;
    const areaSize = Math.min(limit, LZ4_REACH + pieces.longest);
    return this.#pieces(source, areaSize, place, this.#lz4WorkspaceSize, pieces, {
      begin: (address) =>
        kernels.lz4BeginFrame(address, source.length, this.#destination, areaSize, limit, Number(exact), this.#workspace),
      continue: (wanted) => kernels.lz4ContinueFrame(this.#workspace, wanted),
    });
  }

  #pieces(
    source: Uint8Array,
    areaSize: number,
    place: SourcePlace,
    workspaceSize: number,
    { next }: PieceLengths,
    steps: { begin(address: number): void; continue(wanted: number): number },
  ): KernelOutcome {
    const parts: Uint8Array[] = [];
    const outcome = this.#guard(source, areaSize, place, workspaceSize, (address) => {
      steps.begin(address);
      let status: number;
      do {
        status = steps.continue(next());
        const report = this.#report();
        const produced = report.getUint32(REPORT_PRODUCED, true);
        const piece = report.getUint32(REPORT_PIECE, true);
        if (status === PAUSED && produced === 0) throw new Error("made no progress");
        if (piece < this.#destination || piece + produced > this.#destination + areaSize) {
          throw new Error(`tells of ${produced} bytes at ${piece}, outside of its area`);
        }
        parts.push(this.#memory.slice(piece, piece + produced));
      } while (status === PAUSED);
      return status;
    });
    // There may be more pieces than a function takes arguments.
    return { ...outcome, bytes: new Uint8Array(Buffer.concat(parts)) };
  }

  #report(): DataView {
    return new DataView(this.#memory.buffer, this.#workspace, REPORT_BYTES);
  }

  #guard(
    source: Uint8Array,
    areaSize: number,
    place: SourcePlace,
    workspaceSize: number,
    run: (source: number) => number,
  ): KernelOutcome {
    const address = place === "begin" ? 0 : MEMORY_BYTES - source.length;
    const outputEnd = this.#destination + areaSize;
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
    const produced = report.getUint32(REPORT_PRODUCED, true);
    return {
      status,
      bytes: this.#memory.slice(this.#destination, this.#destination + Math.min(produced, areaSize)),
      stoppedAt: report.getUint32(REPORT_STOPPED_AT, true),
      trailingZeros: report.getUint32(REPORT_TRAILING_ZEROS, true),
    };
  }
}
