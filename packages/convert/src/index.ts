/** The public API of @memslice/convert, and nothing else. */
export { type DetectedFormat, detectFormat, FORMAT_HEAD_BYTES, type FormatName } from "./detect-format.js";
export type { PageCounts, StateCount } from "./dump/dump-plan.js";
export { importCapture } from "./import/import-capture.js";
export type { ImportableFormat, ImportOptions, ImportProgress } from "./import/import-options.js";
export type { ImportReport } from "./import/import-report.js";
