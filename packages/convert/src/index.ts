/** The public API of @memslice/convert, and nothing else. */
export { type DetectedFormat, detectFormat, FORMAT_HEAD_BYTES, type FormatName } from "./detect-format.js";
export type { PageCounts, StateCount } from "./dump/dump-plan.js";
export { exportElfCore } from "./export/elf-core.js";
export type { ElfCoreOptions, ExportOptions, ExportProgress, MinidumpOptions, RawOptions } from "./export/export-options.js";
export type { ExportedMemory, ExportNote, ExportNoteKind, ExportReport, ExportTarget } from "./export/export-report.js";
export { type ManifestRun, MemoryManifest } from "./export/memory-manifest.js";
export { exportMinidump } from "./export/minidump.js";
export type { SparseSink } from "./export/output.js";
export { exportRaw, type RawTarget } from "./export/raw.js";
export { safeFileName } from "./export/safe-file-name.js";
export { importCapture } from "./import/import-capture.js";
export type { ImportableFormat, ImportOptions, ImportProgress } from "./import/import-options.js";
export type { ImportReport } from "./import/import-report.js";
export type { StructureOrder } from "./structures/structure.js";
