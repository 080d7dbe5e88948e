/**
 * Areas whose place in the memory of scan.wasm is part of the instructions of its kernels, which saves them an addition for each access. `ScanCore` acquires
 * them before all others. Shared with assembly/scan: nothing but constants.
 */

/** The eight tables of a histogram (assembly/scan/histogram.ts), u16 x 256 each. */
export const HISTOGRAM_TABLES = 64;
export const HISTOGRAM_TABLES_BYTES = 4096;
