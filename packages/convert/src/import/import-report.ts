/** The result of an import for programs, and the same facts as the Note of Import Provenance. */
import type { FinishedCapture } from "@memslice/msl";
import type { FormatName } from "../detect-format.js";
import type { DumpNotes } from "../dump/dump-notes.js";
import type { DumpPlan, PageCounts } from "../dump/dump-plan.js";
import type { ProcessDump } from "../dump/process-dump.js";

/** What `importCapture` read and wrote. */
export interface ImportReport {
  /** The format that the dump was taken for. */
  readonly format: FormatName;
  /** The format in words: `ELF core, 64 bit, little-endian`. */
  readonly words: string;
  /** Bytes of the dump. */
  readonly sourceSize: bigint;
  /** SHA-256 of all bytes of the dump, in hexadecimal; null without the option `digest`. */
  readonly sourceSha256: string | null;
  /** Codes of `OS_TYPE` and `ARCH_TYPE`, by name or number. */
  readonly osType: string | number;
  readonly archType: string | number;
  /** 0 unknown. */
  readonly pid: number;
  /** When the dump was taken: nanoseconds since 1970-01-01 UTC, 0 unknown. */
  readonly timestampNs: bigint;
  /** Number of Memory Regions. */
  readonly regions: number;
  /** Number of modules. */
  readonly modules: number;
  /** Number of threads. */
  readonly threads: number;
  /** Pages and bytes in each state. */
  readonly pages: PageCounts;
  /** Zeros in captured pages of which the dump has a part only. */
  readonly filledBytes: number;
  /** What the capture states although the dump does not. */
  readonly assumed: readonly string[];
  /** What the dump has and the capture has not, because captures have no place for it. */
  readonly lost: readonly string[];
  /** What the dump should have and has not, or says wrongly. */
  readonly damaged: readonly string[];
  /** Whether the dump is whole: nothing is in `damaged`. */
  readonly complete: boolean;
  /** Note of Import Provenance. */
  readonly note: string;
  /** Number of blocks, End-of-Capture included. */
  readonly blocks: number;
  /** Bytes of the capture. */
  readonly size: number;
  /** FileHash of End-of-Capture, in hexadecimal: record it outside the file. */
  readonly fileHash: string;
}

/** Note of Import Provenance: facts with names first, sentences behind them. */
export function noteOf(words: string, sha256: string | null, notes: DumpNotes): string {
  const { assumed, lost, damaged } = notes;
  return [
    `Imported from: ${words}`,
    ...(sha256 === null ? ["the digest of the source was not computed"] : [`source-sha256=${sha256}`]),
    ...(assumed.length > 0 ? [`assumed: ${assumed.join("; ")}`] : []),
    ...(damaged.length > 0 ? [`DAMAGED: ${damaged.join("; ")}`] : []),
    ...(lost.length > 0 ? [`lost: ${lost.join("; ")}`] : []),
  ].join("; ");
}

/** The report about a dump that was written. */
export function reportOf(
  found: Pick<ImportReport, "format" | "words" | "sourceSize" | "sourceSha256" | "note">,
  dump: ProcessDump,
  plan: DumpPlan,
  notes: DumpNotes,
  finished: FinishedCapture,
): ImportReport {
  const { osType, archType, pid, timestampNs, modules, threads } = dump;
  const { regions, counts: pages, filledBytes } = plan;
  return {
    ...found,
    ...{ osType, archType, pid, timestampNs, regions, pages, filledBytes },
    ...{ modules: modules?.length ?? 0, threads: threads.length, assumed: notes.assumed, lost: notes.lost },
    ...{ damaged: notes.damaged, complete: notes.damaged.length === 0 },
    ...{ blocks: finished.blocks, size: finished.size, fileHash: finished.fileHash },
  };
}
