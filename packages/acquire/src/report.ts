/** The report of `acquire` on a capture. */
import type { FinishedCapture, WritableRelatedDump } from "@memslice/msl";
import type { MappingChange } from "./capturing/changes.js";
import type { InvestigationReport } from "./investigation/investigation.js";
import type { LeftOutArea, ModifiedMapping } from "./memory/selection.js";
import type { PagesByState } from "./options.js";
import type { ProcessThread } from "./proc/process-threads.js";

/** How the process was stopped. */
export interface FreezeReport {
  /** `cgroup`: the freezer of its control group; `signal`: SIGSTOP; `before`: it was stopped already, and was left stopped. */
  readonly method: "cgroup" | "signal" | "before";
  /** Milliseconds from the request to stop until the request to go on; 0 if it was stopped already. */
  readonly stoppedMs: number;
  /**
   * Whether threads ran, or had run, when the memory had been read: something else had let the process go on. In the freezer of a control group, threads that were stopped
   * again in between are not noticed.
   */
  readonly wentOn: boolean;
}

/** A module of the capture. */
export interface ModuleReport {
  readonly path: string;
  readonly baseAddr: bigint;
  readonly moduleSize: bigint;
  readonly deleted: boolean;
  /** The build id of the ELF file, in hexadecimal. */
  readonly buildId?: string;
  readonly version?: string;
  /** DiskHash, in hexadecimal. Absent if the file on disk could not be read, or is not the one that was loaded. */
  readonly diskHash?: string;
}

/** The result of `acquire`. Times are nanoseconds since 1970 UTC. */
export interface AcquireReport extends FinishedCapture {
  readonly pid: number;
  readonly dumpUuid: string;
  readonly exePath: string;
  readonly startedNs: bigint;
  /** AcqEnd of the capture: when everything had been read, and the last bytes were still being hashed and written. */
  readonly endedNs: bigint;
  /** Memory Region blocks. */
  readonly regionBlocks: number;
  readonly pageBytes: number;
  readonly pages: PagesByState;
  /** Mapped memory that is not in the capture. */
  readonly leftOut: readonly LeftOutArea[];
  /** With `onlyModified`: the mappings of files, and how their modified pages were found. */
  readonly modified?: readonly ModifiedMapping[];
  /** Absent if the process went on running. */
  readonly freeze?: FreezeReport;
  /** How mappings changed from the first look at them to the last one, in rounds: what one round found was captured again by the next one. */
  readonly changes: readonly (readonly MappingChange[])[];
  /** Whether the last look at the mappings found them as they had been captured. */
  readonly consistent: boolean;
  /** Whether the process ended, or began to run another program, before everything was read. */
  readonly targetEnded: boolean;
  readonly modules: readonly ModuleReport[];
  /** Names and states of the threads. Their registers can be read by a tracer only: the capture has no Thread Contexts. */
  readonly processThreads: readonly ProcessThread[];
  /** The tables of the host. Absent if the capture is no investigation. */
  readonly investigation?: InvestigationReport;
  /** Related Dumps of the capture: other captures, and how their process is related to this one. */
  readonly relatedDumps: readonly WritableRelatedDump[];
  /** Whether every page that was asked for could be read and, in an investigation, everything of the host; and no stopped process went on meanwhile. */
  readonly complete: boolean;
}
