/**
 * The exports of scan.wasm. Addresses and lengths are unsigned 32-bit integers. The kernels document their parameters; the facades are their
 * only callers.
 */
export interface ScanExports {
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
