/** The facts that `msl info` prints about a capture, without the warnings that follow from them. */
import type { Deviation, Dialect, Encryption, FileHeader, ImportProvenancePayload, UnreadableRegions } from "@memslice/msl";
import type { InvestigationSummary } from "./investigation-summary.js";
import type { ThreadsSummary } from "./threads-summary.js";

export interface CaptureFacts {
  readonly size: number;
  readonly header: FileHeader;
  readonly encryption: Encryption | null;
  readonly dialect: Dialect;
  readonly process: {
    readonly exePath: string;
    readonly cmdLine: string;
    readonly ppid: number;
    readonly startTimeNs: bigint;
    /** Whether the Process Identity block was found by searching behind damage. */
    readonly salvaged: boolean;
  } | null;
  /** AcqEnd of End-of-Capture; null without that block. */
  readonly acqEndNs: bigint | null;
  /** Whether the capture has a complete End-of-Capture. */
  readonly acquisitionEnded: boolean;
  readonly blocks: number;
  /** The numbers of blocks, regions and modules that were found by searching behind damage; null without such blocks. */
  readonly salvaged: { readonly blocks: number; readonly regions: number; readonly modules: number } | null;
  readonly modules: number;
  readonly threads: ThreadsSummary | null;
  readonly investigation: InvestigationSummary;
  readonly regions: {
    readonly count: number;
    /** Bytes of address space in all regions together. */
    readonly bytes: bigint;
    readonly captured: number;
    readonly failed: number;
    readonly unmapped: number;
    /** Pages that are captured according to their map and lack some or all of their bytes. */
    readonly missing: number;
    /** Bytes of all captured pages, and how many of these bytes the capture contains. */
    readonly neededBytes: number;
    readonly heldBytes: number;
    /** Regions that lack bytes or whose page data cannot be read. */
    readonly incomplete: number;
    /** Regions that share addresses with another one that begins before them. */
    readonly overlaps: number;
    /** Regions that were read before the acquisition began, or after it ended, by their own timestamp. */
    readonly outsideTime: number;
    /** The problems of the first incomplete regions. */
    readonly problems: readonly { readonly block: number; readonly lint: string; readonly problem: string }[];
    /** Blocks of regions that cannot be read, with the reason. There may be very many. */
    readonly unreadable: UnreadableRegions;
  };
  /** What the capture was made from, if it was not captured from a process. */
  readonly provenance: ImportProvenancePayload | null;
  /** Kinds of blocks that CapBitmap announces and that the capture does not have. */
  readonly announcedButMissing: readonly string[];
  readonly deviations: readonly Deviation[];
}
