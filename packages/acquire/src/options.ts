/** Options of `acquire`, and what each of them is by default. */
import { MslError, type VerifyProgress, type WritableRelatedDump, type WriterOptions } from "@memslice/msl";
import { type InvestigationOptions, requireInvestigationOptions } from "./investigation/investigation-options.js";
import type { Selection } from "./memory/selection.js";

const WRITING = ["compression", "threads", "encryption", "redact", "nativeHash", "verifyCompression"] as const;

/** Options of `acquire` that it hands on to the writer of @memslice/msl. */
type WritingOptions = Pick<WriterOptions, (typeof WRITING)[number]>;

/** Those that are given. */
export function writingOptions(options: AcquireOptions): WritingOptions {
  return Object.fromEntries(
    WRITING.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])),
  ) as WritingOptions;
}

/** Options of `acquire`: what is captured, how, and how it is written. */
export interface AcquireOptions extends WritingOptions, Selection {
  /** Hash algorithm of the chain and of DiskHash. Default "BLAKE3". */
  readonly hashAlgo?: "BLAKE3" | "SHA-256" | "SHA-512/256";
  /** Stops the process while its memory is read, for as short as possible. Default false: it goes on running, and memory changes while it is read. */
  readonly freeze?: boolean;
  /** How often mappings that changed while they were captured are captured again, 0 to 100. Default 2. */
  readonly retries?: number;
  /** Whether the digest of each module's file is computed (DiskHash). Default true. */
  readonly diskHashes?: boolean;
  /**
   * Makes an investigation: the capture describes the host too, by System Context and by tables of processes, connections, handles and network state. `acquire`
   * does not encrypt by itself: give `encryption` too. Default: none.
   */
  readonly investigation?: InvestigationOptions;
  /**
   * When the process started, in clock ticks since the start of the system, as `findProcesses` tells it: a process that got the pid later is not captured. Default:
   * whichever process has the pid.
   */
  readonly startTicks?: bigint;
  /** DumpUUID, a UUID of version 4 as text. Default: a new one. */
  readonly dumpUuid?: string;
  /** Captures that this one is related to, each a Related Dump of the capture. Default: none. */
  readonly relatedDumps?: readonly WritableRelatedDump[];
  readonly signal?: AbortSignal;
  /** Called before anything is written, with the bytes of memory that are going to be read. An error that it throws ends the capture. */
  readonly onPlan?: (bytes: number) => void;
  /** Called after each block of memory, at most ten times in a second. */
  readonly onProgress?: (progress: AcquireProgress) => void;
}

/** How far a capture is. `bytesTotal` is what was in memory and swap when it began. */
export interface AcquireProgress extends VerifyProgress {
  readonly pages: PagesByState;
}

/** Numbers of pages of the system by their state in the capture. */
export interface PagesByState {
  readonly captured: number;
  readonly failed: number;
  readonly unmapped: number;
}

export const DEFAULT_RETRIES = 2;
const MOST_RETRIES = 100;

/** Throws `usage` for values that no capture can have. Options of the writer are checked by the writer. */
export function requireAcquireOptions(
  pid: number,
  { retries = DEFAULT_RETRIES, maxRegion, investigation }: AcquireOptions,
): void {
  if (!Number.isSafeInteger(pid) || pid < 1) throw new MslError("usage", `The pid is ${pid}, expected a whole number from 1 on`);
  if (!Number.isInteger(retries) || retries < 0 || retries > MOST_RETRIES) {
    throw new MslError("usage", `The option retries is ${retries}, expected a whole number from 0 to ${MOST_RETRIES}`);
  }
  if (maxRegion !== undefined && (typeof maxRegion !== "bigint" || maxRegion < 0n)) {
    throw new MslError("usage", `The option maxRegion is ${String(maxRegion)}, expected a bigint of bytes`);
  }
  if (investigation) requireInvestigationOptions(investigation);
}
