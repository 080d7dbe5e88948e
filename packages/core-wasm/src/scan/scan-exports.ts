/**
 * The exports of scan.wasm. Addresses and lengths are unsigned 32-bit integers. The kernels document their parameters; the facades are their
 * only callers.
 */
export interface ScanExports {
  /** Returns the number of ranges written (assembly/scan/differences.ts). */
  findDifferences(a: number, b: number, length: number, gap: number, cursor: number, output: number, capacity: number): number;
  /** Returns the number of runs written (assembly/scan/text.ts). */
  findText(
    window: number,
    length: number,
    encoding: number,
    shortest: number,
    edge: number,
    cursor: number,
    output: number,
    capacity: number,
  ): number;
  /** Returns the number of schedules written, at most `capacity` (assembly/scan/aes.ts). */
  findSchedules(window: number, from: number, length: number, sbox: number, output: number, capacity: number): number;
  /** Bytes of the area of `countBytes`, which writes 256 counts to its start. */
  histogramAreaBytes(): number;
  countBytes(bytes: number, length: number, area: number): void;
  /** Both for tables of many patterns (assembly/scan/many.ts); `findMany` returns the number of matches written, at most `capacity`. */
  addBlock(table: number, bits: number, fold: number, word: number, place: number, entry: number): void;
  findMany(
    window: number,
    length: number,
    table: number,
    bits: number,
    fold: number,
    cursor: number,
    output: number,
    capacity: number,
  ): number;
  /** Both return the number of offsets written, at most `capacity` (assembly/scan/pattern.ts). */
  findPlain: FindPattern;
  findMasked: FindPattern;
  /** Returns the number of words written, at most `capacity` (assembly/scan/words.ts). `bigEndian`: 0 or 1. */
  findWords(
    window: number,
    from: number,
    starts: number,
    width: number,
    bigEndian: number,
    alignment: number,
    setup: number,
    output: number,
    capacity: number,
  ): number;
}

type FindPattern = (
  window: number,
  from: number,
  starts: number,
  pattern: number,
  length: number,
  firstProbe: number,
  secondProbe: number,
  output: number,
  capacity: number,
) => number;
