/** The public API of @memslice/core-wasm/scan: kernels that look for something in bytes of memory, in a binary of their own. */

export { type AesSchedule, AesSchedules, type ScheduleRange } from "./aes-schedules.js";
export { Differences, type WindowPart } from "./differences.js";
export { Histogram } from "./histogram.js";
export { ManyPatterns } from "./many-patterns.js";
export { type PackedPatterns, packPatterns } from "./packed-patterns.js";
export type { MaskedPattern } from "./pattern-entries.js";
export { PatternSearch } from "./pattern-search.js";
export { ScanCore, ScanWindow } from "./scan-core.js";
export { type TextKind, type TextRunsOptions, TextSearch } from "./text-search.js";
export { type Tallies, type TallyOptions, WindowTallies } from "./window-tallies.js";
export { type FoundWords, WordSearch, type WordSearchOptions } from "./word-search.js";
