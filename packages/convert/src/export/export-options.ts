/** The options that all exports have, and their checks. */
import type { MemoryRange, VerifyProgress } from "@memslice/msl";
import {
  bigint,
  callback,
  flag,
  listOf,
  type OptionTable,
  objectOf,
  oneOf,
  required,
  signal,
  tableOf,
  text,
} from "@memslice/msl/work";
import type { StructureOrder } from "../structures/structure.js";

/** How far an export is, in bytes of the output. */
export type ExportProgress = VerifyProgress;

/** Options of every export. */
export interface ExportOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called from time to time while memory is written. */
  readonly onProgress?: ((progress: ExportProgress) => void) | undefined;
}

/** Options of `exportElfCore`. */
export interface ElfCoreOptions extends ExportOptions {
  /**
   * Writes a thread whose registers are all zero if the capture has no thread that the core can hold. gdb and volatility3 read a core without threads; lldb lists
   * no thread then, and has no frame to evaluate expressions in. Default false.
   */
  readonly madeUpThread?: boolean | undefined;
  /**
   * `kept`: memory that was not captured is a segment of file size 0, which keeps its addresses and protection. gdb shows zeros for such a segment. `left-out`: it is
   * in no segment, and no reader shows anything for it. Default `kept`.
   */
  readonly holes?: "kept" | "left-out" | undefined;
  /** The byte order, for processors that have both (MIPS, PPC64). Default: that of an ELF header in captured memory, or else little. */
  readonly byteOrder?: StructureOrder | undefined;
}

/** Options of `exportRaw`. */
export interface RawOptions extends ExportOptions {
  /** `regions`: a file for each region. `sparse`: one file, in which every byte stands at its address minus the first address. Default `regions`. */
  readonly layout?: "regions" | "sparse" | undefined;
  /** Only memory in these ranges: ascending, without overlaps. Regions that share addresses with one of them have a file. Default: all. */
  readonly ranges?: readonly MemoryRange[] | undefined;
  /** The name of the capture, which the manifest states. */
  readonly file?: string | undefined;
}

const ADDRESS = bigint(0n, 1n << 64n);

export const RAW: OptionTable<RawOptions> = tableOf<RawOptions>("exportRaw")({
  signal,
  onProgress: callback(),
  layout: oneOf(["regions", "sparse"]),
  ranges: listOf(objectOf<MemoryRange>({ start: required(ADDRESS), end: required(ADDRESS), salvaged: oneOf([true]) })),
  file: text,
});

export const ELF_CORE: OptionTable<ElfCoreOptions> = tableOf<ElfCoreOptions>("exportElfCore")({
  signal,
  onProgress: callback(),
  madeUpThread: flag,
  holes: oneOf(["kept", "left-out"]),
  byteOrder: oneOf(["little", "big"]),
});

/** Options of `exportMinidump`. */
export interface MinidumpOptions extends ExportOptions {
  /**
   * Writes a thread without registers if the capture has no threads: WinDbg and lldb refuse a minidump without one. The report and a comment in the file name it as
   * made up. Default true.
   */
  readonly madeUpThread?: boolean | undefined;
}

export const MINIDUMP: OptionTable<MinidumpOptions> = tableOf<MinidumpOptions>("exportMinidump")({
  signal,
  onProgress: callback(),
  madeUpThread: flag,
});
