/**
 * Areas whose place in the memory of scan.wasm is part of the instructions of its kernels, which saves them an addition for each access. `ScanCore` acquires
 * them before all others, as one. Shared with assembly/scan: nothing but constants.
 */

/** The eight tables of a histogram (assembly/scan/histogram.ts), u16 x 256 each: the first of the areas. */
export const HISTOGRAM_TABLES = 64;
const HISTOGRAM_TABLES_BYTES = 4096;

/** The eight tables of a histogram of bytes (assembly/scan/narrow-histogram.ts), u8 x 256 each. */
export const NARROW_TABLES = HISTOGRAM_TABLES + HISTOGRAM_TABLES_BYTES;
const NARROW_TABLES_BYTES = 2048;

/** Bytes of all areas. */
export const FIXED_AREAS_BYTES = HISTOGRAM_TABLES_BYTES + NARROW_TABLES_BYTES;
