/** The public API of @memslice/acquire, and nothing else. */
export { acquire, outlineProcess } from "./acquire.js";
export type { MappingChange } from "./capturing/changes.js";
export {
  type FoundProcesses,
  findProcesses,
  type PassedOverProcess,
  type PassedOverReason,
  processById,
} from "./finding/find-processes.js";
export { nameFinding } from "./finding/name-finding.js";
export type { ProcessDescription } from "./finding/process-description.js";
export { type WaitOptions, waitForProcess } from "./finding/wait-for-process.js";
export type { OtherSockets } from "./investigation/connections.js";
export type { InvestigationGap } from "./investigation/gaps.js";
export type { InvestigationReport } from "./investigation/investigation.js";
export { type InvestigationOptions, requireInvestigationOptions } from "./investigation/investigation-options.js";
export {
  openProcess,
  type ProcessMemory,
  type ProcessMemoryExtent,
  type ProcessMemoryOptions,
} from "./memory/process-memory.js";
export type { LeftOutArea, LeftOutReason, ModifiedMapping, ModifiedRule, Selection } from "./memory/selection.js";
export type { AcquireOptions, AcquireProgress, PagesByState } from "./options.js";
export type { Finding, FindingCode } from "./preflight/findings.js";
export { type PreflightReport, preflight } from "./preflight/preflight.js";
export type { ProcessThread } from "./proc/process-threads.js";
export { readProcMaps } from "./proc/read-proc-maps.js";
export type { AcquireReport, FreezeReport, ModuleReport } from "./report.js";
export {
  openProcessTree,
  type ProcessTree,
  type TreeCaptureOptions,
  type TreeChanges,
  type TreeOptions,
  type TreeProcess,
} from "./tree/process-tree.js";
