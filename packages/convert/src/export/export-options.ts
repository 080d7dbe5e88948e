/** The options that all exports have, and their checks. */
import type { VerifyProgress } from "@memslice/msl";
import { callback, flag, type OptionTable, oneOf, signal, tableOf } from "@memslice/msl/work";
import type { StructureOrder } from "../structures/structure.js";

/** How far an export is, in bytes of the output. */
export type ExportProgress = VerifyProgress;

export interface ExportOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ExportProgress) => void) | undefined;
}

/** Options of `exportElfCore`. */
export interface ElfCoreOptions extends ExportOptions {
  /**
   * Writes a thread whose registers are all zero if the capture has no thread that the core can hold. gdb and volatility3 read a core without threads; lldb lists
   * no thread then, and has no frame to evaluate expressions in. Default false.
   */
  readonly madeUpThread?: boolean | undefined;
  /** The byte order, for processors that have both (MIPS, PPC64). Default: that of an ELF header in captured memory, or else little. */
  readonly byteOrder?: StructureOrder | undefined;
}

export const ELF_CORE: OptionTable<ElfCoreOptions> = tableOf<ElfCoreOptions>("exportElfCore")({
  signal,
  onProgress: callback(),
  madeUpThread: flag,
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
