/** The options that all exports have, and their checks. */
import { type MemoryRange, MslError, type VerifyProgress } from "@memslice/msl";
import {
  ADDRESS_SPACE_END,
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
  /** Only memory in these ranges: ascending, without overlaps. Default: all. */
  readonly ranges?: readonly MemoryRange[] | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called from time to time while memory is written. */
  readonly onProgress?: ((progress: ExportProgress) => void) | undefined;
}

const ADDRESS = bigint(0n, ADDRESS_SPACE_END);
const RANGES = listOf(objectOf<MemoryRange>({ start: required(ADDRESS), end: required(ADDRESS), salvaged: oneOf([true]) }));

/** All addresses. */
const ALL: readonly MemoryRange[] = [{ start: 0n, end: ADDRESS_SPACE_END }];

/** The ranges of an export. Throws `usage` for empty ones, and for ranges that do not ascend or share addresses. */
export function rangesOfExport({ ranges = ALL }: ExportOptions): readonly MemoryRange[] {
  let end = 0n;
  for (const range of ranges) {
    if (range.start >= range.end || range.start < end) {
      const found = `0x${range.start.toString(16)} to 0x${range.end.toString(16)}`;
      throw new MslError(
        "usage",
        `The range ${found} is empty or begins before the end of the one before it; pass ascending ranges`,
      );
    }
    end = range.end;
  }
  return ranges;
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
   * in no segment. In both cases gdb shows bytes of a file in its place if NT_FILE names one that it finds on the machine where it runs. Default `kept`.
   */
  readonly holes?: "kept" | "left-out" | undefined;
  /** The byte order, for processors that have both (MIPS, PPC64). Default: that of an ELF header in captured memory, or else little. */
  readonly byteOrder?: StructureOrder | undefined;
}

/** Options of `exportRaw`. */
export interface RawOptions extends ExportOptions {
  /** `regions`: a file for each region that shares addresses with a range. `sparse`: one file, in which every byte stands at its address minus the first address. Default `regions`. */
  readonly layout?: "regions" | "sparse" | undefined;
  /** The name of the capture, which the manifest states. */
  readonly file?: string | undefined;
}

export const RAW: OptionTable<RawOptions> = tableOf<RawOptions>("exportRaw")({
  signal,
  onProgress: callback(),
  ranges: RANGES,
  layout: oneOf(["regions", "sparse"]),
  file: text,
});

export const ELF_CORE: OptionTable<ElfCoreOptions> = tableOf<ElfCoreOptions>("exportElfCore")({
  signal,
  onProgress: callback(),
  ranges: RANGES,
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
  ranges: RANGES,
  madeUpThread: flag,
});
