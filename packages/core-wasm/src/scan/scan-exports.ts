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
  /** Writes columns of `capacity` elements (assembly/scan/tallies.ts). `area`: as that of `countBytes`. */
  tallyWindows(
    bytes: number,
    windowBytes: number,
    number: number,
    area: number,
    terms: number,
    sets: number,
    output: number,
    capacity: number,
  ): void;
  /** The entry of a pattern (assembly/scan/verify.ts). */
  writeEntry(entry: number, index: number, values: number, masks: number, length: number, reaches: number): void;
  /** The two rarest bytes of a pattern (assembly/scan/rarity.ts). */
  chooseProbes(values: number, masks: number, length: number, probes: number): void;
  /** The next four make the table of patterns with anchors (assembly/scan/anchor-table.ts). */
  chooseLead(values: number, masks: number, length: number, lead: number): void;
  /** Returns the address behind the links. */
  addAnchor(heads: number, values: number, masks: number, bytes: number, link: number, entry: number, before: number): number;
  spreadChains(bytes: number, pairs: number): void;
  markPairs(pairs: number, marks: number): void;
  /** The next two make the table of patterns with keys (assembly/scan/gram-table.ts). Returns where the key begins. */
  chooseKey(table: number, crowds: number, values: number, room: number): number;
  /** Returns the address behind the links. */
  addKey(table: number, crowds: number, key: number, link: number, entry: number, before: number): number;
  /** Both return the number of matches written, at most `capacity` (assembly/scan/grams.ts and anchors.ts). */
  findKeyed: FindMany;
  findAnchored: FindMany;
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

type FindMany = (
  window: number,
  length: number,
  table: number,
  cursor: number,
  output: number,
  capacity: number,
  most: number,
) => number;

type FindPattern = (
  window: number,
  starts: number,
  entry: number,
  probes: number,
  cursor: number,
  output: number,
  capacity: number,
  most: number,
) => number;
